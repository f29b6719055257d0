"""Old clients at full counts: rows 38 and 39 of what must survive what. Each prints its figure."""

import pytest

from tests.uploads.conftest import (  # noqa: F401 (fixtures are found by their names here)
    account,
    objects,
    other_colleague,
    probed_store,
    rival,
    site,
    store_record,
    uploader,
)
from tests.uploads.field import FieldClient, urls_die
from tests.uploads.overwriting import ORDERS, overwritten
from uploads.services.settling_keys import settle_unsettled_keys


@pytest.mark.parametrize("order", ORDERS)
def test_row_38(order, uploader, rival, account, site, objects):  # noqa: F811
    times = 50
    uploader.open(files=times)
    plays = overwritten(order, uploader=uploader, rival=rival, old=FieldClient(account, site), times=times)
    verdicts = [uploader.call("finish").json()["safe_to_wipe"]]
    urls_die()
    settle_unsettled_keys()
    verdicts.append(uploader.call("finish").json()["safe_to_wipe"])
    if any(verdicts):
        for play in plays:
            play.claimed.add("finish")
    belied = [play.name for play in plays if play.is_belied_by(objects())]
    claimed = sum(bool(play.claimed) for play in plays)
    print(f"\nrow 38, {order}: {times} keys, {claimed} called stored, verified or safe, {len(belied)} belied")
    assert not belied
