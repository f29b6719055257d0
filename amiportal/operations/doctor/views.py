"""The health page of the admin: what was found last, and a button to look now."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from amiportal.accounts.actor import actor_of
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import STALE_AFTER, State
from amiportal.operations.doctor.services import examine, record
from amiportal.operations.doctor.telling import tell

# Where in the admin a remedy begins; a bucket's is its own page.
_LINKS = {
    "left over": ("admin:background_leftover_changelist", ""),
    "queue": ("admin:procrastinate_procrastinatejob_changelist", "?state=failed"),
    "uploads": ("admin:uploads_uploadfailure_changelist", ""),
    "storage": ("admin:objectstore_allocation_changelist", ""),
    "allocation end": ("admin:objectstore_allocation_changelist", ""),
    "snapshot": ("admin:snapshots_snapshot_changelist", ""),
    "inventory": ("admin:uploads_inventory_changelist", "?odd=failed"),
    "drift": ("admin:uploads_drift_changelist", "?standing=open"),
    "round trip": ("admin:deployments_bucket_changelist", ""),
    "upload addresses": ("admin:objectstore_storeprobe_changelist", ""),
}
_BUCKET = "bucket "
_ORDER: dict[str, int] = {State.BAD: 0, State.WARN: 1, State.UNKNOWN: 2, State.OK: 3}
_SHOWN: dict[str, tuple[str, str]] = {
    State.BAD: ("error", "Broken"),
    State.WARN: ("warning", "Needs a look"),
    State.UNKNOWN: ("help", "Unknown"),
    State.OK: ("check_circle", "Well"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def doctor_page(request: HttpRequest) -> HttpResponse:
    """For maintainers. By GET the last findings; by POST every check again, which takes some seconds."""
    if not actor_of(request).is_maintainer:
        raise PermissionDenied
    if request.method == "POST":
        record(examine())
        tell()
        messages.success(request, "Everything was looked at just now.")
        return redirect("admin-health")
    findings = sorted(Finding.objects.all(), key=lambda row: _ORDER[row.state])
    for row in findings:
        row.link = _link(row.subject)
    well = [row for row in findings if row.state == State.OK]
    well_buckets = [row for row in well if row.subject.startswith(_BUCKET)]
    checked_at = min((row.checked_at for row in findings), default=None)
    context = admin.site.each_context(request) | {
        "title": "Health",
        "findings": findings,
        "ailing": [(row, *_SHOWN[row.state]) for row in findings if row.state != State.OK],
        "well": [(row, *_SHOWN[row.state]) for row in well if row not in well_buckets],
        "found_well": len(well),
        # One line for all of them: there are many, and alike.
        "well_buckets": well_buckets,
        "buckets_since": max((row.since for row in well_buckets), default=None),
        "broken": sum(row.state == State.BAD for row in findings),
        "to_look_at": sum(row.state == State.WARN for row in findings),
        "checked_at": checked_at,
        "is_stale": checked_at is not None and timezone.now() - checked_at > STALE_AFTER,
    }
    return TemplateResponse(request, "admin/doctor/health.html", context)


def _link(subject: str) -> str:
    if subject.startswith(_BUCKET):
        return f"{reverse('admin:deployments_bucket_changelist')}?q={subject.removeprefix(_BUCKET)}"
    name, query = _LINKS.get(subject, ("", ""))
    return reverse(name) + query if name else ""
