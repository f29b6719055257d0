"""Waiting until the portal can tell of files that it could not tell of before."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence

from clients.ami_upload.commands.telling import tell_paths
from clients.ami_upload.context import Context
from clients.ami_upload.lib.errors import Halted
from clients.ami_upload.lib.format import duration_, names_
from clients.ami_upload.portal.clocks import Due
from clients.ami_upload.selection.item import Item, dues_of

SHORT_WAIT_S = 600.0  # what the portal reads or asks for meanwhile is waited for even with --no-wait
TOGETHER_S = 60.0  # names that are due within so long of each other are asked about at once


class Wait:
    """For the moment until which an older program may write: other files have gone on, and patience has an end."""

    def __init__(self, context: Context):
        self._context = context
        given = context.arguments
        self._left_until = time.monotonic() + min(60 * given.patience, SHORT_WAIT_S if given.no_wait else float("inf"))
        self._said = ""

    def say(self, items: Sequence[Item]) -> None:
        items = [item for item in items if item.code == "unsettled"]
        if not items:
            return
        last = max(dues_of(items), key=lambda due: due.at)
        if self._said != last.told and self._lasts_for(last):
            tell_paths(self._context.screen, [(item.path, item.why) for item in items], even_if_quiet=False)
        self.say_names(len(items), last)

    def say_names(self, count: int, due: Due) -> None:
        """Once for each moment."""
        if self._said == due.told or not self._lasts_for(due):
            return
        self._said = due.told
        self._context.screen.say(
            f"An older program may still write under {names_(count)} until {due.told}. All else is done; what is there"
            " then is compared, and this goes on by itself. Ctrl-C ends it, and the same command goes on."
        )

    def until_due(self, items: Sequence[Item]) -> bool:
        """Until the first are due, with those that are so soon after; False where nobody waits so long."""
        dues = dues_of(items)
        first = min(dues, key=lambda due: due.at)
        together = [due for due in dues if due.at <= first.at + TOGETHER_S]
        return self.until(max(together, key=lambda due: due.at))

    def until(self, due: Due) -> bool:
        screen, halt = self._context.screen, self._context.halt
        if not self._lasts_for(due):
            return False
        while due.left_s and not halt.is_set:
            screen.status(f"Waiting until {due.told}: {duration_(due.left_s)} left")
            with contextlib.suppress(Halted):
                halt.sleep(min(1.0, due.left_s))
        return not halt.is_set

    def _lasts_for(self, due: Due) -> bool:
        return time.monotonic() + due.left_s <= self._left_until
