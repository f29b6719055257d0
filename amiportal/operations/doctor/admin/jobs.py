"""Background work in the admin: what waits, runs, stalled or failed, and how to run a failed job again."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import minute
from amiportal.operations.doctor.admin import running_again
from amiportal.operations.doctor.jobs import about, is_stalled, stalled, title_of

_STATES = {
    "todo": ("waiting", "info"),
    "doing": ("under way", "info"),
    "stalled": ("stalled", "warning"),
    "succeeded": ("done", "success"),
    "failed": ("failed", "danger"),
    "cancelled": ("cancelled", "default"),
    "aborted": ("aborted", "default"),
}

if admin.site.is_registered(ProcrastinateJob):
    admin.site.unregister(ProcrastinateJob)


class HowFar(admin.SimpleListFilter):
    title = "how far"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, word.capitalize()) for state, (word, _) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]) -> QuerySet[ProcrastinateJob]:
        if self.value() == "stalled":
            return stalled(queryset)
        return queryset.filter(status=self.value()) if self.value() in _STATES else queryset


class JobEvents(TabularInline):
    model = ProcrastinateEvent
    verbose_name_plural = "What happened"
    fields = ["type", "shown_at"]
    readonly_fields = fields
    ordering = ["id"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="At (UTC)")
    def shown_at(self, event: ProcrastinateEvent) -> str:
        return f"{event.at:%Y-%m-%d %H:%M:%S}" if event.at else "–"


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class Moments(TypedDict):
        asked_at: datetime
        last_at: datetime
        begun_at: datetime | None

    Listed = WithAnnotations[ProcrastinateJob, Moments]


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnlyAdmin):
    """Retried, recovered and cleaned up by the workers; here looked at, and run again where they gave up."""

    list_display = ["number", "task", "shown_about", "shown_state", "attempts", "asked", "last", "took"]
    list_display_links = ["number", "task"]
    list_filter = [HowFar]
    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    search_fields = ["task_name__startswith"]
    search_help_text = "Beginning of the task's name, such as uploads."
    ordering = ["-id"]
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = [
        admin.action(running_again.run_chosen_again, description="Run again what failed", permissions=["run_again"]),
    ]
    # A page beside the form: a button.
    actions_detail = ["run_this_again"]
    run_this_again = action(
        running_again.run_this_again, description="Run again", icon="restart_alt", permissions=["run_again"]
    )
    fields = [
        ("task", "shown_state"),
        ("shown_about", "attempts"),
        ("scheduled", "took"),
        ("task_name", "queue_name"),
        ("lock", "queueing_lock"),
    ]
    readonly_fields = ["task", "shown_state", "shown_about", "attempts", "scheduled", "took"]
    inlines = [JobEvents]

    def has_run_again_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return actor_of(request).is_maintainer

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProcrastinateJob]:
        """A subquery per row shown: grouping would read the events of all jobs that there are."""
        events = ProcrastinateEvent.objects.filter(job=OuterRef("pk")).values("at")
        return (
            super()
            .get_queryset(request)
            .select_related("worker")
            .annotate(
                asked_at=events.order_by("id")[:1],
                last_at=events.order_by("-id")[:1],
                begun_at=events.filter(type="started").order_by("-id")[:1],
            )
        )

    @display(description="No.", ordering="id")
    def number(self, job: ProcrastinateJob) -> int:
        return job.pk

    @display(description="Task", ordering="task_name")
    def task(self, job: ProcrastinateJob) -> str:
        return title_of(job.task_name)

    @display(description="About")
    def shown_about(self, job: ProcrastinateJob) -> str:
        return about(job.args) or "–"

    @display(description="How far", label=dict(_STATES.values()))
    def shown_state(self, job: ProcrastinateJob) -> str:
        return _STATES["stalled" if is_stalled(job) else job.status][0]

    @display(description="Asked for (UTC)")
    def asked(self, job: "Listed") -> str:
        return minute(job.asked_at)

    @display(description="Last event (UTC)")
    def last(self, job: "Listed") -> str:
        return minute(job.last_at)

    @display(description="Not before (UTC)")
    def scheduled(self, job: ProcrastinateJob) -> str:
        return minute(job.scheduled_at)

    @display(description="Took")
    def took(self, job: "Listed") -> str:
        if job.begun_at is None or job.status not in ("succeeded", "failed"):
            return "–"
        took: timedelta = job.last_at - job.begun_at
        seconds = took.total_seconds()
        return f"{seconds:,.1f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
