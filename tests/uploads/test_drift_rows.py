"""Rows 40 and 21 of the reliability table, short; tests/soak has them in full."""

import pytest

from amiportal.objectstore import listing
from amiportal.operations.doctor import telling
from tests.faultproxy import FaultProxy
from tests.people import make_person
from tests.smtpserver import SmtpServer
from tests.uploads import drift_rows
from tests.uploads.damage import send
from uploads.services import inventory

pytestmark = pytest.mark.django_db
PEOPLE = 6


@pytest.fixture
def people(site):
    return [make_person(f"person{number}", "Partners", site.bucket) for number in range(PEOPLE)]


@pytest.fixture
def post(settings, monkeypatch, maintainer):
    monkeypatch.setattr(telling, "MAIL_TIMEOUT_S", 120)
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.PORTAL_ORIGINS = ["https://portal.example.org"]
        yield server


@pytest.fixture
def short_pages(monkeypatch):
    """A listing of several pages, so that one can be repeated."""
    monkeypatch.setattr(inventory, "pages", lambda bucket, prefix: listing.pages(bucket, prefix, page_size=7))


def test_row_40(store, site, people, post, probed_store):
    drift_rows.all_damage_is_found_and_mailed_once(send(store, site.deployment, people, 300), post, damaged=30)


@pytest.mark.parametrize("mode", drift_rows.LIES)
def test_row_21(store, site, people, settings, mode, probed_store, short_pages):
    sent = send(store, site.deployment, people, 30)
    with FaultProxy(settings.S3_ENDPOINT_URL) as proxy:
        settings.S3_ENDPOINT_URL = proxy.url
        drift_rows.a_lie_raises_no_false_alarm_and_hides_nothing_for_long(sent, proxy, mode, seed=21)
