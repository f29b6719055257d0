"""Is all of this stored? Reads every file, sends none."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence

from clients.ami_upload.commands.course import Course, Target
from clients.ami_upload.commands.planning import changed_meanwhile, look_through
from clients.ami_upload.commands.telling import failing_words, tell_damaged, tell_not_stored, tell_when_to_look_again
from clients.ami_upload.commands.wait import Wait
from clients.ami_upload.context import Context
from clients.ami_upload.engine.hasher import hash_large
from clients.ami_upload.lib.errors import NOT_ALL, OK, CallFault, FileFault, Refusal
from clients.ami_upload.lib.format import files_, number
from clients.ami_upload.portal.answers import FileRow, FilesAnswer
from clients.ami_upload.portal.clocks import Due, PortalClock
from clients.ami_upload.selection.facts.look import look_into
from clients.ami_upload.selection.folder_names import names_of
from clients.ami_upload.selection.item import Item, paired
from clients.ami_upload.selection.names import composed
from clients.ami_upload.selection.scan import Scan
from uploads.domain.shared import MAX_BATCH_FILES


def verify_card(context: Context, target: Target) -> Course:
    """Reads every file and has the portal look at the store; sends nothing, writes nothing."""
    screen, log, halt = context.screen, context.log, context.halt
    screen.say("", f"Checking {target.described}")
    found = look_through(context, target)
    missing: list[Item] = []
    stored: set[tuple[int, str]] = set()
    checked = 0
    for batch in batches(found.items, MAX_BATCH_FILES // 4):
        readable = []
        for item in batch:
            try:
                hash_large(item, 0, halt)
                facts = look_into(item.local)
                item.damage = facts.damage if facts else ""
                readable.append(item)
            except FileFault as fault:
                item.status, item.code = "failed", fault.code
                missing.append(item)
        missing += not_in_store(context, target, readable)
        stored |= {(item.size, item.md5) for item in readable if item.status == "stored"}
        checked += len(batch)
        screen.status(f"{number(checked)} of {files_(len(found.items))} checked, {number(len(missing))} not stored")
    wait = Wait(context)
    while waiting := [item for item in missing if item.due]:
        wait.say(waiting)
        yield
        if not wait.until_due(waiting):
            break
        due = [item for item in waiting if item.is_due]
        asked = set(map(id, due))
        missing = [item for item in missing if id(item) not in asked]
        missing += not_in_store_now(context, target, due)
        stored |= {(item.size, item.md5) for item in due if item.status == "stored"}
    # A copy was sent once, under the name of the file that it is a copy of.
    missing = [item for item in missing if (item.size, item.md5) not in stored]
    # What was found stored must still be what is on the card: reading and waiting may have taken hours.
    late = changed_meanwhile(context, target, found)
    paths = {item.path for item in late}
    missing = [item for item in missing if item.path not in paths] + late
    found.items += [item for item in late if item.code == "new_file"]
    tell_when_to_look_again(screen, missing)
    for item in missing:
        log.note("not stored", f"{item.path} {item.md5} {item.code}")
    tell_not_stored(screen, sorted(missing, key=lambda item: item.path), found.unreadable)
    left_out = len(found.left_out) - len(found.unreadable) - len(found.other_data)
    if left_out:
        screen.say(f"Not covered: {number(left_out)} files of other types, hidden or empty.")
    target.proven, target.uncovered = len(found.items) - len(missing), found.other_data
    target.items = found.items + late
    target.failing = [] if context.arguments.damaged_known else tell_damaged(screen, found.items)
    return tell_checked(context, target, found, missing)


def tell_checked(context: Context, target: Target, found: Scan, missing: Sequence[Item]) -> int:
    bad = len(missing) + len(found.unreadable)
    other = len(found.other_data)
    is_safe = not bad and (target.is_part or (bool(found.items) and not other and not target.failing))
    if bad:
        total = len(found.items) + len(found.unreadable)
        words = f"NOT SAFE: {files_(bad)} of {number(total)} not proven to be stored."
    elif target.is_part and not found.items:
        words = f"{target.data_type}: no files."
    elif target.is_part:
        words = f"{target.data_type}: all {files_(len(found.items))} are in the store, with the same content."
    elif not found.items:
        words = "NOT SAFE: there is no file here of this data type."
    elif other:
        words = (
            f"NOT SAFE: all {files_(len(found.items))} of {target.data_type} are in the store, with the same content."
            f" The folder also holds {files_(other)} of another data type that were not looked for."
        )
    elif target.failing:
        words = (
            f"NOT SAFE: all {files_(len(found.items))} are in the store as they are on the card, but"
            f" {failing_words(len(target.failing))}"
        )
    else:
        words = f"SAFE: {files_(len(found.items))} are in the store, with the same content."
    context.log.note("checked", words)
    context.screen.say(words, even_if_quiet=not (is_safe and target.is_part))
    return OK if is_safe else NOT_ALL


def not_in_store(context: Context, target: Target, items: list[Item]) -> list[Item]:
    """Those whose content the store has under none of the names that they may have been given."""
    first_answers: dict[str, FileRow] = {}
    left = {item.path: iter([item.name]) for item in items}
    while waiting := [item for item in items if not item.status and _takes_next(item, left[item.path])]:
        for asked in without_namesakes(waiting):
            files = [{"name": item.name, "size": item.size, "md5": item.md5} for item in asked]
            body = {"deployment": target.deployment, "data_type": target.data_type, "files": files}
            asked_at = time.monotonic()
            try:
                answer: FilesAnswer = context.portal.ask("POST", "uploads/verify/", body, halt=context.halt)
            except CallFault as fault:
                raise Refusal(f"The portal answered: {fault.message or fault.code}", fault.code) from None
            for item, row in paired(asked, answer):
                if row["status"] == "stored":
                    item.status, item.due = "stored", None
                    continue
                if item.path not in first_answers:
                    left[item.path] = iter(names_of(item.path, item.md5)[1:])
                if row["status"] == "unsettled":
                    item.due = Due.by(PortalClock(answer, asked_at), row.get("until"))
                if item.path not in first_answers or row["status"] == "unsettled":
                    first_answers[item.path] = row
    bad = [item for item in items if not item.status]
    for item in bad:
        row = first_answers[item.path]
        item.status, item.code, item.message = "missing", row.get("code") or row["status"], row.get("message") or ""
        if item.code == "missing":
            item.code = "on_card_alone"
    return bad


def not_in_store_now(context: Context, target: Target, items: list[Item]) -> list[Item]:
    """As `not_in_store`, of files that were asked about before."""
    for item in items:
        item.name, item.due = composed(item.path.rpartition("/")[2]), None
        item.status = item.code = item.message = ""
    return not_in_store(context, target, items)


def _takes_next(item: Item, names: Iterator[str]) -> bool:
    item.name = next(names, "")
    return item.name != ""


def without_namesakes(items: Sequence[Item]) -> list[list[Item]]:
    """As few lists as it takes for each name to stand once in a list."""
    lists: list[list[Item]] = []
    seen: Counter[str] = Counter()
    for item in items:
        if seen[item.name] == len(lists):
            lists.append([])
        lists[seen[item.name]].append(item)
        seen[item.name] += 1
    return lists


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[start : start + size] for start in range(0, len(items), size))
