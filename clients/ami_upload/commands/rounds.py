"""Runs the engine until nothing is left to try, or the person stops it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

from clients.ami_upload.commands.meter import Meter
from clients.ami_upload.commands.planning import ask_choice
from clients.ami_upload.context import Context
from clients.ami_upload.engine.engine import Engine
from clients.ami_upload.lib.errors import INTERRUPTED, Halted
from clients.ami_upload.lib.format import files_, number
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.journal import Journal


def run_rounds(context: Context, engine: Engine, journal: Journal, items: Sequence[Item]) -> None:
    """Until nothing is left to try but what must be waited for; raises what ended the run before its time."""
    halt, screen = context.halt, context.screen
    meter = Meter(engine, context.portal)
    while items and not halt.is_set:
        threads = engine.start(items)
        while any(thread.is_alive() for thread in threads):
            if halt.error is not None:
                break  # what still runs ends with the process
            screen.status(meter.line())
            for thread in threads:
                thread.join(screen.TICK_S)
                if thread.is_alive():
                    break
        if halt.error is not None:
            tell_stopped(context, engine)
            raise halt.error
        if engine.conflicts and not halt.is_set:
            ask_about_conflicts(context, engine, journal)
        items = engine.again()


def ask_about_conflicts(context: Context, engine: Engine, journal: Journal) -> None:
    if not context.screen.can_ask:
        return  # they are listed, and the card is not safe
    context.screen.say(f"The store already has other files under {number(len(engine.conflicts))} of these names:")
    for item in engine.conflicts[:5]:
        context.screen.say(f"  {item.path}")
    choice = ask_choice(context.screen)
    journal.write(choice=choice)
    engine.settle_conflicts(choice)


@contextlib.contextmanager
def interruptible(screen: Screen, halt: Halt) -> Iterator[None]:
    """Ctrl-C once winds down, twice ends at once: nothing is lost, the journal has it."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if halt.is_set:
            os._exit(INTERRUPTED)
        halt.wind_down()
        words = "Stopping: what is under way is finished and confirmed. Once more to stop at once."
        screen.say(words, even_if_quiet=True)

    before = {kind: signal.signal(kind, on_signal) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except Halted:
        raise KeyboardInterrupt from None
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def tell_stopped(context: Context, engine: Engine) -> None:
    tally = engine.tally
    context.log.note("stopped", f"{tally.verified} verified, {tally.stored} stored before, of {tally.files}")
    if getattr(context.halt.error, "code", "") not in ("portal_away", "token"):
        engine.report_failures()
    proven = tally.verified + tally.stored
    words = f"Stopped: {number(proven)} of {files_(tally.files)} are verified so far. NOT SAFE TO WIPE."
    context.screen.say(words, "The same command goes on from here.", even_if_quiet=True)
