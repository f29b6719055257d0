"""Signed receipts of sessions, streamed.

The signature (Ed25519, RFC 8032) covers the summary's bytes, and the summary holds the SHA-256 of the files'
lines: so a receipt of half a million files is written, and checked, line by line.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from uploads.domain.keys import key_prefix
from uploads.models import GivenVerdict, UploadLog, UploadSession
from uploads.receipts.check import canonical
from uploads.receipts.files import file_entry
from uploads.receipts.keys import CURRENT_VERSION, public_key, sign
from uploads.selectors import newest_rows
from uploads.services.sessions import Verdict, verdict_of
from uploads.services.verdicts import keep_given, keep_key


def receipt(session: UploadSession) -> Iterator[str]:
    """The receipt as pieces of one JSON text: {"files": [...], "summary": {...}, "signature", "public_key"}.

    What holds of it: `uploads.receipts.check.check_receipt`. It is true of the moment before its first line; what it
    says is kept before the signature is told.
    """
    issued_at = timezone.now()
    verdict = verdict_of(session)
    prefix = key_prefix(deployment_id=session.deployment.deployment_id, data_type=session.data_type)
    digest = hashlib.sha256()
    states: Counter[str] = Counter()
    yield '{"files":['
    separator = "\n"
    for row in newest_rows(session):
        line = canonical(file_entry(row, prefix))
        digest.update(line.encode() + b"\n")
        states[row.status] += 1
        yield separator + line
        separator = ",\n"
    said = _said(verdict, states) | {"files_sha256": digest.hexdigest()}
    key = keep_key(at=issued_at)
    keep_given(session=session, how=GivenVerdict.How.RECEIPT, at=issued_at, key=key, **said)
    until = verdict.unsettled_until.isoformat() if verdict.unsettled_until else None
    summary = canonical(_facts(session, issued_at) | said | {"key_id": key.key_id, "unsettled_until": until})
    yield f'\n],\n"summary":{summary},\n"signature":"{sign(summary.encode())}",\n'
    yield f'"public_key":"{public_key()}"}}\n'


def _said(verdict: Verdict, states: Counter[str]) -> dict:
    """By the very rows that the receipt lists: one of them may have changed since the verdict was asked for."""
    files, proven = states.total(), sum(states[status] for status in UploadLog.PROVEN)
    selected = verdict.session.declared_files
    return {
        "files": files,
        "verified": states[UploadLog.Status.VERIFIED],
        "stored_before": states[UploadLog.Status.PRESENT],
        "unproven": max(files, selected or 0) - proven,
        "unsettled": states[UploadLog.Status.UNSETTLED],
        "refused": verdict.refused,
        "safe_to_wipe": verdict.safe_to_wipe and files == proven == selected,
    }


def _facts(session: UploadSession, issued_at: datetime) -> dict:
    return {
        "version": CURRENT_VERSION,
        "portal": portal_address(),
        "issued_at": issued_at.isoformat(),
        "session": session.pk,
        "bucket": session.deployment.bucket.name,
        "deployment": session.deployment.deployment_id,
        "data_type": session.data_type,
        "uploader_name": session.uploader_name,
        "account": session.account.username,
        "started_at": session.started_at.isoformat(),
        "finished_at": session.finished_at.isoformat() if session.finished_at else None,
        "selected_files": session.declared_files,
    }


def portal_address() -> str | None:
    """By the settings, not by the request: whoever asks may name any host that the portal answers to."""
    return settings.PORTAL_ORIGINS[0] + reverse("home") if settings.PORTAL_ORIGINS else None
