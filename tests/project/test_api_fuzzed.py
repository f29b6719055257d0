"""Whatever is sent to the new API, within its schema or beside it: no server's error, and errors in our envelope."""

import json
import os

import pytest
import requests
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings

from tests.examples import examples
from tests.people import signed_in
from uploads.models import UploadSession

schema = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
# Each boundary of each field by itself, which is thousands of calls.
schema.config.phases.coverage.enabled = bool(os.environ.get("FULL"))


@pytest.fixture
def session_one(script, ladera) -> UploadSession:
    """A session with the id that generated paths are given."""
    return UploadSession.objects.create(
        pk=1,
        account=script,
        deployment=ladera,
        data_type="snapshot_images",
        started_at="2025-06-01T00:00:00Z",
        last_seen_at="2025-06-01T00:00:00Z",
    )


@pytest.mark.parametrize("role", ["script", "maintainer"])
@schema.parametrize()
@settings(max_examples=examples(full=100, usual=5), suppress_health_check=list(HealthCheck))
def test_no_input_is_a_server_error(case, role, request, session_one):
    if "session_id" in case.path_parameters:
        case.path_parameters = {**case.path_parameters, "session_id": session_one.pk}
    try:
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://testserver")).prepare()
    except (requests.RequestException, UnicodeError):
        return  # no client could send it
    response = signed_in(request.getfixturevalue(role)).generic(
        prepared.method,
        prepared.path_url,
        prepared.body or b"",
        content_type=prepared.headers.get("Content-Type", "application/json"),
    )
    # The bucket of this deployment is not in the store, which is the store's fault to tell and not a crash.
    assert response.status_code < 500 or response.json()["code"].startswith("store_"), response.content
    if response.status_code in (400, 401, 403, 409, 415):
        assert set(json.loads(response.content)) == {"code", "message", "fields"}
