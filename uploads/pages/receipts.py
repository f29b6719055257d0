"""For whoever is handed a receipt, with an account or without: the portal's keys, and the check of a receipt."""

import gzip
import shutil
import tempfile
import threading
import zlib
from datetime import datetime
from typing import IO, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.shortcuts import render
from django.template.defaultfilters import date
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from amiportal.core.errors import PortalError
from deployments.domain.names import DataType
from uploads.models import GivenVerdict
from uploads.receipts.check import CheckedReceipt, NotAReceipt, check_receipt
from uploads.receipts.keys import is_signed, public_key, published_keys, trusted_keys
from uploads.templatetags.portal_text import count

# Pages pack what they send (gzip): half a million files, 170 MB, come to 19 MB.
MAX_SENT_BYTES = 32 * 1024**2
MAX_RECEIPT_BYTES = 512 * 1024**2
BUSY_AFTER_S = 20
# Whoever asks is a stranger, and half a million lines take seconds: at most one thread of each process is so busy.
_one_at_a_time = threading.BoundedSemaphore(1)


@require_safe
def receipt_key(request: HttpRequest) -> HttpResponse:
    """As a page; ?format=txt the key in use alone, ?format=json all keys, the one in use first."""
    asked = request.GET.get("format")
    if asked == "txt":
        return HttpResponse(public_key() + "\n", content_type="text/plain; charset=utf-8")
    keys = published_keys()
    if asked == "json":
        columns = ("key_id", "public_key", "receipt_version", "first_used_at", "last_used_at")
        told = [{name: getattr(key, name) for name in columns} | {"in_use": key is keys[0]} for key in keys]
        return JsonResponse({"keys": told})
    context = {"current": keys[0], "old_keys": keys[1:], "script_url": reverse("script")}
    return render(request, "uploads/receipt_key.html", context)


@require_POST
@csrf_exempt  # changes nothing, and answers everybody alike
def check(request: HttpRequest) -> JsonResponse:
    """Whether the body is a receipt of this portal, and what it says. The body: its bytes, as they are or by gzip."""
    try:
        with tempfile.TemporaryFile() as kept:
            _keep_body(request, kept)
            return JsonResponse(_judge(kept, is_packed=request.content_type == "application/gzip"))
    except PortalError as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=error.http_status)


def _keep_body(request: HttpRequest, kept: IO[bytes]) -> None:
    """On the disk first: a slow sender must not keep others from the check."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > MAX_SENT_BYTES:
        raise _too_large()
    try:
        shutil.copyfileobj(request, kept)
    except UnreadablePostError:
        kept.truncate(0)
        kept.seek(0)
    if kept.tell() == 0:
        raise PortalError(_("No receipt was sent."), code="no_receipt")
    kept.seek(0)


def _judge(kept: IO[bytes], *, is_packed: bool) -> dict:
    if not _one_at_a_time.acquire(timeout=BUSY_AFTER_S):
        raise PortalError(
            _("Other receipts are being checked just now. Try again in a minute."),
            code="receipts_busy",
            http_status=503,
        )
    try:
        text = _Limited(cast(IO[bytes], gzip.GzipFile(fileobj=kept)) if is_packed else kept)
        found = check_receipt(cast(BinaryIO, text), trusted_keys(), is_signed)
    except NotAReceipt as fault:
        return {"valid": False, "code": fault.code, "message": _reason(fault)}
    except (OSError, EOFError, zlib.error):
        return {"valid": False, "code": "layout", "message": _reason(NotAReceipt("layout", ""))}
    finally:
        _one_at_a_time.release()
    return _told(found)


class _Limited:
    """Lines of a file, up to MAX_RECEIPT_BYTES in all: what was packed may be a thousand times as long."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._left = MAX_RECEIPT_BYTES

    def readline(self, size: int) -> bytes:
        line = self._file.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise _too_large()
        return line


def _too_large() -> PortalError:
    message = _("The receipt is too large for this page. Check it with the program for the terminal.")
    return PortalError(message, code="receipt_too_large", http_status=413)


def _reason(fault: NotAReceipt) -> str:
    return {
        "key": _("It names a key that this portal never used for such receipts."),
        "signature": _("The signature is not this portal's, or the summary was changed."),
        "list": _("The list of files is not the one that this portal signed."),
        "version": _("It is of a kind that this portal does not know yet."),
        "contents": _("What it says contradicts itself."),
    }.get(fault.code) or _("This is no receipt, or it was changed, cut or reformatted since the portal wrote it.")


def _told(found: CheckedReceipt) -> dict:
    """What a genuine receipt says, in the reader's language. Presupposes that this portal signed it."""
    summary = found.summary
    is_safe = summary["safe_to_wipe"] is True
    files = ngettext("%(proven)s of %(files)s file proven", "%(proven)s of %(files)s files proven", found.files)
    facts = [
        (_("Finished"), _moment(summary["finished_at"])),
        (_("Uploaded by"), f"{summary['uploader_name']} ({_('account')} {summary['account']})"),
        (_("Deployment"), f"{summary['deployment']} ({summary['bucket']})"),
        (_("Data type"), str(DataType(summary["data_type"]).label)),
        (_("Files"), files % {"proven": count(found.proven), "files": count(found.files)}),
    ]
    notes = []
    if found.version == 1:
        notes.append(_("It is of the first kind and does not say when it was issued, so when that was true."))
    else:
        issued = [(_("Issued"), _moment(summary["issued_at"])), (_("By the portal"), summary["portal"] or "–")]
        facts = [*issued, *facts]
        if not _is_known(summary):
            notes.append(_("The portal has no record of having issued it. Show it to a maintainer."))
        if summary["unsettled"]:
            until = {"until": _moment(summary["unsettled_until"])}
            notes.append(_("An older program could still write over some of the files then (until %(until)s).") % until)
    return {
        "valid": True,
        "version": found.version,
        "safe_to_wipe": is_safe,
        "message": _("Then it was safe to wipe the card.") if is_safe else _("Then it was not safe to wipe the card."),
        "facts": facts,
        "notes": notes,
        "now": reverse("receipt", args=[summary["session"]]),
    }


def _is_known(summary: dict) -> bool:
    """A key that got into other hands signs whatever it is given; the portal knows what it said itself, and when."""
    issued_at = datetime.fromisoformat(summary["issued_at"])
    return GivenVerdict.objects.filter(
        session_id=summary["session"],
        how=GivenVerdict.How.RECEIPT,
        files_sha256=summary["files_sha256"],
        safe_to_wipe=summary["safe_to_wipe"],
        given_at__lte=issued_at,
        last_given_at__gte=issued_at,
    ).exists()


def _moment(text: str | None) -> str:
    return f"{date(datetime.fromisoformat(text), 'DATETIME_FORMAT')} UTC" if text else "–"
