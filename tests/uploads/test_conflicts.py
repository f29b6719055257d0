"""Rule 2, nothing is overwritten: equal names with other content are conflicts, shown by name, and the first stays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from amiportal.accounts.roles import Role
from amiportal.objectstore.models import StoreProbe
from tests.people import make_person
from tests.store_variants import IgnoresConditions
from tests.uploads.conftest import Uploader, described, put
from tests.uploads.racing import check, race
from uploads.models import UploadLog

NAME = "19700101_000114.wav"
A, B = b"RIFF one night", b"RIFF another night"


@pytest.fixture
def data_type_sound(uploader, rival):
    for client in (uploader, rival):
        client.data_type = "audible_recordings"
        client.open()


@pytest.mark.usefixtures("data_type_sound")
def test_the_second_content_of_a_stored_name_is_a_conflict(uploader, rival, objects, site):
    uploader.send(NAME, A)
    result = rival.grant(NAME, B)
    assert (result["status"], result["code"]) == ("conflict", "stored_differs")
    assert NAME in result["message"]
    assert objects() == {site.key(NAME, "audible_recordings"): A}
    assert UploadLog.objects.count() == 1


@pytest.mark.usefixtures("data_type_sound")
def test_a_reserved_key_is_granted_for_no_other_content(uploader, rival, objects):
    assert uploader.grant(NAME, A)["status"] == "granted"
    result = rival.grant(NAME, B)
    assert (result["status"], result["code"]) == ("conflict", "reserved")
    assert "url" not in result
    assert UploadLog.objects.get().session_id == uploader.session_id
    assert objects() == {}


@pytest.mark.usefixtures("data_type_sound")
def test_one_batch_with_one_name_twice(uploader):
    files = [described(NAME, A), described(NAME, B), described(NAME, A)]
    results = uploader.results("presign", files=files)
    assert [(r["status"], r["code"]) for r in results] == [("granted", ""), ("conflict", "name_twice"), ("granted", "")]
    assert results[0]["url"] == results[2]["url"]
    assert UploadLog.objects.count() == 1


@pytest.mark.usefixtures("data_type_sound")
def test_a_stored_object_that_no_row_knows_is_not_overwritten(uploader, store, site, objects):
    key = site.key(NAME, "audible_recordings")
    store.put_object(Bucket=site.bucket.name, Key=key, Body=A)
    assert uploader.grant(NAME, B)["code"] == "stored_differs"
    assert uploader.grant(NAME, A)["status"] == "stored"
    assert UploadLog.objects.get().status == "present"
    assert objects() == {key: A}


@pytest.mark.usefixtures("data_type_sound")
def test_check_tells_the_same_beforehand_and_writes_nothing(uploader, store, site):
    for name in ("stored.wav", "other.wav", "size.wav"):
        store.put_object(Bucket=site.bucket.name, Key=site.key(name, "audible_recordings"), Body=A)
    files = [
        described("new.wav", A),
        described("stored.wav", A),
        described("other.wav", A[::-1]),
        described("size.wav", B),
        {"name": "stored.wav", "size": len(A)},
        described("../up.wav", A),
    ]
    files[4]["name"] = "other.wav"
    results = uploader.results("check", files=files[:4] + files[5:])
    assert [r["status"] for r in results] == ["new", "stored", "conflict", "conflict", "refused"]
    (without_md5,) = uploader.results("check", files=[files[4]])
    assert without_md5["status"] == "exists"
    assert not UploadLog.objects.exists()


def test_a_file_that_changed_on_the_card_is_granted_anew_to_its_own_session(uploader, objects, site):
    old = uploader.grant("a.jpg", A)
    new = uploader.grant("a.jpg", B)
    assert new["status"] == "granted"
    assert put(new["url"], new["headers"], B).status == 200
    assert put(old["url"], old["headers"], A).status == 412
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "verified"
    assert objects() == {site.key("a.jpg"): B}


@pytest.mark.parametrize("kind", ["truncated", "flipped", "longer"])
def test_a_body_other_than_the_granted_one_is_not_stored(uploader, objects, kind):
    granted = uploader.grant("a.jpg", A)
    body = {"truncated": A[:-1], "flipped": bytes([A[0] ^ 1]) + A[1:], "longer": A + b"!"}[kind]
    assert put(granted["url"], granted["headers"], body).status >= 400
    assert objects() == {}
    assert uploader.results("confirm", files=["a.jpg"])[0]["status"] == "missing"


@pytest.mark.django_db(transaction=True)
def test_racers_for_one_key_have_one_winner_and_told_losers(site, probed_store, objects):
    """Each racer has other content; all ask at once. Row 5; tests/soak has 200 keys."""
    check(race(site, keys=5, racers=8), objects(), keys=5, racers=8)
    assert UploadLog.objects.filter(status__in=UploadLog.LIVE).count() == 5


@pytest.mark.django_db(transaction=True)
def test_racers_on_a_store_that_ignores_conditions(site, uploader, proxy, store, objects):
    """Row 6: the reservation alone decides."""
    proxy.variants = [IgnoresConditions(store)]
    newest = StoreProbe.objects.get(endpoint=proxy.url)
    record = newest.record | {"url_if_none_match": {"value": "ignored", "detail": ""}}
    StoreProbe.objects.create(endpoint=proxy.url, bucket=newest.bucket, record=record)
    check(race(site, keys=5, racers=8), objects(), keys=5, racers=8)


@pytest.mark.django_db(transaction=True)
def test_overlapping_batches_at_once_neither_deadlock_nor_share_a_key(site, probed_store):
    names = [f"{n:04d}.jpg" for n in range(200)]
    clients = []
    for number in range(4):
        user = make_person(f"racer{number}", Role.PARTNERS)
        user.buckets.add(site.bucket)
        order = names if number % 2 else names[::-1]
        clients.append(
            (Uploader(user, site).open(), [described(name, b"%d %s" % (number, name.encode())) for name in order])
        )

    def race(pair):
        try:
            return pair[0].results("presign", files=pair[1])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(race, clients))
    granted = [result["name"] for results in answers for result in results if result["status"] == "granted"]
    assert sorted(granted) == names
