"""From the files of a folder to what is to be sent."""

from __future__ import annotations

from collections import Counter

from clients.ami_upload.commands.course import Target
from clients.ami_upload.context import Context
from clients.ami_upload.engine.hasher import digest_of
from clients.ami_upload.engine.recall import is_as_read, to_be_proven
from clients.ami_upload.lib.errors import FileFault, UsageFault
from clients.ami_upload.lib.format import bytes_, files_, number
from clients.ami_upload.lib.reasons import REASONS
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.selection.collisions import namesakes_of, settle_names
from clients.ami_upload.selection.downstream import PASSED_OVER, passed_over
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.journal import Journal
from clients.ami_upload.selection.plan import Plan
from clients.ami_upload.selection.scan import Scan, scan


def look_through(context: Context, target: Target) -> Scan:
    def note(files: int) -> None:
        context.screen.status(f"Looking through the folder: {files_(files)} so far ...")

    found = scan(target.root, target.data_type, takes=target.takes, note=note)
    for item in found.items:
        if not (context.arguments.keep_type or target.is_by_choice(item)):
            item.data_type = target.data_type
    return found


def changed_meanwhile(context: Context, target: Target, found: Scan) -> list[Item]:
    """Files that came to the folder, or changed, since it was looked through; each is marked as failed.

    What is left out of `found` is as of now.
    """
    before = {item.path: item for item in found.items}
    late = []
    now = look_through(context, target)
    found.left_out = now.left_out
    for item in now.items:
        known = before.get(item.path)
        if known is None:
            code = "new_file"
        elif (known.size, known.mtime_ns) != (item.size, item.mtime_ns) and known.status != "failed":
            code = "file_changed"
        else:
            continue
        item.status, item.code = "failed", code
        context.log.note("failed", f"{item.path} {code}")
        late.append(item)
    return late


def go_on(context: Context, found: Scan, journal: Journal) -> None:
    """Takes over what a stopped run had read, once the card itself proves that it is the same one.

    Everything that looks alike and a sample of the rest are read again; one difference drops all.
    """
    if context.arguments.reread:
        journal.forget()
    recalled = journal.recall(found.items)
    proven = to_be_proven(recalled, found.items)
    for done, item in enumerate(proven):
        context.screen.status(f"Is it the same card? {number(done)} of {files_(len(proven))} read again: {item.path}")
        if not is_as_read(item, context.halt):
            context.log.note("forgotten", f"{item.path} is not what the run before has read")
            context.screen.say("  These are not the files that the run before has read: all are read again.")
            for each in recalled:
                each.forget()
            journal.forget()
            return
    if recalled:
        context.log.note("recalled", f"{len(recalled)} files, {len(proven)} of them read again")


def make_plan(context: Context, found: Scan, journal: Journal) -> Plan:
    def digest(item: Item) -> str:
        context.screen.status(f"Reading files that share a name: {item.path}")
        try:
            return digest_of(item, context.halt)
        except FileFault:
            return f"unreadable {item.path}"  # like no other; reading it again will say so

    plan, groups = namesakes_of(found.items, digest)
    choice = collision_choice(context, groups, journal) if groups else ""
    plan = settle_names(plan, groups, choice)
    given = context.arguments
    given.choice = choice or given.on_collision or journal.note("choice")
    if given.choice == "ask":
        given.choice = ""
    if not given.dry_run:
        journal.write(choice=given.choice)
    return plan


def collision_choice(context: Context, groups: list[list[Item]], journal: Journal) -> str:
    given, screen = context.arguments, context.screen
    choice = given.on_collision or journal.note("choice")
    if choice not in ("folder", "leave-out"):
        screen.say(f"{number(len(groups))} names stand for different files:", even_if_quiet=True)
        for group in groups[:5]:
            screen.say(*[f"  {item.path}" for item in group], even_if_quiet=True)
        choice = ask_choice(screen)
    return choice


def ask_choice(screen: Screen) -> str:
    if not screen.can_ask:
        raise UsageFault("Choose what to do about them: --on-collision folder, or --on-collision leave-out.")
    while True:
        answer = screen.ask("Add the folder's name to each (f), or leave them out (l)? ").casefold()
        if answer[:1] in ("f", "l"):
            return "folder" if answer[0] == "f" else "leave-out"


def tell_plan(context: Context, found: Scan, plan: Plan) -> None:
    screen, log = context.screen, context.log
    screen.say(f"{files_(len(plan.send))}, {bytes_(plan.size)}, to be sent or already there.")
    for reason, count in Counter(reason for _, reason in found.left_out).most_common():
        screen.say(f"  left out: {number(count)} {REASONS[reason]}")
    for code, count in Counter(item.code for item in plan.not_sent).most_common():
        screen.say(f"  NOT SENT: {number(count)} {REASONS[code]}")
    if plan.copies:
        screen.say(f"  sent once: {number(len(plan.copies))} copies of other files of the same name and content")
    if plan.renamed:
        screen.say(f"  {number(len(plan.renamed))} with the folder in the name, such as {plan.renamed[0].name}")
    unread = [(reason, item.name) for item in plan.send if (reason := passed_over(item.name))]
    for reason, count in Counter(reason for reason, _ in unread).most_common():
        example = next(name for each, name in unread if each == reason)
        words = f"ignored by the species pipeline: {PASSED_OVER[reason]}, such as {example}"
        screen.say(f"  {files_(count)} will be {words}")
    for path, reason in found.left_out:
        log.note("left out", f"{path}: {reason}")
    for path, sent_as in plan.copies:
        log.note("copy", f"{path} of {sent_as}")
    for item in plan.renamed:
        log.note("named", f"{item.path} as {item.name}")
    for item in plan.not_sent:
        log.note("not sent", f"{item.path}: {item.message}")
