"""Background work that failed is run again: chosen jobs, or one. Asked first."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation
from amiportal.operations.doctor.jobs import about, run_again, title_of

_ALL_LISTED = 50  # named on the page that asks
_TEXT = (
    "Every job can safely be run again. Why it failed stands in the worker's log, under its number; what it is for, "
    "such as an export or an inventory, often says so on its own page."
)


def run_chosen_again(
    model_admin: ReadOnlyAdmin, request: HttpRequest, queryset: QuerySet[ProcrastinateJob]
) -> HttpResponse | None:
    """Run the failed ones among those chosen again; others stay as they are."""
    failed = list(queryset.filter(status="failed")[: _ALL_LISTED + 1])
    if not failed:
        messages.warning(request, "None of those chosen has failed.")
        return None
    if len(failed) > _ALL_LISTED:
        messages.warning(request, f"At most {_ALL_LISTED} at a time.")
        return None
    if "apply" in request.POST:
        _run_again(request, failed)
        return None
    return ask(
        model_admin,
        request,
        title=f"Run {len(failed)} failed jobs again" if len(failed) > 1 else "Run one failed job again",
        text=_TEXT,
        items=[_line(job) for job in failed],
        hidden={"action": "run_chosen_again", "_selected_action": [str(job.pk) for job in failed], "apply": "1"},
        button="Run again",
        back=request.get_full_path(),
    )


def run_this_again(model_admin: ReadOnlyAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that runs this job again."""
    job = get_object_or_404(ProcrastinateJob, pk=object_id)
    back = reverse("admin:procrastinate_procrastinatejob_change", args=[object_id])
    if request.method != "POST":
        title = f"Run job {job.pk} again"
        return ask(model_admin, request, title=title, text=_TEXT, items=[_line(job)], button="Run again", back=back)
    _run_again(request, [job])
    return HttpResponseRedirect(back)


def _run_again(request: HttpRequest, jobs: list[ProcrastinateJob]) -> None:
    done = 0
    for job in jobs:
        try:
            run_again(job=job)
            done += 1
        except EXPLAINED as error:
            messages.error(request, explanation(error))
    if done:
        what = "It waits" if done == 1 else f"{done} jobs wait"
        messages.success(request, f"{what} for a worker now.")


def _line(job: ProcrastinateJob) -> str:
    return f"{job.pk} {title_of(job.task_name)}: {about(job.args) or 'no more said'}"
