"""Rows 40 and 21 of the reliability table at their full counts; see tests/uploads/drift_rows.py."""

import pytest

from tests.faultproxy import FaultProxy
from tests.uploads import drift_rows
from tests.uploads.conftest import make_site, probed_store, store_record  # noqa: F401 (fixtures, by their names)
from tests.uploads.damage import send
from tests.uploads.test_drift_rows import people, post, short_pages  # noqa: F401

pytestmark = pytest.mark.django_db
ROUNDS = 100


@pytest.fixture
def site(db, bucket):
    return make_site(bucket)


def test_row_40(store, site, people, post, probed_store):  # noqa: F811
    drift_rows.all_damage_is_found_and_mailed_once(send(store, site.deployment, people, 100_000), post, damaged=1_000)


@pytest.mark.parametrize("mode", drift_rows.LIES)
def test_row_21(store, site, people, settings, mode, probed_store, short_pages):  # noqa: F811
    sent = send(store, site.deployment, people, 30)
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        for seed in range(ROUNDS):
            drift_rows.a_lie_raises_no_false_alarm_and_hides_nothing_for_long(sent, proxy, mode, seed=seed)
    print(f"row 21: {ROUNDS} rounds of a listing that is {mode}: 0 false, 0 missed")
