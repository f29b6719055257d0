"""The sections below a deployment's form: what the store holds of it, its sessions, and who may upload."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from deployments.holdings import files_provider
from deployments.models import Deployment
from deployments.selectors import people_who_may_upload


def panels(request: HttpRequest, object_id: str) -> Sequence[SafeString]:
    """The sections, ready to be shown; none where there is no such deployment."""
    deployment = Deployment.objects.select_related("bucket").filter(pk=object_id).first()
    return [*files_provider().panels(request, deployment), _people(request, deployment)] if deployment else []


def _people(request: HttpRequest, deployment: Deployment) -> SafeString:
    context = {
        "deployment": deployment,
        "bucket": deployment.bucket,
        "people": people_who_may_upload(deployment.bucket),
        "all_people": f"{reverse('admin:accounts_user_changelist')}?buckets__id__exact={deployment.bucket_id}",
    }
    return render_to_string("admin/deployments/_people.html", context, request)
