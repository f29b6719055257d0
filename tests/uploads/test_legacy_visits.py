"""A visit of an old client that asks for names alone: who was there is known, and maintainers are told."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.uploads.conftest import put
from tests.uploads.legacy_client import LegacyClient
from uploads.models import UploadFailure, UploadLog, UploadSession
from uploads.services.legacy_visits import tell_of_visits_that_sent_nothing

NAMES = [f"19700101_0001{number:02}.jpg" for number in range(20)]


@pytest.fixture
def old(account, site, store) -> LegacyClient:
    """Another card's files have these names already."""
    for name in NAMES:
        store.put_object(Bucket=site.bucket.name, Key=site.key(name), Body=b"of another card")
    return LegacyClient(account, site)


def is_over() -> None:
    UploadSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))


@pytest.mark.parametrize("joined", [False, True], ids=["one by one", "joined"])
def test_all_names_taken_and_nothing_sent(old, account, site, joined):
    if joined:
        assert all(old.post("check-file-exist", filenames=",".join(NAMES)).json()["results"].values())
    else:
        assert all(old.post("check-file-exist", filename=name).json()["exists"] for name in NAMES)
    session = UploadSession.objects.get()
    assert (session.account, session.uploader_name, session.deployment) == (account, "Field Person", site.deployment)
    assert (session.is_legacy, session.names_asked, session.names_taken) == (True, 20, 20)
    assert not UploadLog.objects.exists()

    assert tell_of_visits_that_sent_nothing() == 0  # it may still go on
    is_over()
    assert tell_of_visits_that_sent_nothing() == 1
    assert tell_of_visits_that_sent_nothing() == 0
    failure = UploadFailure.objects.get()
    assert (failure.session, failure.account, failure.deployment) == (session, account, site.deployment)
    assert failure.code == "nothing_sent"
    assert failure.message.startswith("20 files asked for, all names taken, nothing sent.")


def test_a_visit_that_sends_is_told_of_by_its_files(old):
    old.post("check-file-exist", filenames=f"{NAMES[0]},new.jpg")
    url = old.post("generate-presigned-url", filename="new.jpg", file_type="image/jpeg").json()
    put(url, {"Content-Type": "image/jpeg"}, b"x")
    old.post("check-file-exist", filename="new.jpg")
    session = UploadSession.objects.get()
    assert (session.names_asked, session.names_taken) == (3, 2)
    is_over()
    assert tell_of_visits_that_sent_nothing() == 0
    assert not UploadFailure.objects.exists()


def test_files_of_the_system_are_not_counted(old):
    old.post("check-file-exist", filenames=f"._{NAMES[0]},{NAMES[0]}")
    session = UploadSession.objects.get()
    assert (session.names_asked, session.names_taken) == (1, 1)


def test_a_later_visit_is_another_session(old):
    old.post("check-file-exist", filename=NAMES[0])
    UploadSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=7))
    cache.clear()  # as after some seconds, or in another process
    old.post("check-file-exist", filename=NAMES[1])
    assert UploadSession.objects.count() == 2


def test_two_people_of_one_account_are_two_visits(old):
    old.post("check-file-exist", filename=NAMES[0])
    old.post("check-file-exist", filename=NAMES[0], name="Somebody Else")
    assert set(UploadSession.objects.values_list("uploader_name", "names_asked")) == {
        ("Field Person", 1),
        ("Somebody Else", 1),
    }
