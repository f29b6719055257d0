"""Snapshots in the admin: which there are, what differs, and the way back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import ReadOnly, ask, minute
from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import stream_file
from amiportal.operations.snapshots.admin.restoring import RestorePages
from amiportal.operations.snapshots.admin.shown import Comparison
from amiportal.operations.snapshots.contents import current_contents
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.retention import RULE
from amiportal.operations.snapshots.services import read_snapshot, remove_snapshot, take_snapshot
from amiportal.operations.snapshots.tables import TABLES
from uploads.templatetags.portal_text import size

_STATES = {"ready": "success", "being taken": "info", "failed": "danger", "being removed": "default"}


@admin.register(Snapshot)
class SnapshotAdmin(RestorePages, ReadOnly, ModelAdmin):
    list_display = ["taken", "shown_reason", "by", "shown_rows", "shown_size", "shown_state", "compared"]
    list_display_links = ["taken"]
    list_filter = [("reason", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_per_page = 50
    list_before_template = "admin/snapshots/_rule.html"
    show_full_result_count = False
    ordering = ["-taken_at"]
    actions = ["compare_chosen"]
    actions_list = ["take_one"]
    actions_detail = ["compare", "download", "remove"]
    readonly_fields = ["taken", "shown_reason", "by", "shown_state", "tables", "shown_size", "sha256", "file"]
    fieldsets = [
        (None, {"fields": [("taken", "shown_reason"), ("by", "shown_state"), "error"]}),
        ("What is in it", {"fields": ["tables"]}),
        ("File", {"fields": [("file", "shown_size"), "sha256"]}),
    ]

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
        return format_html('<a class="snap-link" href="{}">Compare with now</a>', _compare_url(snapshot))

    @display(description="Rows")
    def tables(self, snapshot: Snapshot) -> SafeString:
        counts = snapshot.manifest.get("rows", {})
        return render_to_string(
            "admin/snapshots/_tables.html", {"tables": [(t.title, counts.get(t.name, 0)) for t in TABLES]}
        )

    # --- What is done -----------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list:
        snapshot = Snapshot.objects.filter(pk=object_id).defer("manifest").first()
        if snapshot is None:
            return []
        useless = set() if snapshot.is_ready else {"compare", "download"}
        if snapshot.reason != Snapshot.Reason.HAND:
            useless.add("remove")
        return [a for a in super().get_actions_detail(request, object_id) if a.path not in useless]

    @action(description="Take one now", icon="add_a_photo", permissions=["restore"], variant=ActionVariant.PRIMARY)
    def take_one(self, request: HttpRequest) -> HttpResponse:
        back = reverse("admin:snapshots_snapshot_changelist")
        if request.method != "POST":
            text = (
                "A copy of buckets, hardware, deployments, people (without passwords and tokens) and the allocation, "
                "as they are now. It takes a second, and is kept until somebody removes it."
            )
            return ask(self, request, title="Take a snapshot", text=text, button="Take it", back=back)
        try:
            snapshot = take_snapshot(actor=actor_of(request), reason=Snapshot.Reason.HAND)
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(back)
        messages.success(request, f"The {snapshot} is taken: {snapshot.rows:,} rows.")
        return HttpResponseRedirect(_page_url(snapshot))

    @action(description="Compare with now", icon="compare_arrows", url_path="compare", variant=ActionVariant.PRIMARY)
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """With now, or with the snapshot that `with` names. The earlier one stands first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        snapshot = get_object_or_404(Snapshot.objects.select_related("taken_by"), pk=object_id)
        other = None
        if number := request.GET.get("with", ""):
            other = get_object_or_404(Snapshot, pk=number if number.isdecimal() else 0)
            snapshot, other = sorted((snapshot, other), key=lambda s: (s.taken_at, s.pk))
        try:
            before = read_snapshot(snapshot)
            after = read_snapshot(other) if other else current_contents()
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:snapshots_snapshot_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{_moment(snapshot)} and {_moment(other) if other else 'now'}",
            "opts": self.opts,
            "snapshot": snapshot,
            "other": other,
            "earlier": _moment(snapshot),
            "later": _moment(other) if other else "now",
            "compared": Comparison(before, after, request),
            "notes": [*before.notes, *(note for note in after.notes if note not in before.notes)],
            "restorable": other is None and self.has_restore_permission(request),
            "restore_url": reverse("admin:snapshots_snapshot_restore", args=[snapshot.pk]),
        }
        return TemplateResponse(request, "admin/snapshots/compare.html", context)

    @admin.action(description="Compare (two, or one with now)", permissions=["view"])
    def compare_chosen(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse:
        chosen = list(queryset.order_by("taken_at", "pk")[:3])
        if len(chosen) > 2:
            messages.error(request, "Choose two snapshots to compare, or one to compare with now.")
            return HttpResponseRedirect(request.get_full_path())
        with_other = f"?with={chosen[1].pk}" if len(chosen) == 2 else ""
        return HttpResponseRedirect(_compare_url(chosen[0]) + with_other)

    @action(description="Download", icon="download")
    def download(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The file as it lies in storage. It names people, hence for whoever may see them."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        snapshot = get_object_or_404(Snapshot, pk=object_id, state=Snapshot.State.READY)
        as_name = f"ami-portal-snapshot-{snapshot.taken_at:%Y-%m-%dT%H%MZ}.jsonl.gz"
        return stream_file(snapshot.file, as_name, "application/gzip")

    @action(description="Remove", icon="delete", permissions=["restore"], variant=ActionVariant.DANGER)
    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        snapshot = get_object_or_404(Snapshot, pk=object_id)
        if request.method != "POST":
            text = "Its file is removed from the portal's storage for good. Nothing else changes."
            title = f"Remove the {snapshot}"
            return ask(self, request, title=title, text=text, button="Remove", back=_page_url(snapshot), danger=True)
        try:
            remove_snapshot(actor=actor_of(request), snapshot=snapshot)
        except PortalError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"The {snapshot} is removed.")
        return HttpResponseRedirect(reverse("admin:snapshots_snapshot_changelist"))

    def get_urls(self) -> list:
        restore = path("<int:pk>/restore/", self.admin_site.admin_view(self.restore), name="snapshots_snapshot_restore")
        return [restore, *super().get_urls()]


def _moment(snapshot: Snapshot) -> str:
    return f"{snapshot.taken_at:%Y-%m-%d %H:%M}"


def _page_url(snapshot: Snapshot) -> str:
    return reverse("admin:snapshots_snapshot_change", args=[snapshot.pk])


def _compare_url(snapshot: Snapshot) -> str:
    return reverse("admin:snapshots_snapshot_compare", args=[snapshot.pk])
