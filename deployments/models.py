"""What stands where: buckets, hardware and deployments."""

import zoneinfo
from functools import cache

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from amiportal.core.spreadsheets import text_fault
from amiportal.objectstore.public_access import PublicAccess
from deployments.domain.names import STATION_DATA_TYPES, DataType, bucket_name_fault, place_fault


def validate_bucket_name(name: str) -> None:
    if fault := bucket_name_fault(name):
        raise ValidationError(fault)


def validate_place(name: str) -> None:
    if fault := place_fault(name):
        raise ValidationError(fault)


def validate_text(text: str) -> None:
    if fault := text_fault(text):
        raise ValidationError(fault)


def validate_time_zone(name: str) -> None:
    if name not in available_time_zones():
        raise ValidationError("Not a time zone of the IANA database, such as America/Panama.")


@cache
def available_time_zones() -> frozenset[str]:
    """Names of the IANA database; read from many files, hence remembered."""
    return frozenset(zoneinfo.available_timezones())


def station_data_types() -> list[str]:
    return [str(data_type) for data_type in STATION_DATA_TYPES]


class Bucket(models.Model):
    """One container of the object store: a country, a project, or the trial bucket."""

    name = models.CharField(max_length=63, unique=True, validators=[validate_bucket_name])
    title = models.CharField(
        max_length=100, validators=[validate_text], help_text="What people see, such as Costa Rica."
    )
    country_code = models.CharField(
        "ISO country code",
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", "Three capital letters of ISO 3166 alpha-3, such as PAN.")],
        help_text="ISO 3166 alpha-3; empty for a project of several countries.",
    )
    data_types = ArrayField(
        models.CharField(max_length=40, choices=DataType.choices),
        default=station_data_types,
        help_text="What may be uploaded here.",
    )
    is_test = models.BooleanField("for trials", default=False)

    # What the store last said of it; written by services.refresh_bucket_state alone.
    exists_in_store = models.BooleanField(null=True, editable=False)
    cors_ok = models.BooleanField("CORS as needed", null=True, editable=False)
    public_access = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        editable=False,
        choices=[(value.value, value.value) for value in PublicAccess],
    )
    checked_at = models.DateTimeField(null=True, editable=False)
    store_error = models.CharField(max_length=300, blank=True, editable=False)

    history = HistoricalRecords(
        excluded_fields=["exists_in_store", "cors_ok", "public_access", "checked_at", "store_error"]
    )

    class Meta:
        ordering = ["title"]
        constraints = [
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"), name="bucket_name_valid"
            ),
            models.CheckConstraint(
                condition=Q(country_code="") | Q(country_code__regex=r"^[A-Z]{3}$"), name="bucket_country_code_valid"
            ),
            models.UniqueConstraint(fields=["title"], name="bucket_title_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.name})"


class HardwareConfig(models.Model):
    """A combination of light, camera and microphones; `number` is the "hardware ID" of the field."""

    number = models.PositiveSmallIntegerField("hardware ID", unique=True)
    attractant_light = models.CharField(max_length=60)
    camera = models.CharField(max_length=60)
    camera_lights = models.CharField("lights around the camera", max_length=60)
    microphone = models.CharField(max_length=60)
    used_by = models.CharField(max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["number"]
        verbose_name = "hardware configuration"

    def __str__(self) -> str:
        return f"{self.number}: {self.attractant_light}, {self.camera}, {self.camera_lights}, {self.microphone}"


class Status(models.TextChoices):
    ACTIVE = "active"
    INACTIVE = "inactive"


class Deployment(models.Model):
    """One system at one place for one season."""

    Status = Status

    deployment_id = models.CharField(
        "deployment ID",
        max_length=40,
        unique=True,
        editable=False,
        validators=[RegexValidator(r"^dep(\d{6,}|_test)$", "Such as dep000127.")],
    )
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="deployments")
    location_name = models.CharField("place", max_length=100, validators=[validate_place])
    latitude = models.DecimalField(
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text="Decimal degrees, north positive.",
    )
    longitude = models.DecimalField(
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text="Decimal degrees, east positive.",
    )
    time_zone = models.CharField(
        max_length=60,
        blank=True,
        validators=[validate_time_zone],
        help_text="Of the device's clock, such as America/Panama; empty while unknown.",
    )
    system_id = models.CharField(
        "system ID", max_length=60, blank=True, validators=[validate_text], help_text="As written on the system."
    )
    camera_id = models.CharField("camera ID", max_length=60, blank=True, validators=[validate_text])
    hardware = models.ForeignKey(
        HardwareConfig, on_delete=models.PROTECT, null=True, blank=True, related_name="deployments"
    )
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.INACTIVE)
    first_day = models.DateField("first day of the season", null=True, blank=True)
    last_day = models.DateField("last day of the season", null=True, blank=True)
    previous_season = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="next_season"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    retire_reason = models.CharField(max_length=300, blank=True, editable=False)

    history = HistoricalRecords()

    class Meta:
        ordering = ["deployment_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["bucket", "location_name", "camera_id"],
                condition=Q(status=Status.ACTIVE),
                name="one_active_per_bucket_place_camera",
                violation_error_message=(
                    "Another active deployment has this bucket, place and camera. Retire it first, "
                    "or use “Next season” on it."
                ),
            ),
            models.CheckConstraint(
                condition=Q(deployment_id__regex=r"^dep(\d{6,}|_test)$"), name="deployment_id_valid"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                # isnull=False, since a comparison with NULL is unknown, and a check lets the unknown pass
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="coordinates_both_or_none",
                violation_error_message="Give both coordinates, in range, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(first_day__isnull=True) | Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="season_ends_after_it_begins",
                violation_error_message="The season's last day lies before its first.",
            ),
            models.CheckConstraint(condition=~Q(location_name__contains=" - "), name="place_without_separator"),
        ]
        indexes = [models.Index(fields=["bucket", "status"], name="deployment_by_bucket_status")]

    def __str__(self) -> str:
        return f"{self.deployment_id} · {self.location_name}"

    @property
    def is_active(self) -> bool:
        return self.status == Status.ACTIVE

    @property
    def season(self) -> str:
        """First to last day as people read it, "" while unknown."""
        if self.first_day is None and self.last_day is None:
            return ""
        return f"{self.first_day or '…'} – {self.last_day or '…'}"
