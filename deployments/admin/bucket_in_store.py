"""What a bucket's page does in the store: make or check the bucket, and keep older versions. Each asks first."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from amiportal.accounts.actor import actor_of
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation
from deployments import services
from deployments.models import Bucket


def open_in_store(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page that makes the bucket in the store, or checks it there."""

    def open_it(bucket: Bucket) -> None:
        bucket = services.make_bucket_in_store(actor=actor_of(request), bucket=bucket)
        if bucket.store_error:
            messages.warning(request, bucket.store_error)
        else:
            messages.success(request, f"{bucket.name} is in the store and open to the upload page.")

    return _asked_first(
        model_admin,
        request,
        object_id,
        open_it,
        title="{bucket.title}: create or check in the store",
        text="If the store has no bucket “{bucket.name}” it is made. Where the store can, it is shut to the "
        "public and the upload page is let in (CORS). What it holds is not touched, nor are the CORS rules of "
        "other applications.",
        button="Create or check",
    )


def keep_versions(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page after which the store keeps what is overwritten or deleted in the bucket."""

    def keep(bucket: Bucket) -> None:
        services.keep_versions(actor=actor_of(request), bucket=bucket)
        model_admin.log_change(request, bucket, "Older versions are kept in the store.")
        messages.success(request, f"{bucket.name} keeps older versions from now on.")

    return _asked_first(
        model_admin,
        request,
        object_id,
        keep,
        title="{bucket.title}: keep older versions",
        text="From now on the store keeps what is overwritten or deleted in “{bucket.name}”, so that it can "
        "be brought back. It takes room of the allocation until its operator removes it. What was overwritten "
        "before stays lost. Only the store's operator can switch it off.",
        button="Keep them",
    )


def _asked_first(
    model_admin: PortalAdmin,
    request: HttpRequest,
    object_id: str,
    do: Callable[[Bucket], None],
    *,
    title: str,
    text: str,
    button: str,
) -> HttpResponse:
    """`do` on a POST, the question before it; title and text may name the {bucket}."""
    bucket = get_object_or_404(Bucket, pk=object_id)
    back = reverse("admin:deployments_bucket_change", args=[bucket.pk])
    if request.method != "POST":
        title, text = title.format(bucket=bucket), text.format(bucket=bucket)
        return ask(model_admin, request, title=title, text=text, button=button, back=back)
    try:
        do(bucket)
    except EXPLAINED as error:
        messages.error(request, explanation(error))
    return HttpResponseRedirect(back)
