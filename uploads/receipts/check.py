"""Is a receipt, byte for byte, what a portal signed? The one check, of the portal and of the script client.

Pure, and in flat memory. `make client` takes all of it over into clients/ami_upload.py, which is one file that needs
nothing beside it: so it imports from the standard library alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

MAX_RECEIPT_LINE = 64 * 1024  # bytes: a path of 4,096 letters, each in its longest form, and what else a file has
_FILE_1 = frozenset({"name", "path_on_card", "size_bytes", "md5", "key", "status", "verified_at"})
RECEIPT_FILE = {1: _FILE_1, 2: _FILE_1 | {"multipart_md5", "proven_by"}}
_SUMMARY_1 = frozenset(
    {
        "session",
        "bucket",
        "deployment",
        "data_type",
        "uploader_name",
        "account",
        "started_at",
        "finished_at",
        "selected_files",
        "files",
        "verified",
        "stored_before",
        "unproven",
        "safe_to_wipe",
        "files_sha256",
    }
)
RECEIPT_SUMMARY = {
    1: _SUMMARY_1,
    2: _SUMMARY_1 | {"version", "portal", "key_id", "issued_at", "unsettled", "unsettled_until", "refused"},
}


class NotAReceipt(Exception):
    """What was checked is not what a portal signed. `code`: layout, key, signature, list, version or contents."""

    def __init__(self, code: str, why: str):
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class TrustedKey:
    """A public key, 32 bytes. `version`: of the receipts that it signed, if it vouches for no others."""

    public_key: bytes
    version: int | None = None

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)


@dataclass(frozen=True)
class CheckedReceipt:
    """A genuine receipt: what was signed, how many files it lists, and how many of them were proven."""

    version: int
    summary: dict[str, Any]
    files: int
    proven: int
    key_id: str


def key_id_of(public_key: bytes) -> str:
    """The name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def canonical(value: Any) -> str:
    """The one JSON text of a value that is hashed and signed: sorted keys, no blanks, letters as they are."""
    return _encode(value)


def check_receipt(
    file: BinaryIO, keys: Iterable[TrustedKey], is_signed: Callable[[bytes, bytes, bytes], bool]
) -> CheckedReceipt:
    """What a genuine receipt says; raises NotAReceipt for anything else.

    file: whatever has readline(size), at its beginning. is_signed: Ed25519 (RFC 8032), given public key, signature and
    message.

    Every line must be the only text that the portal writes for what it says, and the last one the end: readers of
    JSON differ in what they make of doubled or unknown keys, and then each would be told of another receipt.
    """
    if _line(file) != b'{"files":[\n':
        raise _laid_out_otherwise()
    digest, files, proven = hashlib.sha256(), 0, 0
    kinds: set[frozenset[str]] = set()
    line = _line(file)
    while line != b"],\n":
        text = line[:-2] if line.endswith(b",\n") else line[:-1]
        entry = _value(text)
        if not isinstance(entry, dict):
            raise _laid_out_otherwise()
        kinds.add(frozenset(entry))
        if not kinds <= set(RECEIPT_FILE.values()):
            raise _laid_out_otherwise()
        digest.update(text + b"\n")
        files += 1
        proven += entry["status"] in ("verified", "present")
        is_last = not line.endswith(b",\n")
        line = _line(file)
        if (line == b"],\n") != is_last:
            raise _laid_out_otherwise()
    summary = _value(signed := _member(_line(file), b'"summary":', b",\n"))
    signature = _bytes(_member(_line(file), b'"signature":', b",\n"), 64)
    named = _bytes(_member(_line(file), b'"public_key":', b"}\n"), 32)
    if not isinstance(summary, dict) or file.readline(1):
        raise _laid_out_otherwise()
    key = _trusted(named, keys)
    if not is_signed(named, signature, signed):
        raise NotAReceipt("signature", "the signature is not the portal's, or the summary was changed")
    version = _version(summary)
    if not kinds <= {RECEIPT_FILE[version]}:
        raise _laid_out_otherwise()
    if version != (key.version or version):
        raise NotAReceipt("key", f"the key that it names ({key.key_id}) signed receipts of another kind")
    if (digest.hexdigest(), files) != (summary["files_sha256"], summary["files"]):
        raise NotAReceipt("list", "the list of files is not the one that the portal signed")
    found = CheckedReceipt(version, summary, files, proven, key.key_id)
    _check_contents(found)
    return found


def _trusted(named: bytes, keys: Iterable[TrustedKey]) -> TrustedKey:
    known = list(keys)
    for key in known:
        if key.public_key == named:
            return key
    others = ", ".join(key.key_id for key in known)
    raise NotAReceipt("key", f"it names another key ({key_id_of(named)}) than the portal's ({others})")


def _version(summary: dict) -> int:
    """1 or 2; a summary of the first kind names none. Presupposes that the portal signed it."""
    version = summary.get("version", 1)
    if isinstance(version, int) and version > max(RECEIPT_SUMMARY):
        raise NotAReceipt("version", "it is of a newer kind: get the newest ami_upload.py and check it by that")
    if summary.keys() != RECEIPT_SUMMARY.get(version):
        raise _laid_out_otherwise()
    return version


def _check_contents(receipt: CheckedReceipt) -> None:
    """A key that signed for something else, or a portal that erred, must not pass as proof."""
    summary = receipt.summary
    if receipt.version == 1:
        return
    proven_all = 0 < receipt.files == receipt.proven == summary["selected_files"]
    nothing_open = summary["unsettled"] == 0 == summary["refused"]
    if summary["key_id"] != receipt.key_id or summary["safe_to_wipe"] is True and not (proven_all and nothing_open):
        raise NotAReceipt("contents", "what it says contradicts itself")


def _line(file: BinaryIO) -> bytes:
    line = file.readline(MAX_RECEIPT_LINE + 1)
    if not line.endswith(b"\n"):  # its end is missing, or it is longer than any
        raise _laid_out_otherwise()
    return line


def _member(line: bytes, name: bytes, end: bytes) -> bytes:
    if not (line.startswith(name) and line.endswith(end)):
        raise _laid_out_otherwise()
    return line[len(name) : -len(end)]


def _value(text: bytes) -> Any:
    """What `text` says, if it is the canonical text of that: a key that is there twice never is."""
    try:
        value = json.loads(text.decode())
        if canonical(value).encode() == text:
            return value
    except (ValueError, RecursionError):
        pass
    raise _laid_out_otherwise()


def _bytes(text: bytes, length: int) -> bytes:
    value = _value(text)
    try:
        found = base64.b64decode(value, validate=True)
    except (ValueError, TypeError):
        raise _laid_out_otherwise() from None
    if len(found) != length or base64.b64encode(found).decode() != value:
        raise _laid_out_otherwise()
    return found


def _laid_out_otherwise() -> NotAReceipt:
    return NotAReceipt("layout", "this is no receipt, or it was changed, cut or reformatted since the portal wrote it")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
