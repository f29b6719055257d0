"""Files that are tried once more: in another round, or when the portal can tell of them."""

from __future__ import annotations

from collections.abc import Sequence

from clients.ami_upload.engine.run import ROUNDS
from clients.ami_upload.portal.answers import FileRow
from clients.ami_upload.portal.clocks import Due, PortalClock
from clients.ami_upload.selection.item import Item


class Waiting:
    """Which files these are, and how many rounds are left for them."""

    def __init__(self) -> None:
        self.items: list[Item] = []  # of which the portal cannot tell yet
        self._again: list[Item] = []
        self._rounds_left = ROUNDS

    @property
    def has_rounds(self) -> bool:
        """Whether there is a round after the present one."""
        return self._rounds_left > 1

    def once_more(self, item: Item) -> None:
        """In the next round."""
        self._again.append(item)

    def postpone(self, item: Item, row: FileRow, clock: PortalClock) -> Due:
        """Until the moment that the portal names; that moment."""
        item.due = due = Due.by(clock, row.get("until"))
        item.grant = None
        item.code, item.message = row.get("code") or "unsettled", row.get("message") or ""
        self.items.append(item)
        return due

    def ask_again(self, items: Sequence[Item]) -> None:
        """For another round: those that were sent are confirmed, the others granted."""
        asked = set(map(id, items))
        self.items = [item for item in self.items if id(item) not in asked]
        for item in items:
            item.due, item.code, item.message = None, "", ""
        self._again += items

    def next_round(self) -> list[Item]:
        """The files for another round, if there is to be one."""
        items, self._again = self._again, []
        self._rounds_left -= bool(items)
        return items
