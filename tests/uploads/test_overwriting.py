"""A URL without MD5 is out: in no order is a key called stored, verified or safe that differs when it is dead.

Row 38 of what must survive what; tests/soak has it at its full count.
"""

import pytest

from tests.uploads.conftest import put
from tests.uploads.legacy_client import LegacyClient, urls_die
from tests.uploads.overwriting import ORDERS, overwritten
from tests.uploads.stored_objects import counted
from uploads.models import Drift, UploadLog
from uploads.services.unsettled import settle_unsettled_keys


@pytest.mark.parametrize("order", ORDERS)
def test_no_claim_is_belied(order, uploader, rival, account, site, objects):
    times = 2
    uploader.open(files=times)
    plays = overwritten(order, uploader=uploader, rival=rival, old=LegacyClient(account, site), times=times)
    early = uploader.call("finish").json()["safe_to_wipe"]
    urls_die()
    settle_unsettled_keys()
    late = uploader.call("finish").json()["safe_to_wipe"]
    there = objects()
    if early or late:
        for play in plays:
            play.claimed.add("finish")
    assert [play.name for play in plays if play.is_belied_by(there)] == []
    # Nothing the old client sent is lost either, however often: some listed key has its bytes, or they were replaced
    # by itself through one URL, and maintainers are told.
    assert not [key for key in there if key.startswith("_beside/")]


@pytest.mark.parametrize("length", [3, 4], ids=["as long", "longer"])
def test_what_a_put_wrote_that_outlived_all_waiting_is_found_by_the_next_count(
    uploader, account, site, objects, length
):
    """A link so slow, or a store whose clock is so late, that nothing was known of it when the file was proven."""
    name = "20240918032339-snapshot.jpg"
    url = LegacyClient(account, site).post("generate-presigned-url", filename=name, file_type="image/jpeg").json()
    uploader.open(files=1)
    urls_die()
    settle_unsettled_keys()
    assert uploader.send(name, b"new")["status"] == "verified"
    assert uploader.call("finish").json()["safe_to_wipe"] is True
    late = b"x" * length
    assert put(url, {"Content-Type": "image/jpeg"}, late).status == 200
    assert objects() == {site.key(name): late}
    taken = counted(site.deployment)
    assert (taken.error, list(Drift.objects.values_list("row__filename", "kind"))) == ("", [(name, "changed")])
    assert UploadLog.objects.get(session=uploader.session_id).status == "mismatch"
    assert uploader.call("finish").json()["safe_to_wipe"] is False
