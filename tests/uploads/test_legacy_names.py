"""Old clients lose nothing: names they cannot know to be shared, decomposed, hidden or refused."""

import unicodedata

import pytest

from tests.uploads.conftest import described, put
from tests.uploads.legacy_client import LegacyClient, urls_die
from uploads.models import UploadFailure, UploadLog, UploadSession
from uploads.services.unsettled import settle_unsettled_keys

NAME = "19700101_000114.jpg"
SECOND, THIRD = "19700101_000114-2.jpg", "19700101_000114-3.jpg"
JPEG = {"Content-Type": "image/jpeg"}


@pytest.fixture
def old(account, site) -> LegacyClient:
    return LegacyClient(account, site)


def ask(client: LegacyClient, name: str = NAME, *, person: str = "Field Person") -> str:
    response = client.post("generate-presigned-url", filename=name, file_type="image/jpeg", name=person)
    assert response.status_code == 200, response.json()
    return response.json()


def exists(client: LegacyClient, name: str = NAME, *, person: str = "Field Person") -> bool:
    return client.post("check-file-exist", filename=name, name=person).json()["exists"]


def send(url: str, content: bytes) -> None:
    assert put(url, JPEG, content).status == 200


def settle() -> None:
    urls_die()
    settle_unsettled_keys()


def by_name(objects, site) -> dict[str, bytes]:
    return {key.removeprefix(site.key("")): content for key, content in objects().items()}


def test_two_files_of_one_name_in_one_batch(old, objects, site):
    """All URLs are asked for before the first PUT, as these clients do."""
    assert not exists(old)
    first, second = ask(old), ask(old)
    send(first, b"A")
    send(second, b"B")
    assert exists(old)
    assert set(by_name(objects, site)) - {NAME} == {f"_beside/{site.key('')}{UploadLog.objects.latest('id').pk}/{NAME}"}
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"B"}
    assert dict(UploadLog.objects.values_list("filename", "status")) == {NAME: "unproven", SECOND: "unproven"}
    row = UploadLog.objects.get(filename=SECOND)
    assert (row.path_on_card, row.beside_key, row.size_bytes, row.unsettled_until) == (NAME, "", 1, None)
    failure = UploadFailure.objects.get()
    assert (failure.code, failure.filename) == ("second_file", SECOND)
    assert exists(old)
    assert exists(old, SECOND)


def test_a_second_file_in_a_later_batch(old, objects, site):
    """The name was absent when all were checked; its first file has come since."""
    send(ask(old), b"A")
    send(ask(old), b"B")
    assert exists(old)
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"B"}


def test_the_first_file_comes_last(old, objects, site):
    first, second = ask(old), ask(old)
    send(second, b"B")
    assert not exists(old)  # one of the two has not come
    send(first, b"A")
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"B"}


def test_a_lost_one_of_two_is_asked_for_again_with_both(old, objects, site):
    """The answer speaks of both files, so both are sent again; what comes twice is dropped."""
    first, second = ask(old), ask(old)
    send(first, b"A")
    del second  # its PUT failed
    assert not exists(old)
    assert not exists(old)  # for the second file of the name
    again, once_more = ask(old), ask(old)
    send(again, b"A")
    send(once_more, b"B")
    assert exists(old)
    settle()
    assert sorted(by_name(objects, site).values()) == [b"A", b"B"]
    assert by_name(objects, site)[NAME] == b"A"
    assert sorted(UploadLog.objects.values_list("status", flat=True)) == ["expired", "removed", "unproven", "unproven"]


def test_one_file_whose_put_failed_is_in_the_end_under_its_name(old, objects, site):
    ask(old)
    assert not exists(old)
    send(ask(old), b"A")
    assert exists(old)
    settle()
    assert by_name(objects, site) == {NAME: b"A"}
    assert sorted(UploadLog.objects.values_list("filename", "status")) == [(NAME, "expired"), (NAME, "unproven")]
    assert not UploadFailure.objects.exists()


def test_equal_content_is_kept_once(old, objects, site):
    for _ in range(3):
        send(ask(old), b"A")
    assert exists(old)
    settle()
    assert by_name(objects, site) == {NAME: b"A"}
    assert sorted(UploadLog.objects.values_list("status", flat=True)) == ["removed", "removed", "unproven"]
    assert not UploadFailure.objects.exists()


def test_two_people_at_once(old, objects, site):
    mine, theirs = ask(old), ask(old, person="Somebody Else")
    third = ask(old, person="Somebody Else")
    send(theirs, b"B")
    send(mine, b"A")
    send(third, b"C")
    assert exists(old)
    assert exists(old, person="Somebody Else")
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"B", THIRD: b"C"}
    assert UploadSession.objects.count() == 2


def test_beside_a_url_of_the_new_api(old, uploader, objects, site):
    granted = uploader.open(files=1).grant(NAME, b"card")
    send(ask(old), b"old")
    assert exists(old)
    put(granted["url"], granted["headers"], b"card")
    assert uploader.results("confirm", files=[NAME])[0]["status"] == "verified"
    settle()
    assert by_name(objects, site) == {NAME: b"card", SECOND: b"old"}
    assert uploader.call("finish").json()["safe_to_wipe"] is True


def test_a_name_of_its_own_that_is_taken_meanwhile(old, objects, site, store):
    send(ask(old), b"A")
    send(ask(old), b"B")
    store.put_object(Bucket=site.bucket.name, Key=site.key(SECOND), Body=b"by hand")
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"by hand", THIRD: b"B"}


def test_a_second_file_is_not_found_by_the_name_that_it_will_have(old, objects, site, store):
    """Somebody put another file there by hand: it is asked for, and says nothing of the one that lies beside."""
    send(ask(old), b"A")
    send(ask(old), b"B")
    store.put_object(Bucket=site.bucket.name, Key=site.key(SECOND), Body=b"by hand")
    assert exists(old, SECOND)
    settle()
    assert by_name(objects, site) == {NAME: b"A", SECOND: b"by hand", THIRD: b"B"}


def test_one_url_for_two_files_is_refused_and_told(old, objects, site):
    """The batch client maps names to URLs: it would send both files by one."""
    names, types = [NAME, "a.jpg", NAME, "b.jpg"], ["image/jpeg"] * 4
    urls = old.post("generate-presigned-url", filenames=",".join(names), file_types=",".join(types)).json()
    assert put(urls[NAME], JPEG, b"A").status == 403
    send(urls["a.jpg"], b"a")
    send(urls["b.jpg"], b"b")
    assert by_name(objects, site) == {"a.jpg": b"a", "b.jpg": b"b"}
    failure = UploadFailure.objects.get()
    assert (failure.code, failure.filename) == ("name_twice", NAME)
    assert "must not be wiped" in failure.message
    results = old.post("check-file-exist", filenames=",".join(names)).json()["results"]
    assert results == {NAME: False, "a.jpg": True, "b.jpg": True}


@pytest.mark.parametrize("name", ["._20240918032339-snapshot.jpg", ".DS_Store", "$RECYCLE.jpg"])
def test_what_is_no_data_counts_as_there(old, name):
    assert exists(old, name)
    assert old.post("check-file-exist", filenames=f"a.jpg,{name}").json() == {"results": {"a.jpg": False, name: True}}
    assert not UploadLog.objects.exists()


def test_a_decomposed_name_is_stored_composed_and_answered_as_asked(old, objects, site):
    composed = "Jardín-20240918032339.jpg"
    decomposed = unicodedata.normalize("NFD", composed)
    assert decomposed != composed
    assert not exists(old, decomposed)
    urls = old.post(
        "generate-presigned-url", filenames=f"{decomposed},a.jpg", file_types="image/jpeg,image/jpeg"
    ).json()
    assert set(urls) == {decomposed, "a.jpg"}
    send(urls[decomposed], b"A")
    assert exists(old, decomposed)
    assert exists(old, composed)
    assert by_name(objects, site) == {composed: b"A"}
    row = UploadLog.objects.get(filename=composed)
    assert row.path_on_card == decomposed


def test_both_forms_of_one_name_are_two_files(old, objects, site):
    composed = "Jardín-20240918032339.jpg"
    decomposed = unicodedata.normalize("NFD", composed)
    both = {"filenames": f"{decomposed},{composed}", "file_types": "image/jpeg,image/jpeg"}
    urls = old.post("generate-presigned-url", **both).json()
    send(urls[decomposed], b"A")
    assert not exists(old, decomposed)
    send(urls[composed], b"B")
    settle()
    assert sorted(by_name(objects, site).values()) == [b"A", b"B"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.png", "extension"), ("a\u202e.jpg", "name_characters"), ("x" * 256 + ".jpg", "name_too_long")],
)
def test_a_refused_name_costs_its_neighbours_nothing_and_is_told_once_a_day(old, objects, site, name, code):
    for _ in range(3):
        urls = old.post(
            "generate-presigned-url", filenames=f"a.jpg,{name},b.jpg", file_types="image/jpeg,image/jpeg,image/jpeg"
        ).json()
        assert put(urls[name], JPEG, b"x").status == 403
    send(urls["a.jpg"], b"a")
    send(urls["b.jpg"], b"b")
    assert old.post("generate-presigned-url", filename=name, file_type="image/jpeg").status_code == 400
    failure = UploadFailure.objects.get()
    assert failure.code == code
    assert failure.account.username == "colleague"
    assert failure.deployment == site.deployment
    settle()
    assert set(by_name(objects, site).values()) == {b"a", b"b"}


def test_the_new_api_sees_what_an_old_client_sent_beside(old, rival, objects, site):
    send(ask(old), b"A")
    send(ask(old), b"B")
    settle()
    rival.open(files=2)
    results = rival.results("presign", files=[described(NAME, b"A"), described(SECOND, b"B")])
    assert [result["status"] for result in results] == ["stored", "stored"]
    assert rival.call("finish").json()["safe_to_wipe"] is True
