"""Files that changed or vanished behind the portal: whose they are, what is there now, settled with a reason."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from amiportal.accounts.actor import actor_of
from amiportal.core.adminkit import EXPLAINED, ask, explanation, faults_of, minute
from uploads.admin.paging import DayRange, KeysetChangeList, LongTable
from uploads.ledger.streams import drift_csv_lines
from uploads.models import Drift
from uploads.services.drift_restore import bring_back_drifts
from uploads.services.drift_settle import MOST_AT_ONCE, settle_drifts
from uploads.templatetags.portal_text import size

OPEN, BACK, SETTLED = "open", "back", "settled"
_STANDING = {OPEN: ("open", "danger"), BACK: ("back as it was", "info"), SETTLED: ("settled", "success")}
_NAMED = 10  # on the page that asks


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


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why it may be settled",
        max_length=Drift._meta.get_field("reason").max_length,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Such as: brought back from yesterday's version; the card is sent again; deleted on purpose.",
    )


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
    actions = ["settle_chosen", "bring_back_chosen"]
    actions_detail = ["settle_this", "bring_this_back"]
    readonly_fields = ["links", "was", "now", "advice", "told", "settled"]
    fieldsets = [
        (None, {"fields": [("row", "kind"), ("deployment", "data_type"), "links", "advice"]}),
        ("The object", {"fields": [("was", "now"), ("found_at", "looked_at"), "back_at"]}),
        ("Who knows", {"fields": ["told", "settled"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Drift]:
        joined = ["row__session__account", "deployment__bucket", "settled_by"]
        return super().get_queryset(request).select_related(*joined)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DriftChangeList]:
        return DriftChangeList

    def get_urls(self) -> list:
        def named(name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
            return path(f"{name}/", self.admin_site.admin_view(view), name=f"uploads_drift_{name}")

        return [named("csv", self.csv), named("settle", self.settle_selection), *super().get_urls()]

    def csv(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list's whole selection, all of its pages; its address has the list's own parameters."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        chosen = self.get_changelist_instance(request).queryset.order_by("-id")
        return StreamingHttpResponse(
            drift_csv_lines(chosen),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="ami-changed-{timezone.now():%Y%m%d}.csv"'},
        )

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

    # --- Settling -----------------------------------------------------------------------------------------------

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return actor_of(request).is_maintainer

    @admin.action(description="Settle those chosen", permissions=["settle"])
    def settle_chosen(self, request: HttpRequest, queryset: QuerySet[Drift]) -> HttpResponse | None:
        hidden = {"action": "settle_chosen", "_selected_action": request.POST.getlist("_selected_action")}
        return self._settle(request, queryset, hidden=hidden, back=request.get_full_path())

    def settle_selection(self, request: HttpRequest) -> HttpResponse:
        """All pages of the list, by its own parameters."""
        if not self.has_settle_permission(request):
            raise PermissionDenied
        back = f"{reverse('admin:uploads_drift_changelist')}?{request.GET.urlencode()}"
        return self._settle(request, self.get_changelist_instance(request).queryset, hidden={}, back=back)

    @action(description="Settle", icon="task_alt", permissions=["settle"])
    def settle_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        back = reverse("admin:uploads_drift_change", args=[object_id])
        return self._settle(request, Drift.objects.filter(pk=object_id), hidden={}, back=back)

    # --- Bringing back ------------------------------------------------------------------------------------------

    @admin.action(description="Bring back older versions of those chosen", permissions=["settle"])
    def bring_back_chosen(self, request: HttpRequest, queryset: QuerySet[Drift]) -> HttpResponse | None:
        hidden = {"action": "bring_back_chosen", "_selected_action": request.POST.getlist("_selected_action")}
        return self._bring_back(request, queryset, hidden=hidden, back=request.get_full_path())

    @action(description="Bring back the older version", icon="restore", permissions=["settle"])
    def bring_this_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        back = reverse("admin:uploads_drift_change", args=[object_id])
        return self._bring_back(request, Drift.objects.filter(pk=object_id), hidden={}, back=back)

    def _bring_back(self, request: HttpRequest, chosen: QuerySet[Drift], *, hidden: dict, back: str) -> HttpResponse:
        drifts = list(chosen.filter(settled_at__isnull=True).select_related("row").order_by("pk"))
        if not drifts:
            messages.warning(request, "None of these waits to be settled.")
            return HttpResponseRedirect(back)
        if "apply" in request.POST:
            try:
                done = bring_back_drifts(actor=actor_of(request), ids=[drift.pk for drift in drifts])
            except EXPLAINED as error:
                messages.error(request, explanation(error))
                return HttpResponseRedirect(back)
            if done.back:
                messages.success(request, f"{done.back:,} in the store as before. Settle what is back.")
            for name, why in done.refused[:_NAMED]:
                messages.warning(request, f"{name}: {why}")
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            title="Bring back older versions",
            text="If the bucket keeps older versions, the one that was proven takes the place of what is there now, "
            "which becomes an older version itself. A name that another upload holds by now is left alone.",
            items=_named(drifts),
            hidden=hidden | {"apply": "1"},
            button="Bring back",
            back=back,
        )

    def _settle(self, request: HttpRequest, chosen: QuerySet[Drift], *, hidden: dict, back: str) -> HttpResponse:
        drifts = list(chosen.filter(settled_at__isnull=True).select_related("row").order_by("pk")[: MOST_AT_ONCE + 1])
        more, drifts = len(drifts) > MOST_AT_ONCE, drifts[:MOST_AT_ONCE]
        if not drifts:
            messages.warning(request, "None of these waits to be settled.")
            return HttpResponseRedirect(back)
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        if form.is_valid():
            with faults_of(form):
                done = settle_drifts(
                    actor=actor_of(request), ids=[drift.pk for drift in drifts], reason=form.cleaned_data["reason"]
                )
                self._tell(request, done, more=more)
                return HttpResponseRedirect(back)
        returned = sum(drift.back_at is not None for drift in drifts)
        number = len(drifts)
        return ask(
            self,
            request,
            title=f"Settle {number:,} changed or vanished files" if number > 1 else f"Settle {drifts[0].row.filename}",
            text="The store is asked for each once more. What is there again as it was counts as stored again, on its "
            "receipt too. Of all others you say that the loss is known: their receipts go on to show them as lost. "
            f"When the store was last asked, {returned:,} of {number:,} {'was' if returned == 1 else 'were'} back"
            f"{f'; the first {MOST_AT_ONCE:,} are settled now, and there are more' if more else ''}.",
            items=_named(drifts),
            form=form,
            hidden=hidden | {"apply": "1"},
            button="Settle",
            back=back,
        )

    def _tell(self, request: HttpRequest, done: Any, *, more: bool) -> None:
        parts = [
            f"{number:,} {text}"
            for number, text in (
                (done.restored, "there as before: stored again"),
                (done.known, "settled as a loss that is known"),
                (done.undecided, "left open, because the store could not tell"),
            )
            if number
        ]
        tell = messages.warning if done.undecided or more else messages.success
        tell(request, f"{'; '.join(parts) or 'Nothing was left to settle'}.{' There are more.' if more else ''}")


def _named(drifts: list[Drift]) -> list[str]:
    more = [f"and {len(drifts) - _NAMED:,} more"] if len(drifts) > _NAMED else []
    return [drift.row.filename for drift in drifts[:_NAMED]] + more


def _link(name: str, pk: int, text: object) -> SafeString:
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', reverse(name, args=[pk]), text
    )
