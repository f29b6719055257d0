"""The world map of the deployments, and its data."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from deployments.admin.map_media import WorldMap
from deployments.geojson import feature
from deployments.models import Bucket, Deployment, Status
from deployments.permissions import may_maintain
from deployments.selectors import deployments_visible_to


@require_safe
def world_map(request: HttpRequest) -> HttpResponse:
    """For maintainers: the page. The deployments follow as GeoJSON."""
    if not may_maintain(request.user):
        raise PermissionDenied
    counts = Deployment.objects.aggregate(total=Count("pk"), unplaced=Count("pk", filter=Q(latitude__isnull=True)))
    context = admin.site.each_context(request) | {
        "title": "Map",
        "is_fullwidth": True,
        "media": WorldMap(),
        "counts": counts,
        "buckets": Bucket.objects.filter(deployments__isnull=False).distinct(),
        "statuses": Status.choices,
    }
    return TemplateResponse(request, "admin/deployments/map.html", context)


@require_safe
@gzip_page  # some 300 bytes per deployment, most of them the same in each
def map_data(request: HttpRequest) -> HttpResponse:
    """For maintainers: every deployment as GeoJSON, each with the address of its page. One statement."""
    if not may_maintain(request.user):
        raise PermissionDenied
    pages = reverse("admin:deployments_deployment_changelist")
    found = []
    for deployment in deployments_visible_to(request.user).order_by("deployment_id"):
        shown = feature(deployment)
        shown["properties"]["link"] = f"{pages}{deployment.pk}/change/"
        found.append(shown)
    return JsonResponse({"type": "FeatureCollection", "features": found}, content_type="application/geo+json")
