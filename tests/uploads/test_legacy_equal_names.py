"""Old clients whose cards share names: every content is kept, each with a row, and good neighbours come to an end.

Row 39 of what must survive what; tests/soak has it with more seeds.
"""

from collections import Counter

import pytest

from tests.uploads.legacy_client import LegacyClient, urls_die
from tests.uploads.old_clients import Batch, OldClient, OneByOne, card, mixed
from uploads.models import UploadFailure, UploadLog
from uploads.services.unsettled import settle_unsettled_keys

FILES, NAMES = 30, 18


@pytest.fixture
def calls(account, site) -> LegacyClient:
    return LegacyClient(account, site)


@pytest.fixture
def kept(objects, site):
    """By name, what lies under names that readers list, once all URLs are dead; each object has its row."""

    def settle() -> dict[str, bytes]:
        urls_die()
        settle_unsettled_keys()
        there = objects()
        prefix = site.key("")
        assert [key for key in there if not key.startswith(prefix)] == []
        by_name = {key.removeprefix(prefix): content for key, content in there.items()}
        rows = UploadLog.objects.filter(status="unproven", beside_key="")
        assert {row.filename: row.size_bytes for row in rows} == {n: len(content) for n, content in by_name.items()}
        return by_name

    return settle


def lost(client: OldClient, kept: dict[str, bytes]) -> set[bytes]:
    return {content for _, content in client.files} - set(kept.values())


@pytest.mark.parametrize("batch", [100, 7], ids=["one batch", "several batches"])
def test_one_by_one(calls, kept, batch):
    client = OneByOne(calls, "Field Person", card(files=FILES, names=NAMES, seed=1), batch=batch)
    mixed([client], seed=1)
    assert client.left == []
    assert lost(client, kept()) == set()


@pytest.mark.parametrize("batch", [100, 7], ids=["one batch", "several batches"])
def test_joined_names(calls, kept, batch):
    """Two files of a name in one request share one URL: that one is refused, the card is told of, the others land."""
    files = card(files=FILES, names=NAMES, seed=2)
    client = Batch(calls, "Field Person", files, batch=batch)
    mixed([client], seed=2)
    gone = lost(client, kept())
    twice = {failure.filename for failure in UploadFailure.objects.filter(code="name_twice")}
    assert gone == {content for name, content in files if content in gone and name in twice}
    # What is lost of the card the client knows, and goes on asking for: it never says that all is there.
    assert gone <= {content for _, content in client.left}
    alone = {name for name, number in Counter(name for name, _ in files).items() if number == 1}
    assert not [name for name, _ in client.left if name in alone]


@pytest.mark.parametrize("kinds", [(OneByOne, OneByOne), (OneByOne, Batch)], ids=["alike", "unlike"])
@pytest.mark.parametrize("people", [("A", "B"), ("A", "A")], ids=["two names", "one name"])
def test_two_people_at_once(calls, kept, kinds, people):
    """Other cards with the same names. Batch clients have each name once here, which is what they can send."""
    clients = []
    for number, (kind, person) in enumerate(zip(kinds, people, strict=True)):
        files = NAMES if kind is Batch else FILES
        own = card(files=files, names=NAMES, seed=3 + number, whose=f"{number}")
        clients.append(kind(calls, person, own, batch=7))
    mixed(clients, seed=4)
    there = kept()
    for client in clients:
        # What is lost was never sent: its name was there before the client first asked.
        assert lost(client, there) <= {content for _, content in client.passed_over}
        assert client.left == []
