"""A receipt of a large card is written and checked in memory that does not grow with its files."""

import gzip
import io
import tempfile
import tracemalloc
from collections.abc import Callable

import pytest
from django.utils import timezone

from tests.uploads.test_history import make_session
from uploads.models import UploadLog
from uploads.pages import receipts
from uploads.receipts.check import check_receipt
from uploads.receipts.keys import is_signed, trusted_keys
from uploads.services.receipts import receipt

FILES = 6_000
MIB = 1024**2


def peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def session(colleague, ladera):
    now = timezone.now()
    session = make_session(colleague, ladera, declared_files=FILES, finished_at=now)
    rows = (
        UploadLog(
            session=session,
            deployment=ladera,
            data_type=session.data_type,
            filename=f"20250714{number:06d}-snapshot.jpg",
            path_on_card=f"DCIM/100MEDIA/20250714{number:06d}-snapshot.jpg",
            size_bytes=4_000_000 + number,
            md5=f"{number:032x}",
            etag=f"{number:032x}",
            status="verified",
            stored_at=now,
            verified_at=now,
        )
        for number in range(FILES)
    )
    UploadLog.objects.bulk_create(rows, batch_size=5_000)
    return session


def test_written_and_checked_line_by_line(session):
    with tempfile.TemporaryFile() as kept:
        writing = peak_bytes(lambda: [None for piece in receipt(session) if kept.write(piece.encode()) < 0])
        length = kept.tell()
        kept.seek(0)
        checking = peak_bytes(lambda: check_receipt(kept, trusted_keys(), is_signed))
        kept.seek(0)
        packed = io.BytesIO(gzip.compress(kept.read()))
        unpacking = peak_bytes(lambda: receipts._judge(packed, is_packed=True))
        packed.seek(0)
        assert receipts._judge(packed, is_packed=True)["safe_to_wipe"] is True
    assert length > 1.8 * MIB
    assert writing < 5 * MIB  # two thousand rows at a time
    assert checking < MIB / 4
    assert unpacking < MIB
    print(f"{FILES:,} files, {length:,} bytes: peaks {writing:,}, {checking:,} and {unpacking:,}")
