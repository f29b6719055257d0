"""While no worker looks, what was found last is not taken for how things are."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import STALE_AFTER, Observation, State
from amiportal.operations.doctor.services import record

pytestmark = pytest.mark.django_db


def pages(maintainer) -> tuple[str, str]:
    client = Client()
    client.force_login(maintainer)
    return tuple(client.get(path).content.decode() for path in ("/admin/health/", "/admin/"))


def test_what_was_found_long_ago_is_said_to_be_of_then(maintainer):
    record([Observation("worker", "Background worker", State.OK, "Alive 0 s ago.")])
    health, front = pages(maintainer)
    assert "All is well" in health
    assert "All is well" in front
    Finding.objects.update(checked_at=timezone.now() - STALE_AFTER - timedelta(minutes=1))
    health, front = pages(maintainer)
    assert "All is well" not in health + front
    assert "Nobody has looked for 16\xa0minutes" in health
    assert "python manage.py procrastinate worker" in health
    assert "Nobody looks" in front
