"""The steps of a new deployment, each a form. What is left empty and can be told from the rest is filled in."""

from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import slugify
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from amiportal.accounts.models import User
from amiportal.core.adminkit import field_of
from deployments.admin.forms import DeploymentForm
from deployments.domain.countries import code_fault, suggested_code
from deployments.domain.fields import given_but
from deployments.domain.names import DataType
from deployments.domain.time_zones import suggested_zone, zones, zones_of
from deployments.models import Bucket, Deployment, Status, station_data_types
from deployments.selectors import people_who_can_be_let_in, people_who_may_upload

EXISTING, NEW = "existing", "new"
UNKNOWN = "-"
_Form = TypeVar("_Form", bound=forms.BaseForm)


def typed(form: _Form, data: QueryDict) -> _Form:
    """The unbound `form`, showing what was typed before without judging it, or its own beginning where nothing was."""
    if any(name in data for name in form.fields):
        form.initial = {name: field.widget.value_from_datadict(data, {}, name) for name, field in form.fields.items()}
    return form


class BucketStep(forms.Form):
    """Which bucket. Once valid, `chosen` is it: an unsaved one where it is new."""

    kind = forms.ChoiceField(choices=[(EXISTING, "A bucket that is known"), (NEW, "A new bucket")], initial=EXISTING)
    bucket = forms.ModelChoiceField(
        Bucket.objects.all(), required=False, empty_label="Choose…", widget=UnfoldAdminSelectWidget()
    )
    title = forms.CharField(
        label="Title",
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"list": "countries", "autocomplete": "off"}),
        help_text="What people see: the country, or the project.",
    )
    country_code = forms.CharField(
        label="ISO country code",
        required=False,
        max_length=3,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Left empty it follows from the title; a project of several countries has none.",
    )
    name = forms.CharField(
        label="Name in the store",
        required=False,
        max_length=63,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text="Left empty it is the country's code in small letters. It can never be changed.",
    )
    data_types = forms.MultipleChoiceField(
        label="What may be uploaded",
        required=False,
        choices=DataType.choices,
        initial=station_data_types,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    is_test = forms.BooleanField(label="For trials", required=False, widget=UnfoldBooleanSwitchWidget())

    chosen: Bucket | None = None

    def clean(self) -> dict:
        super().clean()
        given = self.cleaned_data
        if given.get("kind") == EXISTING:
            self.chosen = given.get("bucket")
            if self.chosen is None and "bucket" not in self.errors:
                self.add_error("bucket", "Choose a bucket, or make a new one.")
        elif given.get("kind") == NEW and not self.errors:
            self._fill_in(given)
            self._choose_new(given)
        return given

    def _fill_in(self, given: dict) -> None:
        code = given["country_code"].upper() or suggested_code(given["title"], given["name"])
        given["country_code"] = code
        given["name"] = given["name"].lower() or code.lower() or slugify(given["title"])[:63]

    def _choose_new(self, given: dict) -> None:
        known = Bucket.objects.filter(name=given["name"]).first() if given["name"] else None
        if known and (known.exists_in_store or known.deployments.exists()):
            told = f"There is {known} already. Choose it above, or give the new one another name."
            self.add_error("name", told)
            return
        bucket = known or Bucket(name=given["name"])  # noted when the store did not answer, and gone on with now
        for name in ("title", "country_code", "data_types", "is_test"):
            setattr(bucket, name, given[name])
        if fault := code_fault(bucket.country_code):
            self.add_error("country_code", fault)
        try:
            bucket.full_clean()
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                if name not in self.errors:
                    self.add_error(name if name in self.fields else None, messages)
        self.chosen = bucket

    def filled(self, data: QueryDict) -> QueryDict:
        """`data` with what was filled in here."""
        filled = data.copy()
        for name in ("name", "country_code"):
            filled[name] = self.cleaned_data[name]
        return filled


class PlaceStep(DeploymentForm):
    """Everything of the deployment itself, and who may upload."""

    time_zone = forms.ChoiceField(
        label="Time zone",
        required=False,
        widget=UnfoldAdminSelectWidget(),
        help_text="Of the device's clock.",
    )
    uploaders = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Let these people upload, too",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = Deployment
        fields = given_but("bucket")
        widgets = {
            "location_name": UnfoldAdminTextInputWidget(),
            "latitude": UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
            "longitude": UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
            "system_id": UnfoldAdminTextInputWidget(),
            "camera_id": UnfoldAdminTextInputWidget(),
            "hardware": UnfoldAdminSelectWidget(),
            "status": UnfoldAdminSelectWidget(),
            "first_day": UnfoldAdminTextInputWidget(attrs={"type": "date"}),
            "last_day": UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        }

    def __init__(self, data: QueryDict | None = None, *, bucket: Bucket):
        super().__init__(data, instance=Deployment(bucket=bucket))
        self.bucket = bucket
        self.zone_is_suggested = False
        own = zones_of(bucket.country_code)
        field_of(self, "time_zone", forms.ChoiceField).choices = _zone_choices(own)
        field_of(self, "status", forms.ChoiceField).choices = [
            (Status.ACTIVE, "Active: it takes uploads as soon as it is made"),
            (Status.INACTIVE, "Inactive: to be activated later"),
        ]
        self.initial["status"] = Status.ACTIVE
        field_of(self, "hardware", forms.ModelChoiceField).empty_label = "Not known yet"
        self.may_upload = list(people_who_may_upload(bucket)) if bucket.pk else []
        known = {person.pk for person in self.may_upload}
        people = people_who_can_be_let_in()
        uploaders = field_of(self, "uploaders", forms.ModelMultipleChoiceField)
        uploaders.queryset = people
        uploaders.widget.choices = [
            (person.pk, ", ".join(filter(None, [str(person), person.organisation])))
            for person in people
            if person.pk not in known
        ]

    def clean(self) -> dict:
        super().clean()
        given = self.cleaned_data
        if given.get("time_zone") == "":
            given["time_zone"] = suggested_zone(
                latitude=_number(given.get("latitude")),
                longitude=_number(given.get("longitude")),
                country_code=self.bucket.country_code,
            )
            self.zone_is_suggested = bool(given["time_zone"])
        elif given.get("time_zone") == UNKNOWN:
            given["time_zone"] = ""
        return given


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _zone_choices(own: list[str]) -> list:
    told: list[tuple[str, Any]] = [("", "Follow from the place"), (UNKNOWN, "Not known yet")]
    others = sorted({zone.name for zone in zones()} - set(own))
    if own:
        told.append(("Of this country", [(name, name) for name in own]))
    return [*told, ("Of the world", [(name, name) for name in [*others, "UTC"]])]
