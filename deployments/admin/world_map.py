"""The world map of the deployments, and its data."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from amiportal.accounts.actor import actor_of
from deployments.admin.map_media import WorldMap
from deployments.formats.geojson import feature
from deployments.models import Bucket, Deployment, Status
from deployments.permissions import may_maintain


class MapFilter(forms.Form):
    """What the page's script filters by; never posted. Its names stand in the page's address too."""

    status = forms.ChoiceField(choices=[("", "Any"), *Status.choices], widget=UnfoldAdminSelectWidget())
    bucket = forms.ModelChoiceField(
        Bucket.objects.filter(deployments__isnull=False).distinct(),
        to_field_name="name",
        empty_label="Any",
        widget=UnfoldAdminSelectWidget(),
    )
    q = forms.CharField(
        label="Search",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "search", "placeholder": "ID, place, system or camera"}),
    )


@require_safe
def world_map(request: HttpRequest) -> HttpResponse:
    """For maintainers: the page. The deployments follow as GeoJSON."""
    if not may_maintain(actor_of(request)):
        raise PermissionDenied
    counts = Deployment.objects.aggregate(total=Count("pk"), unplaced=Count("pk", filter=Q(latitude__isnull=True)))
    all_link = reverse("admin:deployments_deployment_changelist")
    context = admin.site.each_context(request) | {
        "title": "Map",
        "is_fullwidth": True,
        "media": WorldMap() if counts["total"] else "",
        "counts": counts,
        "filter": MapFilter(initial=request.GET.dict()),
        "all_link": all_link,
        "unplaced_link": f"{all_link}?coordinates_known=no",
        "add_link": reverse("admin:deployments_deployment_add"),
    }
    return TemplateResponse(request, "admin/deployments/map.html", context)


@require_safe
@gzip_page  # some 300 bytes per deployment, most of them the same in each
def map_data(request: HttpRequest) -> HttpResponse:
    """For maintainers: every deployment as GeoJSON, each with the address of its page. One statement."""
    if not may_maintain(actor_of(request)):
        raise PermissionDenied
    pages = reverse("admin:deployments_deployment_changelist")
    found = []
    for deployment in Deployment.objects.select_related("bucket", "hardware"):
        shown = feature(deployment)
        shown["properties"]["link"] = f"{pages}{deployment.pk}/change/"
        found.append(shown)
    return JsonResponse({"type": "FeatureCollection", "features": found}, content_type="application/geo+json")
