"""Snapshots are taken, fetched and removed by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import ask
from amiportal.core.errors import PortalError
from amiportal.objectstore.portal_files import stream_file
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import remove_snapshot, take_snapshot


def take_one(model_admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """The page that takes a snapshot."""
    back = reverse("admin:snapshots_snapshot_changelist")
    if request.method != "POST":
        text = (
            "A copy of buckets, hardware, deployments, people (without passwords and tokens) and the allocation, "
            "as they are now. It takes a second, and is kept until somebody removes it."
        )
        return ask(model_admin, request, title="Take a snapshot", text=text, button="Take it", back=back)
    try:
        snapshot = take_snapshot(actor=actor_of(request), reason=Snapshot.Reason.HAND)
    except PortalError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(back)
    messages.success(request, f"The {snapshot} is taken: {snapshot.rows:,} rows.")
    return HttpResponseRedirect(_page_url(snapshot))


def download(model_admin: ReadOnlyAdmin, request: HttpRequest, object_id: str) -> HttpResponseBase:
    """The file as it lies in storage. It names people, hence for whoever may see them."""
    snapshot = get_object_or_404(Snapshot, pk=object_id, state=Snapshot.State.READY)
    as_name = f"ami-portal-snapshot-{snapshot.taken_at:%Y-%m-%dT%H%MZ}.jsonl.gz"
    return stream_file(snapshot.file, as_name, "application/gzip")


def remove(model_admin: ReadOnlyAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that removes this snapshot; the service refuses those that were not taken by hand."""
    snapshot = get_object_or_404(Snapshot, pk=object_id)
    if request.method != "POST":
        text = "Its file is removed from the portal's storage for good. Nothing else changes."
        title = f"Remove the {snapshot}"
        return ask(model_admin, request, title=title, text=text, button="Remove", back=_page_url(snapshot), danger=True)
    try:
        remove_snapshot(actor=actor_of(request), snapshot=snapshot)
    except PortalError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"The {snapshot} is removed.")
    return HttpResponseRedirect(reverse("admin:snapshots_snapshot_changelist"))


def _page_url(snapshot: Snapshot) -> str:
    return reverse("admin:snapshots_snapshot_change", args=[snapshot.pk])
