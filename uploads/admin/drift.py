"""Files that changed or vanished behind the portal: whose they are, what is there now, and what can be done."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import minute, page
from uploads.admin import drift_bringing_back, drift_settling
from uploads.admin.csv_pages import drift_csv
from uploads.admin.paging import DayRange, KeysetChangeList, LongTable
from uploads.models import Drift
from uploads.templatetags.portal_text import size

OPEN, BACK, SETTLED = "open", "back", "settled"
_STANDING = {OPEN: ("open", "danger"), BACK: ("back as it was", "info"), SETTLED: ("settled", "success")}


def drift_list(**filters: Any) -> str:
    """The address of the list of what is not settled yet, by the filters' own parameters."""
    asked = "".join(f"&{name}={value}" for name, value in filters.items())
    return f"{reverse('admin:uploads_drift_changelist')}?standing={OPEN}{asked}"


class Standing(DropdownFilter):
    title = "how it stands"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(OPEN, "Not settled"), (BACK, "Not settled, back as it was"), (SETTLED, "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Drift]) -> QuerySet[Drift]:
        if self.value() == BACK:
            return queryset.filter(settled_at__isnull=True, back_at__isnull=False)
        if self.value() in (OPEN, SETTLED):
            return queryset.filter(settled_at__isnull=self.value() == OPEN)
        return queryset


class DriftChangeList(KeysetChangeList):
    export_label = "Download as CSV"

    @property
    def export_url(self) -> str:
        return reverse("admin:uploads_drift_csv") + self.get_query_string()

    @property
    def selection_links(self) -> list[tuple[str, str, str]]:
        settle = reverse("admin:uploads_drift_settle") + self.get_query_string()
        return [(settle, "task_alt", "Settle all that are shown")] if self.result_list else []

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.show_admin_actions = bool(self.result_list)


@admin.register(Drift)
class DriftAdmin(LongTable):
    list_display = ["file", "happened", "standing", "uploader", "where", "upload", "found"]
    list_display_links = ["file"]
    list_filter = [
        Standing,
        ("kind", ChoicesDropdownFilter),
        ("deployment", AutocompleteSelectFilter),
        ("deployment__bucket", RelatedDropdownFilter),
        ("data_type", ChoicesDropdownFilter),
        ("row__session__account", AutocompleteSelectFilter),
        ("found_at", DayRange),
    ]
    search_fields = ["row__filename__startswith"]
    search_help_text = "Beginning of the file's name, as it is written"
    actions = [
        admin.action(drift_settling.settle_chosen, description="Settle those chosen", permissions=["settle"]),
        admin.action(
            drift_bringing_back.bring_back_chosen,
            description="Bring back older versions of those chosen",
            permissions=["settle"],
        ),
    ]
    readonly_fields = ["links", "was", "now", "advice", "told", "settled"]
    fieldsets = [
        (None, {"fields": [("row", "kind"), ("deployment", "data_type"), "links", "advice"]}),
        ("The object", {"fields": [("was", "now"), ("found_at", "looked_at"), "back_at"]}),
        ("Who knows", {"fields": ["told", "settled"]}),
    ]

    # --- Buttons and other pages: has_<permission>_permission decides who may open them ----------------------------

    actions_detail = ["settle_this", "bring_this_back"]
    settle_this = action(drift_settling.settle_this, description="Settle", icon="task_alt", permissions=["settle"])
    bring_this_back = action(
        drift_bringing_back.bring_this_back,
        description="Bring back the older version",
        icon="restore",
        permissions=["settle"],
    )

    def get_urls(self) -> list:
        return [
            page(self, "csv/", drift_csv, name="uploads_drift_csv", permission="view"),
            page(self, "settle/", drift_settling.settle_selection, name="uploads_drift_settle", permission="settle"),
            *super().get_urls(),
        ]

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return actor_of(request).is_maintainer

    # --- The list's rows ------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drift]:
        joined = ["row__session__account", "deployment__bucket", "settled_by"]
        return super().get_queryset(request).select_related(*joined)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DriftChangeList]:
        return DriftChangeList

    # --- Columns and fields -------------------------------------------------------------------------------------

    @display(description="File")
    def file(self, drift: Drift) -> str:
        return drift.row.filename

    @display(description="What happened", label={"changed": "warning", "vanished": "danger"})
    def happened(self, drift: Drift) -> tuple[str, str]:
        return drift.kind, drift.get_kind_display()

    @display(description="How it stands", label=dict(_STANDING.values()))
    def standing(self, drift: Drift) -> str:
        return _STANDING[SETTLED if drift.settled_at else BACK if drift.back_at else OPEN][0]

    @display(description="Uploader")
    def uploader(self, drift: Drift) -> SafeString:
        person = drift.row.session.account
        return _link("admin:accounts_user_change", person.pk, drift.row.session.uploader_name or person)

    @display(description="Deployment")
    def where(self, drift: Drift) -> SafeString:
        return _link("admin:deployments_deployment_change", drift.deployment_id, drift.deployment)

    @display(description="Session")
    def upload(self, drift: Drift) -> SafeString:
        return _link("admin:uploads_uploadsession_change", drift.row.session_id, drift.row.session_id)

    @display(description="Found (UTC)")
    def found(self, drift: Drift) -> str:
        return minute(drift.found_at)

    @display(description="See also")
    def links(self, drift: Drift) -> SafeString:
        session = drift.row.session
        links = [
            (
                "admin:deployments_deployment_change",
                drift.deployment_id,
                f"Deployment {drift.deployment.deployment_id}",
            ),
            ("admin:uploads_uploadsession_change", session.pk, f"Session {session.pk}"),
            ("receipt", session.pk, "Its receipt"),
            ("admin:accounts_user_change", session.account_id, f"Uploader {session.uploader_name or session.account}"),
            ("admin:uploads_uploadlog_change", drift.row_id, "The file in the ledger"),
        ]
        shown = [(reverse(name, args=[pk]), text) for name, pk, text in links]
        return render_to_string("admin/uploads/drift_links.html", {"links": shown, "email": session.account.email})

    @display(description="As it was")
    def was(self, drift: Drift) -> str:
        proof = f"MD5 {drift.row.md5}" if drift.row.md5 else f"ETag {drift.row.etag}, never proven"
        return f"{size(drift.row.size_bytes)} ({drift.row.size_bytes:,} bytes), {proof}"

    @display(description="In the store now")
    def now(self, drift: Drift) -> str:
        if drift.seen_size_bytes is None:
            return "no object"
        return f"{size(drift.seen_size_bytes)} ({drift.seen_size_bytes:,} bytes), ETag {drift.seen_etag or 'none'}"

    @display(description="What can be done")
    def advice(self, drift: Drift) -> SafeString:
        return render_to_string("admin/uploads/drift_advice.html", {"drift": drift})

    @display(description="Mailed to the maintainers (UTC)")
    def told(self, drift: Drift) -> str:
        return minute(drift.told_at) if drift.told_at else "Not yet"

    @display(description="Settled")
    def settled(self, drift: Drift) -> SafeString | str:
        if drift.settled_at is None:
            return "Not yet"
        how = "there again as it was" if drift.is_restored else "the loss is known"
        return format_html(
            "{} UTC, by {}: {}. {}", minute(drift.settled_at), drift.settled_by, how, f"“{drift.reason}”"
        )


def _link(name: str, pk: int, text: object) -> SafeString:
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', reverse(name, args=[pk]), text
    )
