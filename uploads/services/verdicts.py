"""Keep what the portal said of a session: at its end, and in each signed receipt."""

from datetime import datetime
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest

from uploads.models import GivenVerdict, ReceiptKey, UploadSession
from uploads.receipts.keys import CURRENT_VERSION, own_key_id, public_key
from uploads.receipts.rows import count_lost


def keep_given(*, session: UploadSession, how: str, at: datetime, **said: Any) -> GivenVerdict:
    """A row for what is said, before it is said; the same said again right after moves the row's end alone.

    said: the columns of GivenVerdict that hold what is said.
    """
    said["lost"] = count_lost(session, [at])[0] if said["unproven"] else 0
    newest = GivenVerdict.objects.filter(session=session, how=how).order_by("-id").first()
    if newest is None or any(getattr(newest, name) != value for name, value in said.items()):
        return GivenVerdict.objects.create(session=session, how=how, given_at=at, last_given_at=at, **said)
    GivenVerdict.objects.filter(pk=newest.pk, last_given_at__lt=at).update(last_given_at=at)
    return newest


def keep_key(*, at: datetime) -> ReceiptKey:
    """The row of the key in use, which says from when to when it signed. Made before its first signature is told."""
    used = {"receipt_version": CURRENT_VERSION, "first_used_at": at, "last_used_at": at}
    key, is_new = ReceiptKey.objects.get_or_create(key_id=own_key_id(), defaults={"public_key": public_key()} | used)
    if not is_new:
        ReceiptKey.objects.filter(pk=key.pk).update(last_used_at=Greatest(F("last_used_at"), Value(at)))
    return key
