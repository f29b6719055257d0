"""Every URL x everybody: generated from the URL map, so that a new URL without a row here fails."""

import base64
import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from deployments.models import Bucket, Deployment
from tests.people import PASSWORD
from uploads.models import UploadLog, UploadSession

# What comes from the packages is theirs to test; that the admin lets nobody but maintainers in is tested once below.
NOT_OURS = ("admin/",)
EVERYBODY = (200, 200, 200, 200)
# URL name -> (method, statuses for: nobody signed in, a partner without the bucket, the partner, a maintainer).
# A POST here is empty: 400 says that the door is open, and nothing is changed.
DOORS = {
    "healthz": ("GET", EVERYBODY),
    "readyz": ("GET", EVERYBODY),
    "schema": ("GET", EVERYBODY),
    "api-docs": ("GET", EVERYBODY),
    "login": ("GET", (200, 302, 302, 302)),
    "sign-in-code": ("GET", (302, 302, 302, 302)),
    "password-forgot": ("GET", EVERYBODY),
    "password-set": ("GET", (410, 410, 410, 410)),
    "two-factor": ("POST", (302, 403, 403, 200)),
    "two-factor-codes": ("POST", (302, 302, 302, 302)),
    "two-factor-remove": ("POST", (302, 302, 302, 302)),
    "logout": ("POST", (302, 302, 302, 302)),
    "home": ("GET", (302, 302, 302, 302)),
    "upload": ("GET", (302, 200, 200, 200)),
    "check-card": ("GET", (302, 200, 200, 200)),
    "history": ("GET", (302, 200, 200, 200)),
    "receipt": ("GET", (302, 404, 200, 200)),
    "receipt-csv": ("GET", (302, 404, 200, 200)),
    "receipt-key": ("GET", EVERYBODY),
    "receipt-check": ("POST", (400, 400, 400, 400)),
    "guide": ("GET", EVERYBODY),
    "script": ("GET", (302, 200, 200, 200)),
    "script-download": ("GET", (302, 200, 200, 200)),
    "set-language": ("POST", (400, 400, 400, 400)),
    "tokens": ("POST", (302, 200, 200, 200)),
    "token-revoke": ("GET", (302, 404, 404, 404)),
    "upload-sessions": ("POST", (401, 400, 400, 400)),
    "upload-session": ("GET", (401, 404, 200, 200)),
    "upload-check": ("POST", (401, 404, 400, 404)),
    "upload-presign": ("POST", (401, 404, 400, 404)),
    "upload-parts": ("GET", (401, 404, 400, 404)),
    "upload-complete": ("POST", (401, 404, 400, 404)),
    "upload-confirm": ("POST", (401, 404, 400, 404)),
    "upload-failures": ("POST", (401, 404, 400, 404)),
    "upload-finish": ("POST", (401, 404, 200, 404)),
    "upload-receipt": ("GET", (401, 404, 409, 409)),
    "upload-survey": ("POST", (401, 400, 400, 400)),
    "upload-verify": ("POST", (401, 400, 400, 400)),
    "upload-client-failures": ("POST", (401, 400, 400, 400)),
    "upload-log": ("GET", (401, 200, 200, 200)),
    "deployment-list": ("POST", (401, 403, 403, 400)),
    "deployment-detail": ("PATCH", (401, 404, 403, 200)),
    "deployment-retire": ("POST", (401, 404, 403, 400)),
    "deployment-next-season": ("POST", (401, 404, 403, 400)),
    "deployment-inventory": ("GET", (401, 404, 200, 200)),
    "bucket-list": ("POST", (401, 403, 403, 400)),
    "hardware-list": ("GET", (401, 200, 200, 200)),
    "legacy-get-deployments": ("POST", (401, 200, 200, 200)),
    "legacy-create-deployment": ("POST", (401, 422, 422, 422)),
    "legacy-update-deployment": ("POST", (401, 422, 422, 422)),
    "legacy-create-bucket": ("POST", (401, 422, 422, 422)),
    "legacy-check-file-exist": ("POST", (422, 422, 422, 422)),  # answered without credentials, too
    "legacy-generate-presigned-url": ("POST", (401, 422, 422, 422)),
    "legacy-list-data": ("GET", (401, 422, 422, 422)),
    "legacy-count-data": ("GET", (401, 422, 422, 422)),
    "legacy-logs": ("GET", (401, 403, 403, 200)),
    "legacy-upload": ("POST", (410, 410, 410, 410)),
}


def patterns(resolver=None, prefix=""):
    """(path with its arguments' names, URL name) of the whole map."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if route.startswith(NOT_OURS):
            continue
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        elif isinstance(entry, URLPattern):
            yield route, entry.name


def path_of(route: str, session: int) -> str:
    """A path to ask for; regular expressions of the old clients lose their anchors."""
    path = "/" + route.replace("^", "").replace("/?$", "/").replace("\\Z", "").replace("$", "")
    path = re.sub(r"\(\?P<deployment_id>[^)]*\)", "dep000045", path)
    return (
        path.replace("<int:session_id>", str(session))
        .replace("<str:token_key>", "nobodys")
        .replace("<str:deployment_id>", "dep000045")
        .replace("<str:secret>", "nobodys")
    )


def test_every_url_has_a_row():
    assert {name for _, name in patterns()} == set(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_who_gets_how_far(name, colleague, outsider, maintainer, ladera):
    session = UploadSession.objects.create(
        account=colleague,
        deployment=ladera,
        data_type="snapshot_images",
        started_at="2025-06-01T00:00:00Z",
        last_seen_at="2025-06-01T00:00:00Z",
    )
    before = _state()
    method, statuses = DOORS[name]
    route = next(route for route, found in patterns() if found == name)
    got = []
    for user in (None, outsider, colleague, maintainer):
        http = APIClient()
        if user is not None and name.startswith("legacy-"):
            # As old clients do; a browser's session counts there only with a CSRF token.
            pair = base64.b64encode(f"{user.username}:{PASSWORD}".encode()).decode()
            http.credentials(HTTP_AUTHORIZATION=f"Basic {pair}")
        elif user is not None:
            http.force_login(user)
        got.append(http.generic(method, path_of(route, session.pk)).status_code)
    assert tuple(got) == statuses
    assert _state() == before


def _state():
    """What an empty request must not have changed."""
    return (
        list(Deployment.objects.order_by("pk").values()),
        list(Bucket.objects.order_by("pk").values()),
        UploadLog.objects.count(),
        UploadSession.objects.count(),
    )


@pytest.mark.parametrize(("who", "status"), [(None, 302), ("outsider", 302), ("colleague", 302), ("maintainer", 200)])
def test_the_admin_is_for_maintainers(client, request, who, status):
    if who:
        client.force_login(request.getfixturevalue(who))
    assert client.get("/admin/").status_code == status
    assert client.get("/admin/uploads/uploadlog/").status_code == status
