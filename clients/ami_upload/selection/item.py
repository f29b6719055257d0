"""What is known of a file on its way, and which of the portal's answers is about which file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from clients.ami_upload.lib.errors import CallFault, Refusal
from clients.ami_upload.lib.reasons import WHY
from clients.ami_upload.portal.answers import FileRow, FilesAnswer
from clients.ami_upload.portal.clocks import Due
from clients.ami_upload.portal.signed_url import Grant


@dataclass(slots=True, eq=False)
class Item:
    """One file on its way."""

    path: str  # as on the card, from the selected folder's own name on, with "/" between folders
    name: str  # the last part of its object key
    local: str  # where to open it
    size: int
    mtime_ns: int
    md5: str = ""
    part_md5s: bytes = b""  # 16 bytes per part
    part_size: int = 0
    body: bytes | None = None
    grant: Grant | None = None
    tries: int = 0
    is_sent: bool = False
    is_known: bool = False  # the journal has its MD5
    was_verified: bool = False  # the journal says that the run gone on with saw it verified
    doubt: CallFault | None = None  # why the last try failed, where it may have arrived all the same
    folders_in_name: int = 0
    data_type: str = ""  # that its content must not contradict; "" where a person said what it is
    damage: str = ""  # why its content cannot be right: one of DAMAGE
    is_judged: bool = False  # whether its content was looked at for these two
    due: Due | None = None  # when the portal can say more: an older program may still write under the name
    former_name: str = ""  # under which it may be stored from when the folder stood in front
    status: str = ""  # how it ended
    code: str = ""
    message: str = ""
    http_status: int = 0
    step: str = ""

    def forget(self) -> None:
        """What was known of its content."""
        self.md5, self.part_md5s, self.part_size, self.is_known, self.was_verified = "", b"", 0, False, False

    @property
    def is_due(self) -> bool:
        """Whether the moment has come at which the portal can say more."""
        return self.due is not None and not self.due.left_s

    @property
    def multipart_md5(self) -> str:
        """As stores make the ETag of an upload in parts."""
        return f"{hashlib.md5(self.part_md5s).hexdigest()}-{len(self.part_md5s) // 16}"

    @property
    def description(self) -> dict:
        """As the portal is asked about it."""
        described = {"name": self.name, "size": self.size, "md5": self.md5, "path": self.path}
        if self.part_md5s:
            described["multipart_md5"] = self.multipart_md5
        if self.damage:
            described["damage"] = self.damage
        return described

    @property
    def why(self) -> str:
        return WHY.get(self.code) or self.message or f"It could not be stored ({self.code or self.status})."


def dues_of(items: Sequence[Item]) -> list[Due]:
    """The moments that are waited for."""
    return [item.due for item in items if item.due]


def paired(asked: Sequence[Item], answer: FilesAnswer) -> list[tuple[Item, FileRow]]:
    """The portal answers in the order asked. An answer that does not is no proof of anything."""
    rows = answer.get("files")
    if (
        not isinstance(rows, list)
        or len(rows) != len(asked)
        or any(item.name != row.get("name") for item, row in zip(asked, rows, strict=True))
    ):
        raise Refusal("The portal answered for other files than it was asked about.", "answer_mismatch")
    return list(zip(asked, rows, strict=True))
