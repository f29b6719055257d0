"""What a selection comes to: each file with the name it gets, copies, and what is not sent."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field

from clients.ami_upload.selection.item import Item


@dataclass
class Plan:
    """What is to be sent under which name, and what is not."""

    send: list[Item] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)  # (path, path of the equal file that is sent)
    renamed: list[Item] = field(default_factory=list)
    not_sent: list[Item] = field(default_factory=list)  # data that is left out for its name: then the card is not safe

    @property
    def size(self) -> int:
        return sum(item.size for item in self.send)

    @property
    def declared(self) -> int:
        return len(self.send) + len(self.not_sent)

    @property
    def selection(self) -> str:
        """Changes with any change of the selection: a session vouches for one selection, a reason is given for one."""
        digest = hashlib.sha256()
        for item in sorted(self.send + self.not_sent, key=lambda item: item.path):
            digest.update(os.fsencode(item.path) + b"\0%d\0%d\0" % (item.size, item.mtime_ns))
        return digest.hexdigest()
