"""What was proven and then changes behind the portal: the next count turns the verdict that stood on it."""

import pytest

from tests.uploads.conftest import Uploader
from tests.uploads.stored_objects import counted

pytestmark = pytest.mark.django_db
NAME = "20250714220000-snapshot.jpg"
BODY = b"what the card holds"


@pytest.fixture
def proven(uploader) -> Uploader:
    """A finished session with one verified file, said to be safe to wipe."""
    uploader.open(files=1)
    assert uploader.send(NAME, BODY)["status"] == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    return uploader


def verdict(uploader: Uploader) -> dict:
    return uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/").json()


@pytest.mark.parametrize("body", [b"other", BODY[:-1], BODY[::-1], b""])
def test_an_object_that_was_changed_turns_the_verdict(proven, site, store, client, body):
    store.put_object(Bucket=site.bucket.name, Key=site.key(NAME), Body=body)
    counted(site.deployment)
    told = verdict(proven)
    assert (told["safe_to_wipe"], told["verified"], told["unproven"]) == (False, 0, 1)
    client.force_login(proven.user)
    assert "What changed since" in client.get(f"/uploads/{proven.session_id}/").content.decode()


def test_an_object_that_vanished_turns_the_verdict(proven, site, store):
    store.delete_object(Bucket=site.bucket.name, Key=site.key(NAME))
    counted(site.deployment)
    told = verdict(proven)
    assert (told["safe_to_wipe"], told["verified"], told["unproven"]) == (False, 0, 1)
