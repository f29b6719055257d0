"""A store that is damaged behind the portal, and a judge who knows nothing of the portal: what was sent, and a GET."""

import hashlib
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from amiportal.accounts.models import User
from deployments.models import Deployment
from tests.faults import Answer, Forward, Request
from uploads.models import Drift, UploadLog, UploadSession

_PARALLEL = 8
_ROWS_AT_ONCE = 5_000
FIRST = datetime(2025, 6, 1, 21, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """What was sent to one prefix. uploaders: by name of the file."""

    store: object
    deployment: Deployment
    contents: Mapping[str, bytes]
    uploaders: Mapping[str, User]

    def where(self, name: str) -> dict:
        key = f"{self.deployment.deployment_id}/snapshot_images/{name}"
        return {"Bucket": self.deployment.bucket.name, "Key": key}

    def each(self, do: Callable[[str], object], names: Iterable[str]) -> list:
        with ThreadPoolExecutor(_PARALLEL) as threads:
            return list(threads.map(do, names))

    def damage(self, names: Sequence[str]) -> None:
        """In turn: other content of the same length, cut off by a byte, removed."""

        def one(numbered: tuple[int, str]) -> None:
            number, name = numbered
            content = self.contents[name]
            if number % 3 == 2:
                self.store.delete_object(**self.where(name))
            else:
                self.store.put_object(**self.where(name), Body=content[:-1] if number % 3 else content[::-1])

        self.each(one, enumerate(names))

    def mend(self, names: Iterable[str]) -> None:
        self.each(lambda name: self.store.put_object(**self.where(name), Body=self.contents[name]), names)

    def damaged(self) -> set[str]:
        """By SHA-256 of what was sent and of what a GET gives."""

        def is_damaged(name: str) -> bool:
            try:
                got = self.store.get_object(**self.where(name))["Body"].read()
            except self.store.exceptions.NoSuchKey:
                return True
            return hashlib.sha256(got).digest() != hashlib.sha256(self.contents[name]).digest()

        names = list(self.contents)
        return {name for name, found in zip(names, self.each(is_damaged, names), strict=True) if found}


def send(store, deployment: Deployment, people: Sequence[User], number: int) -> Sent:
    """So many files in the store and in the ledger, verified, dealt out to a session of each person."""
    names = [f"{FIRST + timedelta(seconds=10 * n):%Y%m%d%H%M%S}-snapshot.jpg" for n in range(number)]
    contents = {name: f"the picture called {name}".encode() for name in names}
    sent = Sent(store, deployment, contents, {name: people[n % len(people)] for n, name in enumerate(names)})
    sent.mend(names)
    sessions = {
        person: UploadSession.objects.create(
            account=person,
            uploader_name=str(person),
            deployment=deployment,
            data_type="snapshot_images",
            started_at=FIRST,
            last_seen_at=FIRST,
            finished_at=FIRST,
            declared_files=sum(uploader == person for uploader in sent.uploaders.values()),
        )
        for person in people
    }
    rows = [_row(sessions[sent.uploaders[name]], name, content) for name, content in contents.items()]
    UploadLog.objects.bulk_create(rows, batch_size=_ROWS_AT_ONCE)
    return sent


def drifted() -> set[str]:
    return set(Drift.objects.values_list("row__filename", flat=True))


def drawn(sent: Sent, number: int, *, seed: int) -> list[str]:
    return random.Random(seed).sample(sorted(sent.contents), number)


class OldListing:
    """Lists what was there when it was first asked, until `catch_up`."""

    def __init__(self):
        self._kept: dict[str, Answer] = {}
        self._is_late = True

    def catch_up(self) -> None:
        self._is_late = False

    def __call__(self, request: Request, forward: Forward) -> Answer:
        if not request.is_listing or not self._is_late:
            return forward(request)
        asked = request.target
        if asked not in self._kept:
            self._kept[asked] = forward(request)
        return self._kept[asked]


def _row(session: UploadSession, name: str, content: bytes) -> UploadLog:
    md5 = hashlib.md5(content).hexdigest()
    return UploadLog(
        session=session,
        deployment=session.deployment,
        data_type=session.data_type,
        filename=name,
        size_bytes=len(content),
        md5=md5,
        etag=md5,
        status=UploadLog.Status.VERIFIED,
        granted_at=FIRST,
        grant_expires_at=FIRST,
        stored_at=FIRST,
        verified_at=FIRST,
    )
