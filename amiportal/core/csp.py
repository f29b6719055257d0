"""The Content-Security-Policy, per part of the site. Nothing from outside is allowed but the map tiles that are set."""

from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# Django's and unfold's admin: Alpine.js evaluates its attributes, widgets carry style attributes, previews are blobs.
ADMIN = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:", "blob:"],
}
# Swagger UI from the sidecar: its page starts it with an inline script. It shows our own schema and no data.
API_DOCS = {
    "script-src": ["'self'", "'unsafe-inline'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}
WIDER = (("/admin/", ADMIN), ("/api/docs/", API_DOCS))


class PortalCSPMiddleware(CSPMiddleware):
    """settings.CONTENT_SECURITY_POLICY, with the directives of WIDER in their place beneath those paths."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        for prefix, directives in WIDER:
            if request.path_info.startswith(prefix):
                parts.replace = directives | (parts.replace or {})
        if settings.MAP_TILES_URL and request.path_info.startswith("/admin/"):
            replaced = parts.replace or ADMIN
            parts.replace = replaced | {"img-src": [*replaced["img-src"], _origin(settings.MAP_TILES_URL)]}
        return parts


def _origin(address: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(address))
