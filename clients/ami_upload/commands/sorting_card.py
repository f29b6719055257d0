"""Shows what is on a card, and asks what nothing tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from clients.ami_upload.commands.choosing import choose_deployment
from clients.ami_upload.commands.course import Target
from clients.ami_upload.context import Context
from clients.ami_upload.lib.errors import UsageFault
from clients.ami_upload.lib.format import bytes_, files_, number
from clients.ami_upload.lib.reasons import REASONS
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.selection.card import NO_DATA, CardFile, CardLook
from clients.ami_upload.selection.device_time import device_time
from clients.ami_upload.selection.sorting import SOUNDS
from uploads.domain.shared import EXTENSIONS


def choose_targets(context: Context, card: str, look: CardLook) -> list[Target]:
    """What is to be sent, each data type by itself; nothing of a card without data.

    Raises UsageFault where the deployment takes none of it.
    """
    screen = context.screen
    if not look.data_types and not look.unseen:
        return []
    deployment, bucket = choose_deployment(context)
    allowed = bucket.get("data_types") or list(EXTENSIONS)
    unsort_sounds_of_saltmarsh(look, allowed)
    take_given(context.arguments.folder_type, look)
    screen.say(f"On the card {look.top or card}:")
    for data_type in EXTENSIONS:
        tell_row(screen, look, data_type, "" if data_type in allowed else f" - NOT TAKEN by {deployment}")
    for reason, count in Counter(reason for _, reason in look.left_out).most_common():
        screen.say(f"  not sent: {number(count)} {REASONS[reason]}")
    ask_unsorted(context, look, allowed)
    sent = [data_type for data_type in EXTENSIONS if data_type in allowed and is_on(look, data_type)]
    if not sent:
        raise UsageFault(f"{deployment} takes none of what is on this card.")
    return [Target(card, deployment, data_type, look) for data_type in sent]


def is_on(look: CardLook, data_type: str) -> bool:
    return bool(look.of_type(data_type)) or any(look.data_type_of(path) == data_type for path in look.unseen)


def unsort_sounds_of_saltmarsh(look: CardLook, allowed: Sequence[str]) -> None:
    """Sound in air and sound under water are not told apart by anything in the file or on the card."""
    if SOUNDS & set(allowed):
        return
    for data_type in SOUNDS:
        look.settle(look.of_type(data_type), "")


def tell_row(screen: Screen, look: CardLook, data_type: str, remark: str) -> None:
    files = look.of_type(data_type)
    if not files:
        return
    folders = sorted({file.group[0] or "." for file in files})
    where = ", ".join(folders[:3]) + (f" and {number(len(folders) - 3)} more folders" if len(folders) > 3 else "")
    nights = sorted(filter(None, (device_time(file.path.rpartition("/")[2])[:10] for file in files)))
    when = f", {nights[0]} to {nights[-1]}" if nights else ""
    size = bytes_(sum(file.size for file in files))
    screen.say(f"  {data_type}: {files_(len(files))}, {size}{when}, in {where}{remark}")


def take_given(given: Sequence[str], look: CardLook) -> None:
    """Of --folder-type: FOLDER=TYPE for all below a folder. Raises UsageFault."""
    for words in given:
        folder, sign, data_type = words.rpartition("=")
        if not sign or data_type not in (*EXTENSIONS, NO_DATA):
            raise UsageFault(
                f"{words!r} is not understood: write --folder-type FOLDER=TYPE, such as DCIM=motion_images."
            )
        folder = folder.strip("/").removeprefix("./")
        below = "" if folder in ("", ".") else f"{folder}/"
        files = [
            file
            for (_, format_), group in look.files.items()
            if data_type == NO_DATA or format_ == ("jpeg" if "jpg" in EXTENSIONS[data_type] else "wav")
            for file in group
            if file.path.startswith(below)
        ]
        if not files:
            raise UsageFault(f"There are no files of {data_type} in the folder {folder or '.'} of the card.")
        look.settle(files, data_type)


def ask_unsorted(context: Context, look: CardLook, allowed: Sequence[str]) -> None:
    """Once per folder, with an example. Where nobody can be asked, they are not covered."""
    screen = context.screen
    for (folder, format_), files in look.groups_of_type("").items():
        if not screen.can_ask:
            screen.say(
                f"  NOT COVERED: {files_(len(files))} in {folder or '.'}, such as {files[0].path}: nothing tells their"
                f" data type. Give it: --folder-type {folder or '.'}=TYPE, or ={NO_DATA}.",
                even_if_quiet=True,
            )
            continue
        look.settle(files, ask_type(screen, folder, format_, files, allowed))


def ask_type(screen: Screen, folder: str, format_: str, files: Sequence[CardFile], allowed: Sequence[str]) -> str:
    """ "" to leave them on the card: it is then not safe."""
    extension = "jpg" if format_ == "jpeg" else "wav"
    choices = [data_type for data_type in allowed if extension in EXTENSIONS[data_type]]
    screen.say(
        f"Nothing tells what {files_(len(files))} in {folder or '.'} are, such as {files[0].path}:", even_if_quiet=True
    )
    for index, data_type in enumerate(choices, 1):
        screen.say(f"{index:>3}  {data_type}", even_if_quiet=True)
    screen.say(f"{len(choices) + 1:>3}  no data, not to be kept", even_if_quiet=True)
    while True:
        answer = screen.ask("Number (Enter alone leaves them out, and the card is not safe then): ")
        if not answer:
            return ""
        if answer.isdigit() and 1 <= int(answer) <= len(choices) + 1:
            return [*choices, NO_DATA][int(answer) - 1]
