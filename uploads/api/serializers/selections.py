"""What goes over the wire about a selection as a whole: does it fit the place, is it stored already."""

import re
from datetime import UTC, date, datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from deployments.domain.names import DataType
from uploads.api.serializers.files import AskAgainField, FilesField, ProvenByField
from uploads.api.serializers.sessions import FailureRequest
from uploads.domain.nights import NightsVerdict
from uploads.domain.shared import MAX_BATCH_FILES, MAX_SURVEY_HOURS
from uploads.services.selection_survey import Fit, Survey

_MOST_FAULTS_NAMED = 20
_MOST_FILES = 2**31 - 1
_HOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})", re.ASCII)


@extend_schema_field(serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=_MOST_FILES)))
class HoursField(serializers.Field):
    """Files per hour of the device's clock, {"2025-07-14T22": 120}; read by hand, as a season has thousands."""

    def to_internal_value(self, data: Any) -> dict[datetime, int]:
        if not isinstance(data, dict):
            raise serializers.ValidationError("An object is expected: files per hour, such as 2025-07-14T22.")
        if len(data) > MAX_SURVEY_HOURS:
            raise serializers.ValidationError(f"{len(data):,} hours, where at most {MAX_SURVEY_HOURS:,} are taken.")
        hours, faults = {}, {}
        for key, files in data.items():
            hour = _hour(key)
            if hour is None:
                faults[key[:40]] = ["An hour such as 2025-07-14T22 is expected."]
            elif type(files) is not int or not 0 < files <= _MOST_FILES:
                faults[key] = ["The number of files is a whole number from 1 on."]
            else:
                hours[hour] = files
            if len(faults) == _MOST_FAULTS_NAMED:
                break
        if faults:
            raise serializers.ValidationError(faults)
        return hours

    def to_representation(self, value: Any) -> None:
        raise NotImplementedError("Hours are read here, never written.")


def _hour(key: str) -> datetime | None:
    match = _HOUR.fullmatch(key)
    if match is None:
        return None
    year, month, day, hour = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, tzinfo=UTC)
    except ValueError:
        return None


class SurveyRequest(serializers.Serializer):
    deployment = serializers.CharField(help_text="Such as dep000119; a retired one may be asked about too.")
    data_type = serializers.ChoiceField(choices=DataType.choices)
    hours = HoursField(
        help_text=f"Files per hour of the device's clock, as their names tell it. At most {MAX_SURVEY_HOURS:,} hours."
    )
    undated = serializers.IntegerField(
        min_value=0, max_value=_MOST_FILES, required=False, default=0, help_text="Files whose names tell no time."
    )


class SeasonResponse(serializers.Serializer):
    deployment = serializers.CharField(source="deployment_id")
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)


class FitResponse(serializers.Serializer):
    deployment = serializers.CharField(source="deployment.deployment_id")
    location_name = serializers.CharField(source="deployment.location_name")
    camera_id = serializers.CharField(source="deployment.camera_id")
    system_id = serializers.CharField(source="deployment.system_id")
    first_day = serializers.DateField(source="deployment.first_day", allow_null=True)
    last_day = serializers.DateField(source="deployment.last_day", allow_null=True)
    is_active = serializers.BooleanField(source="deployment.is_active")
    may_upload = serializers.SerializerMethodField(help_text="Whether the caller may send these files there now.")
    files = serializers.IntegerField(help_text="How many of the plausible files its season holds.")

    def get_may_upload(self, fit: Fit) -> bool:
        # The bucket and the data type are those of the deployment asked about, which the caller may use.
        return fit.deployment.is_active


class NightsResponse(serializers.Serializer):
    judged = serializers.IntegerField(help_text="Files that are not near a sunset or sunrise.")
    dark = serializers.IntegerField(help_text="Of these, the files taken with the sun below the horizon.")
    verdict = serializers.ChoiceField(choices=[str(verdict) for verdict in NightsVerdict])
    shift_h = serializers.IntegerField(help_text="How many hours the clock seems to run ahead of local time; else 0.")


class SurveyResponse(serializers.Serializer):
    """Days are those of plausible times, null where there are none."""

    files = serializers.SerializerMethodField()
    dated = serializers.IntegerField()
    undated = serializers.IntegerField()
    reset = serializers.IntegerField(help_text="Dated before 2000: the clock was reset.")
    ahead = serializers.IntegerField(help_text="Dated more than a day ahead of now.")
    in_season = serializers.IntegerField()
    outside = serializers.IntegerField(help_text="Of the plausible files; 0 while the season is unknown.")
    first_day = serializers.SerializerMethodField()
    last_day = serializers.SerializerMethodField()
    outside_first_day = serializers.SerializerMethodField()
    outside_last_day = serializers.SerializerMethodField()
    season = SeasonResponse(source="deployment")
    needs_reason = serializers.SerializerMethodField(help_text="Whether a session needs a season_reason for all of it.")
    fits = FitResponse(many=True, help_text="Other deployments at this place whose season holds some, best first.")
    nights = NightsResponse()

    def get_files(self, survey: Survey) -> int:
        return survey.dated + survey.undated

    def get_first_day(self, survey: Survey) -> date | None:
        return survey.days and survey.days[0]

    def get_last_day(self, survey: Survey) -> date | None:
        return survey.days and survey.days[1]

    def get_outside_first_day(self, survey: Survey) -> date | None:
        return survey.outside_days and survey.outside_days[0]

    def get_outside_last_day(self, survey: Survey) -> date | None:
        return survey.outside_days and survey.outside_days[1]

    def get_needs_reason(self, survey: Survey) -> bool:
        return survey.outside > 0


class VerifyRequest(serializers.Serializer):
    deployment = serializers.CharField(help_text="Such as dep000119; a retired one may be asked about too.")
    data_type = serializers.ChoiceField(choices=DataType.choices)
    files = FilesField(help_text=f"At most {MAX_BATCH_FILES}, each with size and MD5.")


class VerifiedFile(serializers.Serializer):
    name = serializers.CharField()
    status = serializers.ChoiceField(choices=["stored", "missing", "mismatch", "refused", "unsettled"])
    code = serializers.CharField()
    message = serializers.CharField()
    until = AskAgainField()
    proven_by = ProvenByField()


class VerifyResponse(serializers.Serializer):
    files = VerifiedFile(many=True)


class ClientFailuresRequest(serializers.Serializer):
    failures = FailureRequest(many=True)
    deployment = serializers.CharField(
        required=False, allow_blank=True, default="", help_text="If one was chosen already."
    )
    client = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="Program and version."
    )
