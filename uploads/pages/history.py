"""What a person uploaded: the list of sessions, and of each session its receipt."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from amiportal.accounts.actor import actor_of
from amiportal.accounts.models import User
from amiportal.core.errors import NotFound
from uploads.ledger.damaged import damaged_in
from uploads.ledger.unsettled import waiting_of
from uploads.models import GivenVerdict, UploadConflict, UploadLog, UploadSession
from uploads.permissions import session_visible_to
from uploads.receipts.files import receipt_csv_lines
from uploads.receipts.rows import count_lost, lost_rows, rows_by_name, unproven_rows
from uploads.selectors import sessions_visible_to
from uploads.services import legacy_second_files
from uploads.services.conflicts import unmended_files
from uploads.services.sessions import Verdict, verdict_of, verdicts_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    Shown = tuple[UploadLog | UploadConflict, StrOrPromise]  # a file, and what is said of it

PAGE_SESSIONS = 25
SHOWN_FILES = 300  # more would be a page that no phone scrolls; all are in the downloads
SHOWN_GIVEN = 8  # what was said of a session; more than a few times is said only of one that changes
SEEN_LATELY = timedelta(minutes=15)  # a client that works asks for URLs more often than that

STATUS_TEXTS = {
    UploadLog.Status.GRANTED: _("on its way, not yet compared"),
    UploadLog.Status.VERIFIED: _("stored and compared"),
    UploadLog.Status.UNPROVEN: _("stored, never compared"),
    UploadLog.Status.PRESENT: _("was there before, with the same content"),
    UploadLog.Status.UNSETTLED: _("an older program may still write here; then it is compared"),
    UploadLog.Status.MISSING: _("not in the store"),
    UploadLog.Status.MISMATCH: _("the store holds other content under this name"),
    UploadLog.Status.FAILED: _("could not be sent"),
    UploadLog.Status.EXPIRED: _("never arrived"),
    UploadLog.Status.MOVED: _("moved by a maintainer"),
    UploadLog.Status.REMOVED: _("removed by a maintainer"),
}
BY_PARTS = _("stored, proven by its parts; the checksum of the whole is still to be compared")
MISMATCH_TEXTS = {
    "headers_added": _("stored with headers that the portal did not ask for; a maintainer has to remove it"),
    "md5_false": _("stored, but not with the checksum that the program gave for it"),
}


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """Sessions, newest first, a page at a time by their ids: nothing is counted over the whole."""
    everybody = actor_of(request).is_maintainer and request.GET.get("all") == "true"
    sessions = sessions_visible_to(actor_of(request), of_everybody=everybody)
    before = _id_of(request.GET.get("before", ""))
    if before is not None:
        sessions = sessions.filter(pk__lt=before)
    page = list(sessions[: PAGE_SESSIONS + 1])
    shown = page[:PAGE_SESSIONS]
    finished = [session for session in shown if session.finished_at is not None]
    verdicts = {verdict.session.pk: verdict for verdict in verdicts_of(finished)}
    waiting = waiting_of([session.pk for session in shown])
    rows = [
        _row(session, verdicts.get(session.pk), actor_of(request)) | {"waiting": waiting.get(session.pk)}
        for session in shown
    ]
    context = {
        "rows": rows,
        "everybody": everybody,
        "is_first_page": before is None,
        "older_than": shown[-1].pk if len(page) > PAGE_SESSIONS else None,
    }
    return render(request, "uploads/history.html", context)


def _id_of(text: str) -> int | None:
    """A session's id as an address has it; None for what no id can be, bigint's range included."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _row(session: UploadSession, verdict: Verdict | None, reader: User) -> dict:
    state = state_of(session, verdict)
    may_go_on = session.account_id == reader.pk and state in ("running", "waiting")
    return {"session": session, "verdict": verdict, "state": state, "may_go_on": may_go_on}


@require_safe
@login_required
def receipt_page(request: HttpRequest, session_id: int) -> HttpResponse:
    """The permanent address of an upload: its verdict, its facts and its files, as the ledger has them now."""
    session = _session(request, session_id)
    verdict = verdict_of(session)
    name_prefix = request.GET.get("name", "").replace("\0", "")[:255]
    files = _told(rows_by_name(session, name_prefix=name_prefix, limit=SHOWN_FILES + 1))
    unproven: list[Shown] = []
    lost: list[Shown] = []
    refused: list[Shown] = []
    if verdict.refused:
        text = STATUS_TEXTS[UploadLog.Status.MISMATCH]
        refused = [(file, text) for file in unmended_files(session, limit=SHOWN_FILES + 1)]
    if verdict.unproven:
        unproven = _told(unproven_rows(session, limit=SHOWN_FILES + 1))
        lost = _told(lost_rows(session, limit=SHOWN_FILES + 1))
    context = {
        "session": session,
        "verdict": verdict,
        "proven": verdict.verified + verdict.stored_before,
        "state": state_of(session, verdict),
        "given": _given(session, verdict),
        "is_own": session.account_id == request.user.pk,
        "name_prefix": name_prefix,
        "files": files[:SHOWN_FILES],
        "more_files": len(files) > SHOWN_FILES,
        "unproven": unproven[:SHOWN_FILES],
        "more_unproven": len(unproven) > SHOWN_FILES,
        "never_named": _never_named(session, verdict, unproven, lost),
        "refused": refused[:SHOWN_FILES],
        "more_refused": len(refused) > SHOWN_FILES,
        "lost": lost[:SHOWN_FILES],
        "more_lost": len(lost) > SHOWN_FILES,
        "shown_files": SHOWN_FILES,
        "damaged": sum(damaged_in(session).values()),
    }
    return render(request, "uploads/receipt.html", context)


@require_safe
@login_required
def receipt_csv(request: HttpRequest, session_id: int) -> StreamingHttpResponse:
    session = _session(request, session_id)
    response = StreamingHttpResponse(receipt_csv_lines(session), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipt-{session.pk}.csv"'
    return response


def state_of(session: UploadSession, verdict: Verdict | None) -> str:
    """For the templates: safe, unsettled, unproven, legacy, running or waiting. A finished one has a verdict."""
    if session.finished_at is not None:
        if verdict is None:
            raise ValueError(f"session {session.pk} is finished, and has no verdict")
        if verdict.safe_to_wipe:
            return "safe"
        return "unsettled" if verdict.unsettled == verdict.unproven > 0 == verdict.refused else "unproven"
    if session.is_legacy:
        return "legacy"  # these clients end nothing and compare nothing
    return "running" if timezone.now() - session.last_seen_at < SEEN_LATELY else "waiting"


def _session(request: HttpRequest, session_id: int) -> UploadSession:
    try:
        return session_visible_to(actor=actor_of(request), session_id=session_id)
    except NotFound as error:
        raise Http404 from error


@dataclass(frozen=True, slots=True)
class ThenAndNow:
    """What the portal said of a session, and how many of the files that were proven then are not now."""

    said: GivenVerdict
    proven: int
    changed: int
    is_same: bool


def _given(session: UploadSession, now: Verdict) -> list[ThenAndNow]:
    """The newest first."""
    given = list(GivenVerdict.objects.filter(session=session).order_by("-id")[:SHOWN_GIVEN])
    counts = count_lost(session, [said.last_given_at for said in given]) if given else []
    return [_then_and_now(said, now, counted) for said, counted in zip(given, counts, strict=True)]


def _then_and_now(said: GivenVerdict, now: Verdict, lost: int) -> ThenAndNow:
    then_proven, now_proven = said.verified + said.stored_before, now.verified + now.stored_before
    unsettled = max(0, now.unsettled - said.unsettled)  # these may be what they were: it is not known yet
    changed = max(0, lost - said.lost, then_proven - now_proven - unsettled)
    is_same = not changed and then_proven == now_proven and said.safe_to_wipe == now.safe_to_wipe
    return ThenAndNow(said, then_proven, changed, is_same)


def _told(rows: list[UploadLog]) -> list["Shown"]:
    return [(row, _status_text(row)) for row in rows]


def _status_text(row: UploadLog) -> "StrOrPromise":
    if row.proven_by == "parts":
        return BY_PARTS
    text = STATUS_TEXTS[UploadLog.Status(row.status)]
    if row.error_code == legacy_second_files.SAME_CONTENT:
        return _("came twice with the same content; kept once")
    return MISMATCH_TEXTS.get(row.error_code, text) if row.status == UploadLog.Status.MISMATCH else text


def _never_named(session: UploadSession, verdict: Verdict, *named: list["Shown"]) -> int:
    """How many files of a finished selection no row speaks of: left out, unreadable or never asked for."""
    if session.finished_at is None or any(len(rows) > SHOWN_FILES for rows in named):
        return 0
    return max(0, verdict.unproven - verdict.refused - sum(map(len, named)))
