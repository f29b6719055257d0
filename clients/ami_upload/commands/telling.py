"""Lists of files, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clients.ami_upload.lib.format import files_, names_, number
from clients.ami_upload.lib.reasons import UNCOVERED, WHY
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.selection.item import Item, dues_of
from uploads.domain.shared import DAMAGE, FAILING_DAMAGE


def by_reason(uncovered: Sequence[tuple[str, str]]) -> list[str]:
    counted = Counter(reason for _, reason in uncovered)
    return [f"{files_(counted[reason])} {words}" for reason, words in UNCOVERED.items() if counted[reason]]


def tell_paths(screen: Screen, told: Sequence[tuple[str, str]], *, even_if_quiet: bool = True) -> None:
    for path, why in told[:20]:
        screen.say(f"  {path}: {why}", even_if_quiet=even_if_quiet)
    if len(told) > 20:
        screen.say(f"  ... and {number(len(told) - 20)} more: see the log", even_if_quiet=even_if_quiet)


def tell_not_stored(screen: Screen, items: Sequence[Item], unreadable: Sequence[tuple[str, str]]) -> None:
    told = [(item.path, item.why if item.status else WHY["not_sent"]) for item in items]
    tell_paths(screen, told + [(path, WHY[reason]) for path, reason in unreadable])


def tell_damaged(screen: Screen, items: Sequence[Item]) -> list[Item]:
    """Names the files that look damaged; gives those that speak of a failing card."""
    damaged = [item for item in items if item.damage]
    if damaged:
        screen.say(f"{look_damaged(len(damaged))}:", even_if_quiet=True)
        tell_paths(screen, [(item.path, f"it {DAMAGE[item.damage]}.") for item in damaged])
    return [item for item in damaged if item.damage in FAILING_DAMAGE]


def look_damaged(count: int) -> str:
    return f"{files_(count)} {'looks' if count == 1 else 'look'} damaged"


def failing_words(count: int) -> str:
    return (
        f"{look_damaged(count)}: the card may be failing. Copy it again before you wipe it; if it really holds"
        " them so, say --damaged-known."
    )


def tell_when_to_look_again(screen: Screen, items: Sequence[Item]) -> None:
    dues = dues_of([item for item in items if item.code == "unsettled"])
    if not dues:
        codes = {item.code for item in items}
        if "being_read" in codes:
            screen.say("The portal still reads some of them. Run the same command again later.", even_if_quiet=True)
        if "not_told" in codes:
            screen.say(
                "The store gave no answer about some of them. Run the same command again later.", even_if_quiet=True
            )
        return
    last = max(dues, key=lambda due: due.at)
    screen.say(
        f"An older program may still write under {names_(len(dues))} until {last.told}. Look again after that, by the"
        " same command.",
        even_if_quiet=True,
    )
