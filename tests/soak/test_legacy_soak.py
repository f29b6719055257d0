"""Old clients at full counts: rows 38 and 39 of what must survive what. Each prints its figure."""

import pytest
from django.db.models import Sum

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
from tests.uploads.legacy_client import LegacyClient, urls_die
from tests.uploads.old_clients import Batch, OneByOne, card, mixed
from tests.uploads.overwriting import ORDERS, overwritten
from uploads.models import UploadLog, UploadSession
from uploads.services.unsettled import settle_unsettled_keys


@pytest.mark.parametrize("order", ORDERS)
def test_row_38(order, uploader, rival, account, site, objects):  # noqa: F811
    times = 50
    uploader.open(files=times)
    plays = overwritten(order, uploader=uploader, rival=rival, old=LegacyClient(account, site), times=times)
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


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("batch", [100, 7])
@pytest.mark.parametrize("kind", [OneByOne, Batch])
def test_row_39(kind, batch, seed, account, site, objects):  # noqa: F811
    files = card(files=30, names=18, seed=seed)
    client = kind(LegacyClient(account, site), "Field Person", files, batch=batch)
    mixed([client], seed=seed)
    urls_die()
    settle_unsettled_keys()
    lost = {content for _, content in files} - set(objects().values())
    told = {content for _, content in client.left}
    print(
        f"\nrow 39, {kind.__name__}, batches of {batch}: {len(lost)} of 30 not stored, of which the client says so: "
        f"{len(lost & told)}"
    )
    assert lost <= told
    assert kind is Batch or not lost


@pytest.mark.parametrize("seed", range(10))
def test_row_39_two_people_at_once(seed, account, site, objects):  # noqa: F811
    cards = [card(files=30, names=18, seed=100 + seed, whose=whose) for whose in "AB"]
    clients = [
        OneByOne(LegacyClient(account, site), whose, files, batch=7) for whose, files in zip("AB", cards, strict=True)
    ]
    mixed(clients, seed=seed)
    urls_die()
    settle_unsettled_keys()
    there = set(objects().values())
    asked = UploadSession.objects.aggregate(taken=Sum("names_taken"))["taken"]
    lost = {content for files in cards for _, content in files} - there
    passed_over = {content for client in clients for _, content in client.passed_over}
    print(
        f"\nrow 39, two people: {len(lost)} of 60 not stored, {len(lost - passed_over)} of them although sent; names "
        f"told to be taken: {asked}"
    )
    assert lost <= passed_over
    assert all(client.left == [] for client in clients)
    assert not UploadLog.objects.exclude(beside_key="").exists()
