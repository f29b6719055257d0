"""What is said at the end of an upload."""

from __future__ import annotations

import time

from clients.ami_upload.commands.course import Target
from clients.ami_upload.commands.telling import failing_words, tell_damaged, tell_not_stored, tell_when_to_look_again
from clients.ami_upload.context import Context
from clients.ami_upload.engine.engine import Engine
from clients.ami_upload.lib.errors import INTERRUPTED, NOT_ALL, OK
from clients.ami_upload.lib.format import files_, names_, number
from clients.ami_upload.portal.answers import Verdict
from clients.ami_upload.portal.clocks import Due, PortalClock
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.plan import Plan
from clients.ami_upload.selection.scan import Scan


def tell_verdict(
    context: Context, target: Target, found: Scan, plan: Plan, engine: Engine, verdict: Verdict, late: list[Item]
) -> int:
    screen, log = context.screen, context.log
    bad = [item for item in plan.send if item.status not in ("verified", "stored")] + plan.not_sent + late
    whole_ = not bad and not found.unreadable
    safe = whole_ and verdict.get("safe_to_wipe") is True
    tell_not_stored(screen, bad, found.unreadable)
    target.failing = [] if context.arguments.damaged_known else tell_damaged(screen, plan.send)
    tell_when_to_look_again(screen, bad)
    if engine.unreported:
        screen.say("The portal could not be told of all failures: please send the log to a maintainer.")
    left_out = len(found.left_out) - len(found.unreadable) - len(found.other_data)
    if left_out:
        screen.say(f"Not covered: {files_(left_out)} left out. What is left out is only on the card.")
    target.proven = sum(item.status in ("verified", "stored") for item in plan.send) + len(plan.copies)
    proven = f"{number(engine.tally.verified)} verified, {number(engine.tally.stored)} stored before"
    session = f"upload session {engine.session['id']}"
    if safe and target.is_part:
        words = f"{target.data_type}: all {files_(len(plan.send))} are stored and verified ({proven}; {session})."
    elif safe and found.other_data:
        words = (
            f"NOT SAFE TO WIPE: all {files_(len(plan.send))} of {target.data_type} are stored and verified ({proven};"
            f" {session}). The folder also holds {files_(len(found.other_data))} of another data type that are not."
        )
    elif safe and target.failing:
        words = (
            f"NOT SAFE TO WIPE: all {files_(len(plan.send))} are stored as they are on the card ({proven}; {session}),"
            f" but {failing_words(len(target.failing))}"
        )
    elif safe:
        words = f"SAFE TO WIPE: {files_(len(plan.send))} stored and verified ({proven}; {session})."
    elif whole_:
        words = f"NOT SAFE TO WIPE: {why_withheld(verdict)} ({proven}; {session})."
    else:
        count = len(bad) + len(found.unreadable)
        words = f"NOT SAFE TO WIPE: {files_(count)} not safely stored ({proven}; {session})."
    safe = safe and (target.is_part or not (found.other_data or target.failing))
    log.note("safe" if safe else "not safe", words)
    screen.say(words, even_if_quiet=not (safe and target.is_part))
    screen.say(f"Log: {log.path}")
    return OK if safe else NOT_ALL


def why_withheld(verdict: Verdict) -> str:
    """Why the portal does not call safe what this program could not fault."""
    why = []
    if verdict.get("refused"):
        count = verdict["refused"]
        why.append(f"{files_(count)} answered with a conflict and not stored under another name")
    if verdict.get("unsettled"):
        due = Due.by(PortalClock(verdict, time.monotonic()), verdict.get("unsettled_until"))
        why.append(f"an older program may still write under {names_(verdict['unsettled'])} until {due.told}")
    if verdict.get("comparing"):
        why.append(f"{files_(verdict['comparing'])} still to be compared once more")
    return "; ".join(why) or "the portal could not confirm that all is stored"


def tell_interrupted(context: Context, engine: Engine) -> int:
    tally = engine.tally
    proven = tally.verified + tally.stored
    words = f"Interrupted: {number(proven)} of {files_(tally.files)} are verified so far. NOT SAFE TO WIPE."
    context.log.note("halted", words)
    context.screen.say(words, "The same command goes on from here.", even_if_quiet=True)
    return INTERRUPTED
