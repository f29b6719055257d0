"""The keys of receipts: the one that signs, and all by which a receipt of this portal is checked."""

import base64
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from uploads.models import ReceiptKey
from uploads.receipts.check import TrustedKey, key_id_of

CURRENT_VERSION = 2  # of the receipts that are written today


def sign(message: bytes) -> str:
    """The signature of the key in use, in base64."""
    return base64.b64encode(_private_key(settings.RECEIPT_KEY).sign(message)).decode()


def public_key() -> str:
    """That of the key in use, 32 bytes in base64."""
    return base64.b64encode(_private_key(settings.RECEIPT_KEY).public_key().public_bytes_raw()).decode()


def own_key_id() -> str:
    return key_id_of(base64.b64decode(public_key()))


def published_keys() -> list[ReceiptKey]:
    """The key in use first, then those before it, the newest first. One that has signed nothing yet has no times."""
    known = {key.key_id: key for key in ReceiptKey.objects.order_by("-last_used_at", "-id")}
    current = known.pop(own_key_id(), None) or ReceiptKey(
        key_id=own_key_id(), public_key=public_key(), receipt_version=CURRENT_VERSION
    )
    return [current, *known.values()]


def trusted_keys() -> list[TrustedKey]:
    return [TrustedKey(base64.b64decode(key.public_key), key.receipt_version) for key in published_keys()]


def is_signed(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is that of the public key `key` over `message`."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=2)
def _private_key(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text))
