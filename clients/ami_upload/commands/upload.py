"""Uploads one folder, or the folders of one data type of a card."""

from __future__ import annotations

import time
from pathlib import Path

from clients.ami_upload.commands.course import Course, Target
from clients.ami_upload.commands.planning import changed_meanwhile, go_on, look_through, make_plan, tell_plan
from clients.ami_upload.commands.rounds import interruptible, run_rounds
from clients.ami_upload.commands.season import judge_place
from clients.ami_upload.commands.telling import tell_not_stored
from clients.ami_upload.commands.verdict import tell_interrupted, tell_verdict
from clients.ami_upload.commands.wait import Wait
from clients.ami_upload.context import Context
from clients.ami_upload.engine.engine import Engine
from clients.ami_upload.engine.run import Options
from clients.ami_upload.lib.errors import NOT_ALL, OK, CallFault
from clients.ami_upload.lib.format import files_
from clients.ami_upload.portal.answers import Verdict
from clients.ami_upload.portal.clocks import Due, PortalClock
from clients.ami_upload.portal.retry import BASE_DELAY_S, SHORTEST_WAIT_S
from clients.ami_upload.selection.journal import Journal
from clients.ami_upload.selection.plan import Plan
from clients.ami_upload.selection.scan import Scan


def upload(context: Context, target: Target) -> Course:
    screen, given = context.screen, context.arguments
    screen.say("", target.described)
    found = look_through(context, target)
    target.items = found.items
    journal = Journal(
        portal=context.portal.address, root=target.root, deployment=target.deployment, data_type=target.data_type
    )
    try:
        if not given.dry_run:
            go_on(context, found, journal)
        plan = make_plan(context, found, journal)
        tell_plan(context, found, plan)
        target.uncovered = found.other_data
        if target.is_part and not (found.items or found.unreadable):
            screen.say(f"{target.data_type}: no files.")
            return OK
        if not plan.send:
            tell_not_stored(screen, plan.not_sent, found.unreadable)
            screen.say("NOT SAFE: there is nothing here that could be sent.", even_if_quiet=True)
            return NOT_ALL
        reason = judge_place(context, target, plan, journal)
        if given.dry_run:
            screen.say("This was a dry run: nothing was sent.", even_if_quiet=True)
            return NOT_ALL if found.other_data and not target.is_part else OK
        return (yield from send(context, target, found, plan, journal, reason))
    finally:
        journal.close()


def send(context: Context, target: Target, found: Scan, plan: Plan, journal: Journal, reason: str) -> Course:
    given, screen, halt = context.arguments, context.screen, context.halt
    journal.recall_names(plan.send)
    options = Options(
        jobs=given.jobs,
        limit_bytes_per_s=given.limit_mbps * 1e6 / 8,
        choice=given.choice,
        patience_s=60 * given.patience,
    )
    engine = Engine(context, journal=journal, plan=plan, options=options)
    with interruptible(screen, halt):
        engine.open(
            deployment=target.deployment, data_type=target.data_type, uploader_name=given.name[:200], reason=reason
        )
        engine.report_unreadable([path for path, _ in found.unreadable])
        run_rounds(context, engine, journal, engine.items)
    wait = Wait(context)
    while engine.waiting and not halt.is_set:
        yield
        with interruptible(screen, halt):
            wait.say(engine.waiting)
            if not wait.until_due(engine.waiting):
                break
            engine.ask_again([item for item in engine.waiting if item.is_due])
            run_rounds(context, engine, journal, engine.again())
    if halt.is_set:
        return tell_interrupted(context, engine)
    engine.give_up_waiting()
    with interruptible(screen, halt):
        late = changed_meanwhile(context, target, found)
        target.items = found.items + late
        target.uncovered = found.other_data
        # The portal must not call safe what this program does not.
        verdict = engine.finish(plan.declared + len(late) + len(found.unreadable))
        journal.forget()
        verdict = compared_to_the_end(context, engine, verdict)
    # Without a fault of ours it is only the portal's word that is waited for.
    is_whole = engine.has_all_proven and not (late or plan.not_sent or found.unreadable)
    while is_whole and verdict.get("unsettled") and not halt.is_set:
        due = Due.by(PortalClock(verdict, time.monotonic()), verdict.get("unsettled_until"))
        yield
        with interruptible(screen, halt):
            wait.say_names(verdict["unsettled"], due)
            if not wait.until(due):
                break
            verdict = compared_to_the_end(context, engine, engine.finish())
    if halt.is_set:
        return tell_interrupted(context, engine)
    keep_receipt(context, engine)
    return tell_verdict(context, target, found, plan, engine, verdict, late)


def compared_to_the_end(context: Context, engine: Engine, verdict: Verdict) -> Verdict:
    """The portal compares what was proven long ago once more, a part of it in each call."""
    began = time.monotonic()
    while verdict.get("comparing") and time.monotonic() - began < 60 * context.arguments.patience:
        context.screen.status(f"The portal compares once more: {files_(verdict['comparing'])} left")
        context.halt.sleep(SHORTEST_WAIT_S)
        verdict = engine.finish()
    return verdict


def keep_receipt(context: Context, engine: Engine) -> None:
    session_id = engine.session["id"]
    given = context.arguments.receipt
    path = Path(given) if given else context.log.path.with_name(f"receipt-{session_id}.json")
    if given and path.exists():  # a whole card has a receipt per data type
        path = path.with_name(f"{path.stem}-{session_id}{path.suffix}")
    for tries in range(1, 4):
        try:
            context.portal.download(f"uploads/sessions/{session_id}/receipt/", path)
        except OSError as error:
            context.screen.say(f"The receipt could not be written to {path}: {error.strerror}.", even_if_quiet=True)
            return
        except CallFault as fault:
            context.log.note("retry", f"receipt: {fault}")
            time.sleep(tries * BASE_DELAY_S)
        else:
            context.screen.say(f"Receipt: {path}")
            return
    context.screen.say("The receipt could not be fetched. The portal keeps it.", even_if_quiet=True)
