"""What maintainers look for: gaps in what is known of a deployment."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter


class KnownFilter(DropdownFilter):
    """Splits by whether something is known. Subclasses give `title`, `parameter_name` and `unknown`."""

    unknown: Q

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "missing"), ("yes", "known")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "no":
            return queryset.filter(self.unknown)
        if self.value() == "yes":
            return queryset.exclude(self.unknown)
        return queryset


class HardwareKnown(KnownFilter):
    title = "hardware: known or missing"
    parameter_name = "hardware_known"
    unknown = Q(hardware__isnull=True)


class CoordinatesKnown(KnownFilter):
    title = "coordinates: known or missing"
    parameter_name = "coordinates_known"
    unknown = Q(latitude__isnull=True)


class SeasonKnown(KnownFilter):
    title = "season: known or missing"
    parameter_name = "season_known"
    unknown = Q(first_day__isnull=True)


class CameraKnown(KnownFilter):
    title = "camera ID: known or missing"
    parameter_name = "camera_known"
    unknown = Q(camera_id="")


class Silent(DropdownFilter):
    """Nobody has brought files for a while; a young deployment is not silent yet."""

    title = "recent files"
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", f"none for {settings.SILENT_DEPLOYMENT_DAYS} days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() != "yes":
            return queryset
        since = timezone.now() - timedelta(days=settings.SILENT_DEPLOYMENT_DAYS)
        return queryset.filter(created_at__lt=since).exclude(upload_sessions__last_seen_at__gte=since)
