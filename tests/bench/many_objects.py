"""A million objects in the embedded store within minutes, and their rows in the ledger.

One object is stored by a real PUT; what SeaweedFS's filer keeps of it is then saved, repeated under other names and
loaded again, by its own shell. They share the bytes of the first, which no listing reads.
"""

import hashlib
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from django.db import connection
from django.utils import timezone

from amiportal.accounts.models import User
from amiportal.dev.embedded.ports import HOST
from amiportal.dev.embedded.processes import Record
from amiportal.dev.embedded.seaweedfs import binary
from deployments.models import Deployment
from tests.bench.yardstick import new_client
from uploads.models import UploadSession

_LENGTH = struct.Struct(">I")
_PARALLEL = 16
BODY = b"x"
MD5 = hashlib.md5(BODY).hexdigest()
_ROWS = """
    INSERT INTO uploads_uploadlog
        (session_id, deployment_id, data_type, filename, path_on_card, size_bytes, md5, status,
         granted_at, grant_expires_at, stored_at, verified_at, etag, error_code)
    SELECT %(session)s, %(deployment)s, %(data_type)s, to_char(%(first)s + n * %(step)s, 'YYYYMMDDHH24MISS') || %(end)s,
           '', 1, %(md5)s, 'verified', now(), now(), now(), now(), %(md5)s, ''
    FROM generate_series(0, %(number)s - 1) AS n
"""


@dataclass(frozen=True)
class Series:
    """`number` files, named by device times a `step` apart."""

    number: int
    first: datetime = datetime(2025, 6, 1, 21)
    step: timedelta = timedelta(seconds=10)
    end: str = "-snapshot.jpg"

    def stamps(self) -> Iterator[str]:
        return (f"{self.first + n * self.step:%Y%m%d%H%M%S}" for n in range(self.number))


def store(series: Series, *, bucket: str, prefix: str) -> None:
    """The files of a series below the prefix, which ends in "/"."""
    made = next(series.stamps())
    new_client().put_object(Bucket=bucket, Key=prefix + made + series.end, Body=BODY, ContentType="image/jpeg")
    with tempfile.TemporaryDirectory() as place:
        saved, many = Path(place) / "one.meta", Path(place) / "many.meta"
        shell(f"fs.meta.save -o {saved} /buckets/{bucket}/{prefix}")
        (entry,) = (entry for entry in entries(saved.read_bytes()) if made.encode() in entry)
        # Names of one length: the lengths within the entry stay true.
        before, after = entry.split(made.encode())
        with many.open("wb") as file:
            # The shell ends before its last writes have: the first entries, written once more, take that place.
            stamps = chain(series.stamps(), islice(series.stamps(), 10 * _PARALLEL))
            file.writelines(before + stamp.encode() + after for stamp in stamps)
        shell(f"fs.meta.load -v=false -concurrency={_PARALLEL} {many}")


def account_for(series: Series, *, deployment_id: str, data_type: str) -> None:
    """A verified row for each file of a series."""
    deployment = Deployment.objects.get(deployment_id=deployment_id)
    now = timezone.now()
    session = UploadSession.objects.create(
        account=User.objects.first(), deployment=deployment, data_type=data_type, started_at=now, last_seen_at=now
    )
    with connection.cursor() as cursor:
        parameters = {"session": session.pk, "deployment": deployment.pk, "data_type": data_type, "md5": MD5}
        cursor.execute(_ROWS, asdict(series) | parameters)
        cursor.execute("ANALYZE uploads_uploadlog")


def entries(saved: bytes) -> Iterable[bytes]:
    """Each with its length in front, as the shell writes and reads them."""
    at = 0
    while at < len(saved):
        end = at + _LENGTH.size + _LENGTH.unpack_from(saved, at)[0]
        yield saved[at:end]
        at = end


def shell(command: str) -> None:
    ports = Record.read(Path(os.environ["VAR_DIR"]) / "run" / "store.json").ports
    where = {part: f"{HOST}:{ports[part]}.{ports[part + '.grpc']}" for part in ("master", "filer")}
    words = [str(binary()), "shell", *(f"-{part}={address}" for part, address in where.items())]
    subprocess.run(
        words, input=command.encode() + b"\n", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
