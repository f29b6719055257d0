"""Signed receipts of sessions, streamed.

The signature (Ed25519, RFC 8032) covers the summary's bytes, and the summary holds the SHA-256 of the files'
lines: so a receipt of half a million files is written, and checked, line by line.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from uploads.keys import key_prefix
from uploads.models import UploadLog, UploadSession
from uploads.selectors import newest_rows
from uploads.services.sessions import Verdict


@lru_cache(maxsize=1)
def _signing_key(secret: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hmac.digest(secret.encode(), b"receipts, version 1", hashlib.sha256))


def public_key() -> str:
    """The portal's public key, 32 bytes in base64."""
    key = _signing_key(settings.SECRET_KEY).public_key()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def canonical(value: dict) -> str:
    """The one JSON text of a value that is hashed and signed: sorted keys, no blanks, letters as they are."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def receipt(session: UploadSession, verdict: Verdict) -> Iterator[str]:
    """The receipt as pieces of one JSON text: {"files": [...], "summary": {...}, "signature", "public_key"}.

    To check it: SHA-256 over `canonical(file) + "\\n"` of all files in their order must be the summary's
    files_sha256, and `signature` must be the public key's over `canonical(summary)`.
    """
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    digest = hashlib.sha256()
    yield '{"files":['
    separator = "\n"
    count = 0
    for row in newest_rows(session):
        line = canonical(file_entry(row, prefix))
        digest.update(line.encode() + b"\n")
        yield separator + line
        separator = ",\n"
        count += 1
    summary = canonical(_summary(session, verdict, files=count, files_sha256=digest.hexdigest()))
    signature = _signing_key(settings.SECRET_KEY).sign(summary.encode())
    yield f'\n],\n"summary":{summary},\n"signature":"{base64.b64encode(signature).decode()}",\n'
    yield f'"public_key":"{public_key()}"}}\n'


def file_entry(row: UploadLog, prefix: str) -> dict:
    """A file as receipts name it; `prefix` is that of its session's keys."""
    return {
        "name": row.filename,
        "path_on_card": row.path_on_card,
        "size_bytes": row.size_bytes,
        "md5": row.md5,
        "key": prefix + row.filename,
        "status": row.status,
        "verified_at": row.verified_at.isoformat() if row.verified_at else None,
    }


def _summary(session: UploadSession, verdict: Verdict, *, files: int, files_sha256: str) -> dict:
    return {
        "session": session.pk,
        "bucket": session.deployment.bucket.name,
        "deployment": session.deployment.deployment_id,
        "data_type": session.data_type,
        "uploader_name": session.uploader_name,
        "account": session.account.username,
        "started_at": session.started_at.isoformat(),
        "finished_at": session.finished_at.isoformat() if session.finished_at else None,
        "selected_files": session.declared_files,
        "files": files,
        "verified": verdict.verified,
        "stored_before": verdict.stored_before,
        "unproven": verdict.unproven,
        "safe_to_wipe": verdict.safe_to_wipe,
        "files_sha256": files_sha256,
    }
