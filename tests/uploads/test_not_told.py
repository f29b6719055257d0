"""A file about whose name the store gives no answer costs no other file its own (rule 7)."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from amiportal.background.models import LeftOver
from amiportal.objectstore import http
from tests.faults import Hang, OkWithErrorBody, Status, always, never, once
from tests.uploads.conftest import described, put
from uploads.models import UploadLog
from uploads.services.expired_grants import ROUND, settle_expired_grants

NAMES = ["a.jpg", "b.jpg", "c.jpg"]
CONTENT = {name: name.encode() * 1_000 for name in NAMES}
FAULTS = {"500": Status(500, "InternalError"), "hang": Hang(), "error in 200": OkWithErrorBody()}
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch, settings):
    monkeypatch.setattr(http, "_MAX_BACKOFF_S", 0.0)
    settings.S3_READ_TIMEOUT_S, settings.S3_MAX_ATTEMPTS = 0.2, 2


@pytest.fixture
def b_fails(proxy, site):
    """`b_fails(fault)`: whoever asks the store about b.jpg meets it."""

    def fails(fault) -> None:
        proxy.fault = always(fault, method="HEAD", key=site.key("b.jpg"))

    return fails


@pytest.fixture
def sent(uploader) -> list[dict]:
    """All of them granted and PUT; the grants."""
    granted = uploader.results("presign", files=described_all())
    for one in granted:
        assert put(one["url"], one["headers"], CONTENT[one["name"]]).status == 200
    return granted


def described_all() -> list[dict]:
    return [described(name, content) for name, content in CONTENT.items()]


def outcomes(results) -> dict[str, tuple[str, str]]:
    return {result["name"]: (result["status"], result["code"]) for result in results}


def statuses() -> dict[str, str]:
    return dict(UploadLog.objects.values_list("filename", "status"))


@each_fault
def test_presign_grants_the_others(uploader, proxy, b_fails, fault):
    b_fails(fault)
    results = uploader.results("presign", files=described_all())
    assert outcomes(results) == {"a.jpg": ("granted", ""), "b.jpg": ("unsettled", "not_told"), "c.jpg": ("granted", "")}
    assert timezone.now() < datetime.fromisoformat(results[1]["until"]) < timezone.now() + timedelta(minutes=2)
    assert statuses() == {"a.jpg": "granted", "c.jpg": "granted"}
    proxy.fault = never
    assert uploader.grant("b.jpg", CONTENT["b.jpg"])["status"] == "granted"


@each_fault
def test_confirm_proves_the_others(uploader, sent, proxy, b_fails, fault):
    b_fails(fault)
    results = uploader.results("confirm", files=NAMES)
    assert outcomes(results) == {
        "a.jpg": ("verified", ""),
        "b.jpg": ("unsettled", "not_told"),
        "c.jpg": ("verified", ""),
    }
    assert statuses() == {"a.jpg": "verified", "b.jpg": "granted", "c.jpg": "verified"}
    assert uploader.call("finish", files=3).json()["safe_to_wipe"] is False
    proxy.fault = never
    assert outcomes(uploader.results("confirm", files=["b.jpg"])) == {"b.jpg": ("verified", "")}
    assert uploader.call("finish", files=3).json()["safe_to_wipe"] is True


def test_what_was_proven_is_not_called_missing(uploader, sent, b_fails):
    """Nor is a row changed of which nothing is known."""
    uploader.results("confirm", files=NAMES)
    b_fails(Status(500))
    assert outcomes(uploader.results("confirm", files=NAMES))["b.jpg"] == ("unsettled", "not_told")
    assert set(statuses().values()) == {"verified"}


@pytest.mark.parametrize("step", ["check", "verify"])
def test_questions_answer_for_the_others(uploader, sent, b_fails, site, step):
    b_fails(Status(500))
    if step == "check":
        results = uploader.results("check", files=described_all())
    else:
        body = {"deployment": site.deployment.deployment_id, "data_type": uploader.data_type, "files": described_all()}
        results = uploader.http.post("/api/v1/uploads/verify/", body, format="json").json()["files"]
    assert outcomes(results) == {"a.jpg": ("stored", ""), "b.jpg": ("unsettled", "not_told"), "c.jpg": ("stored", "")}


def test_a_verdict_on_old_proof_is_withheld_for_one_and_kept_for_the_others(uploader, sent, proxy, b_fails):
    uploader.results("confirm", files=NAMES)
    long_ago = timezone.now() - timedelta(hours=2)
    UploadLog.objects.update(verified_at=long_ago)
    b_fails(Status(500))
    assert uploader.call("finish", files=3).json()["safe_to_wipe"] is False
    assert list(UploadLog.objects.filter(verified_at=long_ago).values_list("filename", flat=True)) == ["b.jpg"]
    proxy.fault = never
    assert uploader.call("finish", files=3).json()["safe_to_wipe"] is True


def test_an_object_that_cannot_be_read_leaves_the_others_proven(uploader, sent, proxy, site, unprobed_store):
    """Where no ETag tells, each object is read; one that cannot be is left to the worker."""
    proxy.fault = always(Status(500), method="GET", key=site.key("b.jpg"))
    other = [described("b.jpg", CONTENT["c.jpg"][: len(CONTENT["b.jpg"])])]  # other content, as long
    results = uploader.results("check", files=[described_all()[0], *other, described_all()[2]])
    assert outcomes(results)["b.jpg"] == ("unsettled", "being_read")
    assert outcomes(results)["a.jpg"] == ("stored", "")


def test_a_round_notes_the_one_that_is_left_over(uploader, sent, b_fails):
    UploadLog.objects.update(grant_expires_at=timezone.now() - timedelta(days=1))
    b_fails(Status(500))
    settle_expired_grants()
    assert statuses() == {"a.jpg": "verified", "b.jpg": "granted", "c.jpg": "verified"}
    (left,) = LeftOver.objects.filter(round=ROUND)
    assert "b.jpg" in left.item


def test_one_fault_that_passes_is_not_told(uploader, sent, proxy, site):
    proxy.fault = once(OkWithErrorBody(), method="HEAD", key=site.key("b.jpg"))
    assert set(outcomes(uploader.results("confirm", files=NAMES)).values()) == {("verified", "")}
