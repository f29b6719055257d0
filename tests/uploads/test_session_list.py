"""One's uploads: as a list, with how each stands; and an unfinished one gone on with."""

from rest_framework.test import APIClient

from tests.people import signed_in
from tests.uploads.conftest import Uploader, described, put
from uploads.models import UploadLog, UploadSession
from uploads.services.sessions import verdict_of

URL = "/api/v1/uploads/sessions/"


def listed(user, **query) -> list[dict]:
    response = signed_in(user).get(URL, query)
    assert response.status_code == 200, response.json()
    return response.json()["results"]


def finished(uploader: Uploader, names: list[str], *, files: int) -> int:
    """The id of a new session that sent these files of a selection of so many."""
    uploader.open(files=files)
    for name in names:
        uploader.send(name, name.encode())
    uploader.call("finish")
    return uploader.session_id


def test_what_the_selection_came_to_is_told_at_its_end(uploader):
    uploader.open(files=3)
    uploader.send("a.jpg", b"abc")
    for too_many in ({"files": 2**31}, {"bytes": 2**63}, {"files": -1}):
        assert uploader.call("finish", **too_many).status_code == 400
    assert uploader.call("finish", files=1, bytes=3).json()["safe_to_wipe"] is True
    row = listed(uploader.user)[0]
    assert (row["files"], row["bytes"]) == (1, 3)


def test_a_row_says_how_the_session_stands(uploader, site):
    session_id = finished(uploader, ["a.jpg", "b.jpg"], files=2)
    row = listed(uploader.user)[0]
    told = {
        key: row[key] for key in ("id", "deployment", "location_name", "bucket", "bucket_title", "account", "files")
    }
    assert told == {
        "id": session_id,
        "deployment": "dep000119",
        "location_name": "Wetland North",
        "bucket": site.bucket.name,
        "bucket_title": site.bucket.title,
        "account": uploader.user.username,
        "files": 2,
    }
    assert (row["verified"], row["stored_before"], row["unproven"], row["safe_to_wipe"]) == (2, 0, 0, True)
    assert row["finished_at"] is not None
    assert signed_in(uploader.user).get(f"{URL}{session_id}/").json() == row


def test_safe_to_wipe_is_the_verdict_s_and_open_sessions_have_none(uploader):
    """The newest row of each name counts; one file short, one unproven and one never sent are not safe."""
    first = finished(uploader, ["a.jpg"], files=1)
    short = finished(uploader, ["b.jpg"], files=2)
    uploader.open(files=2)
    uploader.results("presign", files=[described("a.jpg", b"a.jpg"), described("c.jpg", b"c")])
    uploader.call("failures", failures=[{"name": "c.jpg", "code": "network"}])
    uploader.call("finish")
    failed = uploader.session_id
    uploader.open(files=1)
    uploader.send("d.jpg", b"d")
    rows = {row["id"]: row for row in listed(uploader.user)}
    said = {
        key: (row["verified"], row["stored_before"], row["unproven"], row["safe_to_wipe"]) for key, row in rows.items()
    }
    assert said[first] == (1, 0, 0, True)
    assert said[short] == (1, 0, 1, False)
    assert said[failed] == (0, 1, 1, False)
    assert said[uploader.session_id] == (1, 0, 0, None)
    for session in UploadSession.objects.filter(finished_at__isnull=False):
        assert rows[session.pk]["safe_to_wipe"] == verdict_of(session).safe_to_wipe


def test_a_file_given_up_and_sent_again_counts_once(uploader):
    uploader.open(files=1)
    uploader.grant("a.jpg", b"a")
    uploader.call("failures", failures=[{"name": "a.jpg", "code": "network"}])
    uploader.send("a.jpg", b"a")
    uploader.call("finish")
    assert UploadLog.objects.filter(session=uploader.session_id).count() == 2
    row = listed(uploader.user)[0]
    assert (row["verified"], row["unproven"], row["safe_to_wipe"]) == (1, 0, True)


def test_states_and_pages_newest_first(uploader):
    done = finished(uploader, [], files=0)
    uploader.open()
    ids = list(UploadSession.objects.order_by("-id").values_list("pk", flat=True))
    assert [row["id"] for row in listed(uploader.user)] == ids
    assert [row["id"] for row in listed(uploader.user, state="finished")] == [done]
    assert [row["id"] for row in listed(uploader.user, state="open")] == [i for i in ids if i != done]
    page = signed_in(uploader.user).get(URL, {"page_size": 2}).json()
    assert [row["id"] for row in page["results"]] == ids[:2]
    rest = signed_in(uploader.user).get(page["next"]).json()
    assert ([row["id"] for row in rest["results"]], rest["next"]) == (ids[2:], None)
    assert signed_in(uploader.user).get(URL, {"state": "x"}).status_code == 400


def test_a_field_client_s_session_is_shown_but_not_to_be_gone_on_with(uploader):
    UploadSession.objects.update(is_legacy=True)
    (row,) = listed(uploader.user)
    assert (row["is_legacy"], row["safe_to_wipe"]) == (True, None)
    assert listed(uploader.user, state="open") == listed(uploader.user, state="finished") == []


def test_everybody_s_are_for_maintainers(uploader, rival, maintainer):
    assert [row["id"] for row in listed(uploader.user)] == [uploader.session_id]
    assert listed(maintainer) == []
    both = listed(maintainer, all="true")
    assert [row["account"] for row in both] == [rival.user.username, uploader.user.username]
    response = signed_in(rival.user).get(URL, {"all": "true"})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_queries_do_not_grow_with_the_sessions(uploader, maintainer, django_assert_num_queries):
    finished(uploader, ["a.jpg"], files=1)
    http = signed_in(maintainer)
    http.get(URL, {"all": "true"})
    with django_assert_num_queries(3):  # the page, and the tallies of all its sessions
        http.get(URL, {"all": "true"})
    for number in range(10):
        finished(uploader, [f"{number}.jpg"], files=1)
    with django_assert_num_queries(3):
        assert len(http.get(URL, {"all": "true"}).json()["results"]) == 12


def test_an_unfinished_session_is_gone_on_with_from_another_computer(uploader, objects):
    """What it has verified is stored; what was on its way is granted again; the end counts all of it."""
    uploader.open(files=3)
    uploader.send("a.jpg", b"a")
    uploader.grant("b.jpg", b"b")  # the computer died here
    (row,) = listed(uploader.user, state="open", page_size=1)
    assert (row["id"], row["verified"], row["unproven"]) == (uploader.session_id, 1, 2)

    elsewhere = Uploader(uploader.user, uploader.site)
    elsewhere.session_id = row["id"]
    contents = {"a.jpg": b"a", "b.jpg": b"b", "c.jpg": b"c"}
    card = [described(name, content) for name, content in contents.items()]
    assert [file["status"] for file in elsewhere.results("check", files=card)] == ["stored", "new", "new"]
    granted = elsewhere.results("presign", files=card)
    assert [file["status"] for file in granted] == ["stored", "granted", "granted"]
    for file in granted[1:]:
        assert put(file["url"], file["headers"], contents[file["name"]]).status == 200
    elsewhere.results("confirm", files=["b.jpg", "c.jpg"])
    verdict = elsewhere.call("finish").json()
    assert (verdict["verified"], verdict["unproven"], verdict["safe_to_wipe"]) == (3, 0, True)
    assert len(objects()) == 3


def test_nobody_else_goes_on_with_it(uploader, rival, maintainer):
    for stranger in (rival.user, maintainer):
        http = APIClient()
        http.force_authenticate(stranger)
        response = http.post(f"{URL}{uploader.session_id}/presign/", {"files": []}, format="json")
        assert response.status_code == 404


def test_a_finished_one_takes_no_more_files(uploader):
    uploader.call("finish")
    response = uploader.call("presign", files=[described("a.jpg", b"a")])
    assert (response.status_code, response.json()["code"]) == (409, "session_finished")
    assert not UploadLog.objects.exists()
