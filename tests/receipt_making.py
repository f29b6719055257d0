"""Receipts of both versions, written here again from their description: the judge of the portal's own code."""

import base64
import hashlib
import importlib.util
import json
import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SCRIPT = Path(__file__).parents[1] / "clients" / "ami_upload.py"
PRIVATE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_KEY = PRIVATE_KEY.public_key().public_bytes_raw()
PUBLIC_KEY_TEXT = base64.b64encode(PUBLIC_KEY).decode()
WHEN = "2026-11-03T10:00:0{}.000001+00:00"


@lru_cache(maxsize=1)
def script() -> ModuleType:
    """The script client as a module."""
    spec = importlib.util.spec_from_file_location("ami_upload_script", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def text_of(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def file_entry(number: int, **more) -> dict:
    name = f"2024091803{number:04d}-snapshot.jpg"
    return {
        "name": name,
        "path_on_card": f"DCIM/Bahía “{number}”/{name}",
        "size_bytes": 4_210_000 + number,
        "md5": hashlib.md5(name.encode()).hexdigest(),
        "key": f"dep000127/snapshot_images/{name}",
        "status": "present" if number % 3 == 2 else "verified",
        "verified_at": WHEN.format(1),
    } | more


def proven_by(entry: dict) -> str:
    return "md5" if entry.get("status") in ("verified", "present") else ""


def summary_of(version: int, files: list[dict]) -> dict:
    verified = sum(file["status"] == "verified" for file in files)
    before = sum(file["status"] == "present" for file in files)
    summary = {
        "session": 31,
        "bucket": "gbr",
        "deployment": "dep000127",
        "data_type": "snapshot_images",
        "uploader_name": "Inés Vera",
        "account": "ines",
        "started_at": WHEN.format(0),
        "finished_at": WHEN.format(2),
        "selected_files": len(files),
        "files": len(files),
        "verified": verified,
        "stored_before": before,
        "unproven": len(files) - verified - before,
        "safe_to_wipe": 0 < len(files) == verified + before,
        "files_sha256": hashlib.sha256(b"".join(text_of(file) + b"\n" for file in files)).hexdigest(),
    }
    if version == 1:
        return summary
    return summary | {
        "version": version,
        "portal": "https://portal.example.org/",
        "issued_at": WHEN.format(3),
        "unsettled": 0,
        "unsettled_until": None,
        "refused": 0,
    }


def signed(
    version: int = 2,
    files: int = 4,
    *,
    entries: list[dict] | None = None,
    key: Ed25519PrivateKey = PRIVATE_KEY,
    **changes,
) -> bytes:
    """A receipt signed with `key`; `changes` are made to its summary before it is signed."""
    entries = [file_entry(number) for number in range(files)] if entries is None else entries
    if version > 1:
        entries = [{"multipart_md5": "", "proven_by": proven_by(entry)} | entry for entry in entries]
    summary = summary_of(version, entries)
    if version > 1:
        summary["key_id"] = hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]
    summary = text_of(summary | changes)
    signature = base64.b64encode(key.sign(summary)).decode()
    lines = b",".join(b"\n" + text_of(entry) for entry in entries)
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    tail = f'\n],\n"summary":{summary.decode()},\n"signature":"{signature}",\n"public_key":"{public}"}}\n'
    return b'{"files":[' + lines + tail.encode()
