"""The URL map."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from amiportal import health
from amiportal.accounts import tokens_page
from amiportal.accounts.language import set_language
from amiportal.doctor.views import doctor_page
from deployments.admin.world_map import map_data, world_map

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/health/", admin.site.admin_view(doctor_page), name="admin-health"),
    path("admin/map/", admin.site.admin_view(world_map), name="admin-map"),
    path("admin/map/deployments.geojson", admin.site.admin_view(map_data), name="admin-map-data"),
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/language/", set_language, name="set-language"),
    path("accounts/tokens/", tokens_page.tokens, name="tokens"),
    path("accounts/tokens/<str:token_key>/revoke/", tokens_page.revoke, name="token-revoke"),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="api-docs"),
    path("api/v1/uploads/", include("uploads.api_urls")),
    path("api/v1/", include("deployments.api_urls")),
    path("", include("uploads.urls")),
]
if settings.LEGACY_API_ENABLED:
    urlpatterns += [path("", include("deployments.legacy_api")), path("", include("uploads.legacy_api"))]
