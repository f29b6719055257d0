"""Snapshots in the admin: which there are, what differs, and the way back."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import minute, page
from amiportal.operations.snapshots.admin import by_hand, comparing, restoring
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.retention import RULE
from amiportal.operations.snapshots.tables import TABLES
from uploads.templatetags.portal_text import size

_STATES = {"ready": "success", "being taken": "info", "failed": "danger", "being removed": "default"}


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    list_display = ["taken", "shown_reason", "by", "shown_rows", "shown_size", "shown_state", "compared"]
    list_display_links = ["taken"]
    list_filter = [("reason", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_per_page = 50
    list_before_template = "admin/snapshots/_rule.html"
    show_full_result_count = False
    ordering = ["-taken_at"]
    actions = [
        admin.action(comparing.compare_chosen, description="Compare (two, or one with now)", permissions=["view"]),
    ]
    readonly_fields = ["taken", "shown_reason", "by", "shown_state", "tables", "shown_size", "sha256", "file"]
    fieldsets = [
        (None, {"fields": [("taken", "shown_reason"), ("by", "shown_state"), "error"]}),
        ("What is in it", {"fields": ["tables"]}),
        ("File", {"fields": [("file", "shown_size"), "sha256"]}),
    ]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_list = ["take_one"]
    actions_detail = ["compare", "download", "remove"]
    take_one = action(
        by_hand.take_one,
        description="Take one now",
        icon="add_a_photo",
        permissions=["restore"],
        variant=ActionVariant.PRIMARY,
    )
    compare = action(
        comparing.compare,
        description="Compare with now",
        icon="compare_arrows",
        permissions=["view"],
        variant=ActionVariant.PRIMARY,
    )
    download = action(by_hand.download, description="Download", icon="download", permissions=["view"])
    remove = action(
        by_hand.remove,
        description="Remove",
        icon="delete",
        permissions=["restore"],
        variant=ActionVariant.DANGER,
    )

    def get_urls(self) -> list:
        return [
            page(
                self,
                "<int:pk>/restore/",
                restoring.restore_page,
                name="snapshots_snapshot_restore",
                permission="restore",
            ),
            *super().get_urls(),
        ]

    def has_restore_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return actor_of(request).is_maintainer

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list:
        snapshot = Snapshot.objects.filter(pk=object_id).defer("manifest").first()
        if snapshot is None:
            return []
        useless = set() if snapshot.is_ready else {"compare", "download"}
        if snapshot.reason != Snapshot.Reason.HAND:
            useless.add("remove")
        return [a for a in super().get_actions_detail(request, object_id) if a.path not in useless]

    # --- What is shown ----------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Snapshot]:
        return super().get_queryset(request).select_related("taken_by")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "rule": RULE})

    def get_fieldsets(self, request: HttpRequest, obj: Snapshot | None = None) -> list:
        """No empty lines: an error is shown where there is one, a file where there is one."""
        if obj and obj.is_ready:
            return [(None, {"fields": [("taken", "shown_reason"), ("by", "shown_state")]}), *self.fieldsets[1:]]
        return self.fieldsets[:1]

    @display(description="Taken (UTC)", ordering="taken_at")
    def taken(self, snapshot: Snapshot) -> str:
        return minute(snapshot.taken_at)

    @display(description="Why", ordering="reason")
    def shown_reason(self, snapshot: Snapshot) -> str:
        return snapshot.get_reason_display()

    @display(description="By", ordering="taken_by__username")
    def by(self, snapshot: Snapshot) -> str:
        return str(snapshot.taken_by or "the portal")

    @display(description="Rows", ordering="rows")
    def shown_rows(self, snapshot: Snapshot) -> str:
        return f"{snapshot.rows:,}" if snapshot.is_ready else "–"

    @display(description="Size", ordering="size_bytes")
    def shown_size(self, snapshot: Snapshot) -> str:
        return size(snapshot.size_bytes) if snapshot.is_ready else "–"

    @display(description="State", ordering="state", label=_STATES)
    def shown_state(self, snapshot: Snapshot) -> str:
        return snapshot.get_state_display()

    @display(description="")
    def compared(self, snapshot: Snapshot) -> SafeString | str:
        if not snapshot.is_ready:
            return ""
        return format_html('<a class="snap-link" href="{}">Compare with now</a>', comparing.compare_url(snapshot))

    @display(description="Rows")
    def tables(self, snapshot: Snapshot) -> SafeString:
        counts = snapshot.manifest.get("rows", {})
        return render_to_string(
            "admin/snapshots/_tables.html", {"tables": [(t.title, counts.get(t.name, 0)) for t in TABLES]}
        )
