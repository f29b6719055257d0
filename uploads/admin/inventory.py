"""Inventories in the admin: what the store holds, its calendar of nights, and what should be looked at."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict, cast

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import marked, minute
from uploads.admin import inventory_counting
from uploads.admin.drift import drift_list
from uploads.models import Inventory, InventoryOddity, UploadLog, UploadSession
from uploads.models.inventory import Inventories
from uploads.templatetags.portal_text import size

_SHADES = 4


class Oddities(admin.SimpleListFilter):
    """Those with something to look at."""

    title = "to look at"
    parameter_name = "odd"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("changed", "Changed in the store"),
            ("vanished", "No longer in the store"),
            ("unaccounted", "Not in the ledger"),
            ("undecided", "Could not be compared"),
            ("outside_season", "Outside the season"),
            ("undated", "Without a time"),
            ("failed", "Could not be counted"),
            ("empty", "Active and empty"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Inventory]) -> QuerySet[Inventory]:
        value = self.value()
        if value in ("changed", "vanished", "unaccounted", "undecided", "outside_season", "undated"):
            return queryset.filter(**{f"{value}__gt": 0})
        if value == "failed":
            return queryset.exclude(error="")
        if value == "empty":
            return queryset.filter(objects_count=0, deployment__status="active")
        return queryset


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Drifted(TypedDict):
        changed: int
        vanished: int

    Listed = WithAnnotations[Inventory, Drifted]


@admin.register(Inventory)
class InventoryAdmin(ReadOnlyAdmin):
    list_display = ["shown", "data_type", "place", "objects", "shown_size", "span", "to_look_at", "taken"]
    list_select_related = ["deployment__bucket"]
    list_filter = [
        Oddities,
        ("deployment", AutocompleteSelectFilter),
        ("deployment__bucket", RelatedDropdownFilter),
        ("data_type", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 100
    show_full_result_count = False
    ordering = [F("objects_count").desc(), "deployment__deployment_id"]
    search_fields = ["deployment__deployment_id__startswith", "deployment__location_name__startswith"]
    search_help_text = "Beginning of a deployment's ID or place"
    readonly_fields = ["shown_size", "calendar", "drifted", "oddities_named", "taken"]
    fieldsets = [
        (None, {"fields": [("deployment", "data_type"), ("objects_count", "shown_size"), ("taken", "error")]}),
        ("Nights", {"fields": [("first_device_time", "last_device_time"), "calendar"]}),
        (
            "To look at",
            {"fields": ["drifted", ("unaccounted", "undecided"), ("outside_season", "undated"), "oddities_named"]},
        ),
    ]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_list = ["count_all"]
    actions_detail = ["count_again"]
    count_all = action(
        inventory_counting.count_all, description="Count everything again", icon="restart_alt", permissions=["count"]
    )
    count_again = action(
        inventory_counting.count_again, description="Count again", icon="restart_alt", permissions=["count"]
    )

    def has_count_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return actor_of(request).is_maintainer

    # --- What is shown ----------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Inventory]:
        inventories = cast(Inventories, super().get_queryset(request))
        return inventories.select_related("deployment__bucket").with_drift()

    @display(description="Deployment", ordering="deployment__deployment_id")
    def shown(self, inventory: Inventory) -> str:
        return inventory.deployment.deployment_id

    @display(description="Place", ordering="deployment__location_name")
    def place(self, inventory: Inventory) -> str:
        return f"{inventory.deployment.bucket.title}, {inventory.deployment.location_name}"

    @display(description="Objects", ordering="objects_count")
    def objects(self, inventory: Inventory) -> str:
        return f"{inventory.objects_count:,}"

    @display(description="Size", ordering="size_bytes")
    def shown_size(self, inventory: Inventory) -> str:
        return size(inventory.size_bytes)

    @display(description="Device times", ordering="first_device_time")
    def span(self, inventory: Inventory) -> str:
        if inventory.first_device_time is None:
            return "–"
        return f"{inventory.first_device_time:%Y-%m-%d} – {inventory.last_device_time:%Y-%m-%d}"

    @display(description="Last counted (UTC)", ordering="taken_at")
    def taken(self, inventory: Inventory) -> str:
        return minute(inventory.taken_at)

    @display(description="To look at")
    def to_look_at(self, inventory: "Listed") -> SafeString | str:
        found = [
            f"{number:,} {what}"
            for number, what in (
                (inventory.changed, "changed"),
                (inventory.vanished, "vanished"),
                (inventory.unaccounted, "not in the ledger"),
                (inventory.undecided, "not compared"),
                (inventory.outside_season, "out of season"),
            )
            if number
        ]
        if inventory.error:
            found.append("count failed")
        return marked(", ".join(found)) if found else "–"

    @display(description="Calendar")
    def calendar(self, inventory: Inventory) -> SafeString:
        nights = {row.night: row.objects_count for row in inventory.nights.all()}
        return render_to_string("admin/uploads/nights.html", {"months": list(months(nights)), "nights": len(nights)})

    @display(description="Changed or vanished")
    def drifted(self, inventory: "Listed") -> SafeString | str:
        if not inventory.changed and not inventory.vanished:
            return "None that waits to be settled."
        where = drift_list(deployment__id__exact=inventory.deployment_id, data_type__exact=inventory.data_type)
        return format_html(
            '<a href="{}" class="text-primary-600 underline dark:text-primary-500">{} changed, {} vanished</a>',
            where,
            f"{inventory.changed:,}",
            f"{inventory.vanished:,}",
        )

    @display(description="Named")
    def oddities_named(self, inventory: Inventory) -> SafeString:
        named = list(inventory.oddities.all())
        of_kind = {kind: [odd.filename for odd in named if odd.kind == kind] for kind in InventoryOddity.Kind}
        asked_by = last_asked_by(inventory, of_kind[InventoryOddity.Kind.UNACCOUNTED])
        kinds = [
            (kind.label, [(name, asked_by.get(name)) for name in of_kind[kind]], total)
            for kind, total in (
                (InventoryOddity.Kind.UNACCOUNTED, inventory.unaccounted),
                (InventoryOddity.Kind.UNDECIDED, inventory.undecided),
                (InventoryOddity.Kind.OUTSIDE_SEASON, inventory.outside_season),
            )
            if total
        ]
        return render_to_string("admin/uploads/oddities.html", {"kinds": kinds})


def last_asked_by(inventory: Inventory, names: Sequence[str]) -> dict[str, UploadSession]:
    """By name, the session that last asked for that key: of an object that no row accounts for, the nearest clue."""
    rows = (
        UploadLog.objects.filter(deployment=inventory.deployment_id, data_type=inventory.data_type, filename__in=names)
        .order_by("filename", "-id")
        .distinct("filename")
        .select_related("session__account")
    )
    return {row.filename: row.session for row in rows}


@dataclass(frozen=True, slots=True)
class Day:
    """A cell of the calendar. shade: 0 for none, else 1 to _SHADES. is_gap: no file, between nights that have some."""

    night: date
    objects: int
    shade: int
    is_gap: bool


def months(nights: dict[date, int]) -> Iterator[tuple[date, list[Day]]]:
    """(first of the month, its days), from the first night's month to the last one's."""
    if not nights:
        return
    first, last, most = min(nights), max(nights), max(nights.values())
    month = first.replace(day=1)
    while month <= last:
        days = []
        for number in range(1, monthrange(month.year, month.month)[1] + 1):
            night = month.replace(day=number)
            objects = nights.get(night, 0)
            shade = 1 + (_SHADES - 1) * objects // most if objects else 0
            days.append(Day(night, objects, shade, not objects and first < night < last))
        yield month, days
        month = date(month.year + month.month // 12, month.month % 12 + 1, 1)
