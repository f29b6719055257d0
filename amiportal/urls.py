"""The URL map."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from amiportal.accounts.admin.mailing import addresses_page
from amiportal.accounts.pages.sign_in import admin_sign_in
from amiportal.operations import health
from amiportal.operations.doctor.views import doctor_page
from amiportal.operations.guide import maintainers_guide
from deployments.admin.world_map import map_data, world_map
from uploads.api.inventory import InventoryView

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/guide/", admin.site.admin_view(maintainers_guide), name="admin-guide"),
    path("admin/health/", admin.site.admin_view(doctor_page), name="admin-health"),
    path("admin/map/", admin.site.admin_view(world_map), name="admin-map"),
    path("admin/map/deployments.geojson", admin.site.admin_view(map_data), name="admin-map-data"),
    path("admin/people/addresses/", admin.site.admin_view(addresses_page), name="admin-addresses"),
    path("admin/login/", admin_sign_in, name="admin-login"),
    path("admin/", admin.site.urls),
    path("accounts/", include("amiportal.accounts.pages.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("api/v1/uploads/", include("uploads.api.urls")),
    path("api/v1/deployments/<str:deployment_id>/inventory/", InventoryView.as_view(), name="deployment-inventory"),
    path("api/v1/", include("deployments.api.urls")),
    path("", include("uploads.pages.urls")),
]
if settings.LEGACY_API_ENABLED:
    urlpatterns += [path("", include("deployments.api.legacy")), path("", include("uploads.api.legacy"))]
