"""The permanent address of a receipt: what the portal said then, beside what is true now."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.uploads.test_receipt_keys import receipt_of
from uploads.models import GivenVerdict, UploadLog
from uploads.services import receipts


@pytest.fixture
def finished(uploader):
    uploader.open(files=3)
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        uploader.send(name, name.encode())
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    return uploader


@pytest.fixture
def given(client, colleague):
    """The rows of the page, as texts: [said, when, then, now]."""
    client.force_login(colleague)

    def read(uploader) -> list[list[str]]:
        html = client.get(f"/uploads/{uploader.session_id}/").content.decode()
        section = html.partition('id="given-title"')[2].partition("</section>")[0]
        rows = re.findall(r"<tr>\s*<td>(.*?)</tr>", section, re.DOTALL)
        return [[" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in row.split("<td>")] for row in rows]

    return read


def change(uploader, status: str, *names: str) -> None:
    changed = UploadLog.objects.filter(session_id=uploader.session_id, filename__in=names)
    assert changed.update(status=status, error_code="changed") == len(names)


def test_nothing_was_said_of_one_that_is_not_finished(uploader, given):
    uploader.send("a.jpg", b"a")
    assert given(uploader) == []


def test_what_was_said_at_the_end_and_in_a_receipt_is_kept_once(finished, given):
    receipt_of(finished)
    first = GivenVerdict.objects.get(how="receipt")
    receipt_of(finished)
    again = GivenVerdict.objects.get(how="receipt")
    assert (again.pk, again.given_at) == (first.pk, first.given_at)
    assert again.last_given_at > first.given_at
    finished.call("finish")
    assert GivenVerdict.objects.filter(how="finish").count() == 1
    rows = given(finished)
    assert [row[0] for row in rows] == ["Signed receipt", "At the end of the upload"]
    assert [row[2:] for row in rows] == [["safe to wipe 3 of 3 proven", "the same"]] * 2


@pytest.mark.parametrize("status", ["missing", "mismatch", "moved", "removed"])
def test_what_changed_since_is_counted_beside_what_was_said(finished, given, status):
    receipt_of(finished)
    change(finished, status, "a.jpg", "c.jpg")
    assert [row[2:] for row in given(finished)] == [["safe to wipe 3 of 3 proven", "2 files changed since"]] * 2
    receipt_of(finished)
    newest, *before = given(finished)
    assert newest[2:] == ["not safe to wipe 1 of 3 proven", "the same"]
    assert {row[3] for row in before} == {"2 files changed since"}
    assert GivenVerdict.objects.filter(how="receipt").count() == 2


def test_a_file_compared_anew_in_between_has_changed_all_the_same(finished, given):
    UploadLog.objects.filter(filename="b.jpg").update(verified_at=timezone.now() + timedelta(days=1))
    change(finished, "missing", "b.jpg")
    assert given(finished)[0][3] == "1 file changed since"


def prove_late(name: str) -> None:
    """A file of the same upload that is proven now, as a.jpg was before."""
    late = UploadLog.objects.get(filename="a.jpg")
    late.pk, late.filename = None, name
    late.stored_at = late.verified_at = timezone.now()
    late.save()


def test_what_came_later_is_told_as_better(uploader, given):
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    uploader.call("finish")
    prove_late("b.jpg")
    assert given(uploader)[0][2:] == ["not safe to wipe 1 of 1 proven", "safe to wipe 2 of 2 proven"]


@pytest.mark.parametrize("status", ["missing", "mismatch", "moved", "removed"])
def test_what_was_lost_is_told_though_as_many_came_later(uploader, given, status):
    uploader.open(files=3)
    uploader.send("a.jpg", b"a")
    uploader.send("b.jpg", b"b")
    uploader.call("finish")
    prove_late("c.jpg")
    UploadLog.objects.filter(filename="b.jpg").update(verified_at=timezone.now())  # compared again, and then lost
    change(uploader, status, "b.jpg")
    assert given(uploader)[0][2:] == ["not safe to wipe 2 of 2 proven", "1 file changed since"]


def test_a_file_that_was_never_proven_did_not_change(uploader, given):
    uploader.open(files=2)
    uploader.send("a.jpg", b"a")
    uploader.grant("b.jpg", b"b")
    uploader.call("finish")
    assert given(uploader)[0][2:] == ["not safe to wipe 1 of 2 proven", "the same"]


def test_a_receipt_says_what_its_own_lines_say(finished, monkeypatch):
    """A file that is lost between the verdict and the list of files: the list decides."""
    sure = receipts.verdict_of

    def then_lost(session):
        verdict = sure(session)
        change(finished, "missing", "b.jpg")
        return verdict

    monkeypatch.setattr(receipts, "verdict_of", then_lost)
    receipt_of(finished)
    said = GivenVerdict.objects.get(how="receipt")
    assert (said.files, said.verified, said.unproven, said.safe_to_wipe) == (3, 2, 1, False)
