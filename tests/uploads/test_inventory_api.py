"""GET deployments/{id}/inventory/: the last figures of each data type, with their time."""

from datetime import UTC, datetime

import pytest

from tests.people import signed_in
from uploads.models import Inventory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/deployments/dep000045/inventory/"


def test_figures_with_their_time(ladera, savanna, colleague, django_assert_max_num_queries):
    moment = datetime(2025, 7, 1, 1, 30, tzinfo=UTC)
    figures = {"objects_count": 3, "size_bytes": 12, "undated": 1, "last_device_time": moment}
    Inventory.objects.create(deployment=ladera, data_type="snapshot_images", taken_at=moment, **figures)
    Inventory.objects.create(deployment=ladera, data_type="motion_images", error="never counted")
    Inventory.objects.create(deployment=savanna, data_type="snapshot_images", taken_at=moment)
    with django_assert_max_num_queries(4):
        response = signed_in(colleague).get(PATH)
    assert response.json() == [
        {
            "data_type": "snapshot_images",
            "objects": 3,
            "size_bytes": 12,
            "first_device_time": None,
            "last_device_time": "2025-07-01T01:30:00Z",
            "undated": 1,
            "taken_at": "2025-07-01T01:30:00Z",
        }
    ]


def test_whoever_does_not_see_the_deployment_does_not_see_its_figures(ladera, outsider):
    assert signed_in(outsider).get(PATH).status_code == 404
