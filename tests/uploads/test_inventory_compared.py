"""The listing against the ledger: in any order, with folders, of any length, and never more than a page at a time."""

import random
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amiportal.objectstore.listing_page import Page
from tests.uploads import stored_objects
from tests.uploads.stored_objects import BODY, MD5, counted, row
from uploads.models import Drift
from uploads.services import drift_comparison, recomparing
from uploads.services import inventory as service

pytestmark = pytest.mark.django_db
PREFIX = "dep000119/snapshot_images/"


@pytest.fixture
def deployment(site):
    return site.deployment


@pytest.fixture
def put(store, deployment):
    return partial(stored_objects.put, store, deployment)


def listing_of(*pages: list[str]):
    """A store that lists these names, page by page, with the content of `put`."""
    read = [
        Page([PREFIX + name for name in names], [len(BODY)] * len(names), [MD5] * len(names), [], False, "")
        for names in pages
    ]
    return lambda bucket, prefix: iter(read)


def names_of(numbers) -> list[str]:
    return [f"{number:04d}.jpg" for number in numbers]


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The names that were asked for by HEAD."""
    asked = []
    honest = recomparing.lookup_by_head

    def noting(*, names, **where):
        asked.extend(names)
        return honest(names=names, **where)

    monkeypatch.setattr(recomparing, "lookup_by_head", noting)
    return asked


@pytest.mark.parametrize("read_at_once", [2, 3, 1_000])
def test_every_file_is_judged_wherever_pages_and_ranges_end(deployment, account, put, asked, monkeypatch, read_at_once):
    monkeypatch.setattr(drift_comparison, "_READ_AT_ONCE", read_at_once)
    monkeypatch.setattr(drift_comparison, "_ASKED_AT_ONCE", 2)
    in_ledger, listed = names_of(range(0, 40, 2)), names_of(range(0, 40, 3))
    for name in in_ledger:
        row(deployment, account, name)
    put("0038.jpg")  # the listing lags behind: it is there
    monkeypatch.setattr(service, "pages", listing_of(listed[:4], listed[4:5], [], listed[5:]))
    taken = counted(deployment)
    missed = set(in_ledger) - set(listed)
    assert {odd.filename for odd in taken.oddities.filter(kind="unaccounted")} == set(listed) - set(in_ledger)
    assert taken.unaccounted == len(set(listed) - set(in_ledger))
    assert set(Drift.objects.values_list("row__filename", "kind")) == {(name, "vanished") for name in missed} - {
        ("0038.jpg", "vanished")
    }
    assert sorted(asked) == sorted(missed)


def test_a_store_that_lists_in_no_order(deployment, account, put, monkeypatch):
    names = names_of(range(30))
    for name in names[:20]:
        row(deployment, account, name)
        put(name)
    shuffled = random.Random(4).sample(names, len(names))
    monkeypatch.setattr(service, "pages", listing_of(shuffled[:10], shuffled[10:20], shuffled[20:]))
    taken = counted(deployment)
    assert (taken.objects_count, taken.unaccounted, Drift.objects.count()) == (30, 10, 0)
    assert {odd.filename for odd in taken.oddities.all()} == set(names[20:])


def test_folders_that_are_listed_first_cost_nothing(deployment, account, asked, monkeypatch):
    names = names_of(range(10))
    for name in names:
        row(deployment, account, name)
    monkeypatch.setattr(service, "pages", listing_of(["", "zzz/0001.jpg", "zzz/0002.jpg"], names))
    taken = counted(deployment)
    assert (taken.objects_count, taken.unaccounted, Drift.objects.count()) == (13, 3, 0)
    assert asked == []


def test_queries_do_not_grow_with_the_names_of_a_page(deployment, account, monkeypatch):
    in_queries = []
    for number in (2, 200):
        monkeypatch.setattr(service, "pages", listing_of(names_of(range(number))))
        with CaptureQueriesContext(connection) as queries:
            assert counted(deployment).unaccounted == number
        in_queries.append(sum("uploads_upload" in query["sql"] for query in queries))
    # What drifted before; of the page, and then of what is left: its range, and whether any was stored before. Last,
    # what else is known of those that no row of the range has.
    assert in_queries == [6, 6]
