"""Racers for keys: each has other content, all ask at once, in threads with connections of their own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import connections

from amiportal.accounts.roles import Role
from tests.people import make_person
from tests.uploads.conftest import Site, Uploader, put


@dataclass
class Races:
    """outcomes: of all racers, by what they were told last. wrong: keys whose object is not the one winner's."""

    outcomes: Counter = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    winners: dict[str, bytes] = field(default_factory=dict)


def race(site: Site, *, keys: int, racers: int) -> Races:
    """For each key so many racers; `check` is to be called with what the store holds."""
    clients = []
    for number in range(racers):
        user = make_person(f"racer{number}", Role.PARTNERS)
        user.buckets.add(site.bucket)
        clients.append(Uploader(user, site).open())
    races = Races()

    def run(client: Uploader, name: str, content: bytes) -> str:
        try:
            granted = client.grant(name, content)
            if granted["status"] != "granted":
                assert name in granted["message"]
                return granted["status"]
            put(granted["url"], granted["headers"], content)
            return client.results("confirm", files=[name])[0]["status"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(racers) as pool:
        for key in range(keys):
            name = f"20240918{key:06}-race.jpg"
            contents = [f"{name} of racer {number}".encode() for number in range(racers)]
            told = list(pool.map(run, clients, [name] * racers, contents))
            races.outcomes.update(told)
            won = [content for content, outcome in zip(contents, told, strict=True) if outcome == "verified"]
            if len(won) != 1:
                races.wrong.append(name)
            else:
                races.winners[site.key(name)] = won[0]
    return races


def check(races: Races, objects: dict[str, bytes], *, keys: int, racers: int) -> None:
    """One winner a key, its bytes in the store, every loser told."""
    assert races.wrong == []
    assert objects == races.winners
    assert races.outcomes == {"verified": keys, "conflict": keys * (racers - 1)}
