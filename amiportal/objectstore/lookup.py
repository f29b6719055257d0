"""Which of these keys exist, with size and ETag, in the fewest calls.

Wanted names are walked in the order of their bytes. A page of a listing, begun just before the next wanted
name, answers for every wanted name up to its last key. Where a page answers for few, the names are thinly
spread and HEADs in parallel answer faster. What a page shows is only relied on after a look at it: a store
that does not seek or sort as S3 does is asked by HEAD.
"""

import contextlib
import os
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import md5
from typing import ParamSpec, TypeVar

from django.conf import settings

from amiportal.core.errors import AnswerUnreadable, BucketMissing, PartlyTold, StoreDenied, StoreError, StoreUnavailable
from amiportal.objectstore import listing
from amiportal.objectstore.client import unreachable
from amiportal.objectstore.http import Answer, Body, call, open_body, read
from amiportal.objectstore.listing_page import Page
from amiportal.objectstore.objects import StoredObject, bare_etag, kept_headers

FEW_NAMES = 8  # so many HEADs in parallel cost less than one page of a listing
MANY_NAMES = 200  # beyond so many, a page that answers for none of them costs much, and is likely before an upload:
FIRST_PAGE = 16  # so many keys tell first whether any of them stands there
HEAD_RUN = 32  # names asked by HEAD where a page would answer for few; doubled while it stays so
PAGE_SLACK = 16  # other keys that may stand between the wanted ones without needing a second page
MAX_PARALLEL_HEADS = 24  # leaves connections of the pool to others
SLOWEST_BYTES_PER_S = 1024**2
_GO_ON_S = 10.0  # once a question has failed for good, how long others are begun: somebody waits for the answers
_BUCKET_PROOF_S = 60.0  # how long a bucket seen to exist need not be proven again

P = ParamSpec("P")
T = TypeVar("T")
_bucket_seen_at: dict[tuple[str, str], float] = {}
_executor: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def _forget_after_fork() -> None:
    """Threads do not survive a fork."""
    global _executor, _lock
    _executor = None
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget_after_fork)


def lookup(*, bucket: str, prefix: str, names: Collection[str], confirm_absent: bool) -> dict[str, StoredObject | None]:
    """The object stored as `prefix` + name for each of `names`, in their order; None where there is none.

    prefix ends with "/", no name holds one: all keys lie in one folder. With confirm_absent a name that the
    listing does not show is asked for by HEAD; pass it unless the store's capabilities say that its listing is
    immediate. What is found may be as old as the listing. Raises BucketMissing and every other fault of the
    store, PartlyTold where it failed at some names alone; never takes one for "absent".
    """
    if not prefix.endswith("/") or any(not name or "/" in name for name in names):
        raise ValueError("A lookup is for names within one folder.")
    wanted = sorted(set(names))  # by code points, which is the order of their UTF-8 bytes
    asked = _Asked(bucket, prefix)
    unlisted: list[str] = []
    asked_from, head_run, keys_per_answer = 0, HEAD_RUN, 1.0
    most_keys = FIRST_PAGE if len(wanted) > MANY_NAMES else listing.MAX_KEYS
    while asked_from < len(wanted):
        left = len(wanted) - asked_from
        if left <= FEW_NAMES:
            asked.by_head(wanted[asked_from:])
            break
        start_after = prefix + just_before(wanted[asked_from])
        page = listing.page(
            bucket=bucket,
            prefix=prefix,
            start_after=start_after,
            max_keys=min(most_keys, int(left * keys_per_answer) + PAGE_SLACK),
            delimiter="/",
        )
        most_keys = listing.MAX_KEYS
        _remember(bucket)
        shown = {entry.key[len(prefix) :]: entry for entry in page.objects}
        if not _advances(page, prefix, start_after):
            asked.by_head(wanted[asked_from:])
            break
        answered_to = bisect_right(wanted, max(shown)) if page.is_truncated else len(wanted)
        for name in wanted[asked_from:answered_to]:
            if name in shown:
                asked.found[name] = shown[name]
            else:
                unlisted.append(name)
        keys_per_answer = len(shown) / max(answered_to - asked_from, 1)
        asked_from = answered_to
        if keys_per_answer * FEW_NAMES > listing.MAX_KEYS:  # a full page would answer for few
            asked.by_head(wanted[asked_from : asked_from + head_run])
            asked_from += head_run
            head_run *= 2
        else:
            head_run = HEAD_RUN
    if confirm_absent:
        asked.by_head(unlisted)
    return asked.answers(names)


def lookup_by_head(*, bucket: str, prefix: str, names: Collection[str]) -> dict[str, StoredObject | None]:
    """As `lookup`, each name asked for by HEAD: a call per name, and the store's own word of this moment.

    For stores whose listings lag: there neither what a listing shows nor what it lacks is proof.
    """
    asked = _Asked(bucket, prefix)
    asked.by_head(sorted(set(names)))
    return asked.answers(names)


def head(bucket: str, key: str) -> StoredObject | None:
    """One object, or None where there is none. Raises BucketMissing and every other fault."""
    stored = _head(bucket, key)
    if stored is None:
        _prove(bucket)
    return stored


def content_md5(
    bucket: str,
    key: str,
    *,
    etag: str = "",
    size_bytes: int | None = None,
    patience_s: int = 60,
    alive: Callable[[], object] = lambda: None,
) -> str | None:
    """The MD5 (hex) of an object's bytes, read from the store; None where there is none of that ETag and size.

    Begins again when the stream breaks. alive: called again and again while it reads. Raises StoreError when, after
    patience_s, less has come than SLOWEST_BYTES_PER_S: a store that drips would else hold its reader for days.
    """
    for tries_left in range(settings.S3_MAX_ATTEMPTS - 1, -1, -1):
        try:
            body = open_body(bucket=bucket, key=key, etag=etag)
            if body is None:
                _prove(bucket)
                return None
            digest, came = _hashed(body, patience_s, alive)
        except StoreUnavailable:
            if not tries_left:
                raise
        else:
            return digest if size_bytes in (None, came) else None
    raise unreachable()


def _hashed(body: Body, patience_s: int, alive: Callable[[], object]) -> tuple[str, int]:
    digest, came, began_at = md5(usedforsecurity=False), 0, time.monotonic()
    with contextlib.closing(body.pieces):
        for piece in body.pieces:
            digest.update(piece)
            came += len(piece)
            alive()
            if time.monotonic() - began_at > patience_s + came / SLOWEST_BYTES_PER_S:
                raise StoreError(f"The object store gave only {came:,} bytes of an object in time.", code="too_slow")
    return digest.hexdigest(), came


def in_parallel(ask: Callable, items: Collection) -> list:
    """What `ask` (of the store, never of the database) answers for each item, in order. The first fault ends it."""
    if len(items) <= 1:
        return [ask(item) for item in items]
    return list(_threads().map(ask, items))


def or_fault(ask: Callable[P, T], *args: P.args, **more: P.kwargs) -> T | StoreError:
    """What the store tells, or the fault that it met; raises what is wrong with the bucket or the credentials."""
    try:
        return ask(*args, **more)
    except (BucketMissing, StoreDenied):
        raise
    except StoreError as fault:
        return fault


def check_there(bucket: str) -> None:
    """Raises StoreError where it is not single keys at which the store fails: it is away, or does not answer."""
    call("HEAD", bucket=bucket)


def just_before(name: str) -> str:
    """A name that sorts before `name` with next to nothing between: where a listing begins that is to show it.

    Keeps to characters that no store rewrites. Never wrong, only slower, where other names lie in between.
    """
    before = ord(name[-1]) - 1
    if before <= 0x20 or 0xD800 <= before <= 0xDFFF:
        return name[:-1]
    if chr(before) in "/\\":
        before -= 1
    return f"{name[:-1]}{chr(before)}~"


def _advances(page: Page, prefix: str, start_after: str) -> bool:
    """Whether the page begins after `start_after` and rises, as S3 has it: else what it lacks may be elsewhere."""
    previous = start_after
    for key in page.keys:
        if key <= previous or not key.startswith(prefix):
            return False
        previous = key
    # A full page of folders alone shows no key up to which it answers.
    return bool(page.keys) or not page.is_truncated


class _Asked:
    """What the store told of names in one folder, each question by itself: one that fails costs no other its answer.

    A key that the store does not answer for at all must not hold up the others until the client gives up, after a
    minute: it may take two thirds of what another call may, and after it no question is begun for long.
    """

    def __init__(self, bucket: str, prefix: str):
        self.found: dict[str, StoredObject] = {}
        self._bucket = bucket
        self._prefix = prefix
        self._untold: dict[str, StoreError] = {}
        self._ask_until = float("inf")

    def by_head(self, names: Sequence[str]) -> None:
        """Ask for these. Raises at once what is wrong with the bucket or the credentials and not with a name."""
        answers = dict(zip(names, in_parallel(self._ask, names), strict=True))
        self.found |= {name: answer for name, answer in answers.items() if isinstance(answer, StoredObject)}
        self._untold |= {name: answer for name, answer in answers.items() if isinstance(answer, StoreError)}
        if None in answers.values() and not any(isinstance(answer, StoredObject) for answer in answers.values()):
            _prove(self._bucket)

    def answers(self, names: Collection[str]) -> dict[str, StoredObject | None]:
        """The object of each name, None for those that the store does not have. Raises PartlyTold, or what is wrong
        with the store itself where it told nothing.
        """
        told = {name: self.found.get(name) for name in names if name not in self._untold}
        if not self._untold:
            return told
        if not told:
            check_there(self._bucket)
        raise PartlyTold(next(iter(self._untold.values())), told)

    def _ask(self, name: str) -> StoredObject | StoreError | None:
        if time.monotonic() > self._ask_until:
            return unreachable()
        answer = or_fault(_head, self._bucket, self._prefix + name, patience_s=settings.S3_READ_TIMEOUT_S / 3)
        if isinstance(answer, StoreError):
            self._ask_until = min(self._ask_until, time.monotonic() + _GO_ON_S)
        return answer


def _head(bucket: str, key: str, *, patience_s: float | None = None) -> StoredObject | None:
    def read_answer(answer: Answer) -> StoredObject | None:
        if answer.status == 404:
            return None
        try:
            return StoredObject(
                key=key,
                size_bytes=int(answer.headers["Content-Length"]),
                etag=bare_etag(answer.headers.get("ETag")),
                last_modified=parsedate_to_datetime(answer.headers["Last-Modified"]).astimezone(UTC),
                headers=kept_headers(answer.headers),
            )
        except (KeyError, TypeError, ValueError):
            raise AnswerUnreadable("The object store's answer cannot be read.") from None

    attempts = 2 * settings.S3_MAX_ATTEMPTS
    stored = read(read_answer, "HEAD", bucket=bucket, key=key, attempts=attempts, patience_s=patience_s)
    if stored is not None:
        _remember(bucket)
    return stored


def _prove(bucket: str) -> None:
    """Raises BucketMissing where the 404 to a HEAD meant the bucket: that answer has no body to tell the two apart."""
    seen_at = _bucket_seen_at.get((settings.S3_ENDPOINT_URL, bucket))
    if seen_at is not None and time.monotonic() - seen_at < _BUCKET_PROOF_S:
        return
    if call("HEAD", bucket=bucket).status == 404:
        raise BucketMissing(f'The object store has no bucket "{bucket}".')
    _remember(bucket)


def _remember(bucket: str) -> None:
    _bucket_seen_at[settings.S3_ENDPOINT_URL, bucket] = time.monotonic()


def _threads() -> ThreadPoolExecutor:
    global _executor
    with _lock:
        if _executor is None:
            parallel = min(MAX_PARALLEL_HEADS, settings.S3_MAX_CONNECTIONS)
            _executor = ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="store-head")
        return _executor
