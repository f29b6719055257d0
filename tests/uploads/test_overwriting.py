"""A URL without MD5 is out: in no order is a key called stored, verified or safe that differs when it is dead.

Row 38 of what must survive what; tests/soak has it at its full count.
"""

import pytest

from tests.uploads.field import FieldClient, urls_die
from tests.uploads.overwriting import ORDERS, overwritten
from uploads.services.settling_keys import settle_unsettled_keys


@pytest.mark.parametrize("order", ORDERS)
def test_no_claim_is_belied(order, uploader, rival, account, site, objects):
    times = 2
    uploader.open(files=times)
    plays = overwritten(order, uploader=uploader, rival=rival, old=FieldClient(account, site), times=times)
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
