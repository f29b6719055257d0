"""A plugin: what the store said in its log while a test ran that failed is a section of that test's report.

A store that takes no objects tells its client no more than InternalError; the reason stands in its log, which goes
with the tests' services.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TELLING = re.compile(r"E\d{4} |.*(?:disk free|no volume server capacity|no writable volumes)")
LINES = 30
LINE_LENGTH = 300
# Where the last test's share ended; the first one's begins with the start of the store.
READ_TO = pytest.StashKey[int]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    result = yield
    item.config.stash[READ_TO] = _path().stat().st_size
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if report.failed and (told := _told_since(item.config.stash.get(READ_TO, 0))):
        report.sections.append((f"The store's log: the last {LINES} errors at most", told))
    return report


def _told_since(offset: int) -> str:
    with _path().open("rb") as log:
        log.seek(offset)
        lines = log.read().decode(errors="replace").splitlines()
    return "\n".join([line[:LINE_LENGTH] for line in lines if TELLING.match(line)][-LINES:])


def _path() -> Path:
    return Path(os.environ["VAR_DIR"]) / "log" / "store.log"
