"""Checks a receipt without any connection."""

from __future__ import annotations

import argparse
import base64
from pathlib import Path

from clients.ami_upload.lib.errors import NOT_ALL, OK, UsageFault
from clients.ami_upload.lib.format import files_, number
from clients.ami_upload.lib.terminal import Screen
from uploads.receipts.check import CheckedReceipt, NotAReceipt, TrustedKey, check_receipt


def verify_receipt(given: argparse.Namespace, screen: Screen) -> int:
    """Needs no connection. Whoever changed a byte of what the portal said is found out by the signature."""
    keys = [trusted_key(text) for text in given.public_key]
    try:
        with Path(given.receipt).open("rb") as file:
            found = check_receipt(file, keys, is_signed)
    except OSError as error:
        raise UsageFault(f"{given.receipt} cannot be read: {error.strerror}.") from None
    except NotAReceipt as fault:
        screen.say(f"NOT VALID: {fault}.")
        return NOT_ALL
    screen.say(*told_of_receipt(found))
    return OK


def trusted_key(text: str) -> TrustedKey:
    """BASE64, or v1:BASE64 for one that vouches for receipts of the first kind alone."""
    version = 1 if text.startswith("v1:") else None
    try:
        key = base64.b64decode(text.removeprefix("v1:"), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise UsageFault("This is no public key: 32 bytes in base64 are expected.")
    return TrustedKey(key, version)


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 (uploads can do without it)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415
    except ImportError:
        raise UsageFault("This needs one library more: pip install cryptography.") from None
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def told_of_receipt(found: CheckedReceipt) -> list[str]:
    """What a genuine receipt says, for people; and what it cannot say."""
    summary = found.summary
    when = f"issued {summary['issued_at']} by {summary['portal']}" if found.version > 1 else "of the first kind"
    safe = "safe to wipe" if summary["safe_to_wipe"] is True else "NOT safe to wipe"
    lines = [
        f"VALID: receipt {when}: session {summary['session']} into {summary['deployment']}, {summary['data_type']},"
        f" finished {summary['finished_at']}:"
        f" {number(found.proven)} of {files_(found.files)} proven to be stored; {safe}."
    ]
    if found.version == 1:
        lines.append("It does not say when it was issued, so when that was true. The portal gives a new one.")
    elif summary["unsettled"]:
        lines.append(
            f"An older program could still write over {files_(summary['unsettled'])} then,"
            f" until {summary['unsettled_until']}."
        )
    if found.version > 1:
        lines.append("What became of the files since is on the receipt's page: My uploads in the portal.")
    return lines
