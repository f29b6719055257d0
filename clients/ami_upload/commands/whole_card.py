"""A whole card: each data type by itself, then the verdict about all of it."""

from __future__ import annotations

from collections.abc import Sequence

from clients.ami_upload.commands.card_check import verify_card
from clients.ami_upload.commands.course import Course, Target, run_courses
from clients.ami_upload.commands.sorting_card import choose_targets
from clients.ami_upload.commands.telling import by_reason, failing_words, tell_paths
from clients.ami_upload.commands.upload import upload
from clients.ami_upload.context import Context
from clients.ami_upload.lib.errors import INTERRUPTED, NOT_ALL, OK, REFUSED
from clients.ami_upload.lib.format import files_, number
from clients.ami_upload.lib.reasons import UNCOVERED
from clients.ami_upload.selection.card import NO_DATA, CardLook, look_over
from clients.ami_upload.selection.scan import DATA, reason_of, walk


def carry_out(context: Context, target: Target) -> Course:
    return verify_card(context, target) if context.arguments.verify else upload(context, target)


def carry_out_card(context: Context, card: str) -> int:
    """Each data type by itself; then the verdict about the card, which counts what none of them covers."""

    def note(files: int) -> None:
        context.screen.status(f"Looking over the card: {files_(files)} so far ...")

    look = look_over(card, note)
    targets = choose_targets(context, card, look)
    codes = run_courses([carry_out(context, target) for target in targets])
    worst = max(codes, key=[OK, NOT_ALL, REFUSED, INTERRUPTED].index, default=OK)
    if worst == INTERRUPTED:
        return worst
    uncovered = uncovered_on(card, look, targets)
    is_safe = tell_card(context, look, targets, uncovered, all_well=worst == OK)
    is_well = not uncovered if context.arguments.dry_run else is_safe
    return worst or (OK if is_well else NOT_ALL)


def uncovered_on(card: str, look: CardLook, targets: Sequence[Target]) -> list[tuple[str, str]]:
    """All data of the card that no data type's upload covered, as the card is now, with the reason."""
    known = {item.path: (item.size, item.mtime_ns) for target in targets for item in target.items}
    uncovered: list[tuple[str, str]] = []
    for path, local, stat_ in walk(card, lambda files: None):
        left_out, full = reason_of(path, local, stat_, DATA), f"{look.top}/{path}" if look.top else path
        if left_out in ("unreadable", "broken"):
            uncovered.append((full, left_out))
        elif left_out or stat_ is None:  # no data
            continue
        elif full in known:
            if known[full] != (stat_.st_size, stat_.st_mtime_ns):
                uncovered.append((full, "changed"))
        elif path not in look.data_types:
            uncovered.append((full, "new"))
        elif look.data_types[path] != NO_DATA:
            uncovered.append((full, "not_taken" if look.data_types[path] else "unsorted"))
    return uncovered + [each for target in targets for each in target.uncovered]


def tell_card(
    context: Context, look: CardLook, targets: Sequence[Target], uncovered: Sequence[tuple[str, str]], *, all_well: bool
) -> bool:
    """Whether the card is safe."""
    screen, given = context.screen, context.arguments
    for path, reason in uncovered:
        context.log.note("uncovered", f"{path}: {reason}")
    tell_paths(screen, [(path, f"Not covered: {UNCOVERED[reason]}.") for path, reason in uncovered])
    proven = sum(target.proven for target in targets)
    parts = ", ".join(f"{target.data_type} {number(target.proven)}" for target in targets)
    chosen = len(look.of_type(NO_DATA))
    if chosen:
        parts += f"; left out by choice, as no data: {number(chosen)}"
    failing = sum(len(target.failing) for target in targets)
    is_safe = all_well and proven > 0 and not uncovered and not failing
    if given.dry_run:
        words = "" if not uncovered else f"Uploading would not cover {'; '.join(by_reason(uncovered))}."
    elif is_safe and given.verify:
        words = f"SAFE: {files_(proven)} are in the store, with the same content: all data of the card ({parts})."
    elif is_safe:
        words = f"SAFE TO WIPE: {files_(proven)} stored and verified: all data of the card ({parts})."
    elif all_well and not uncovered and failing:
        start = "NOT SAFE" if given.verify else "NOT SAFE TO WIPE"
        words = f"{start}: all data of the card is stored as it is ({parts}), but {failing_words(failing)}"
    else:
        why = [] if all_well else ["not all that was sent is safely stored"]
        why += [f"not covered: {line}" for line in by_reason(uncovered)] or ([] if why else ["it holds no data"])
        words = f"{'NOT SAFE' if given.verify else 'NOT SAFE TO WIPE'}: {'; '.join(why)} (stored: {parts})."
    if words:
        context.log.note("safe" if is_safe else "not safe", words)
        screen.say("", words, even_if_quiet=True)
    return is_safe
