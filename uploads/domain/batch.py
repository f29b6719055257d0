"""What goes between the services and their callers: files as a card holds them, one outcome per file. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db import models


class CardFile(NamedTuple):
    """A file as its client describes it. `md5` is 32 lower-case hex digits, or "" when the client has none."""

    name: str
    size_bytes: int | None
    md5: str = ""
    path_on_card: str = ""
    content_type: str = ""  # as an old client chose it; "" lets the portal choose
    multipart_md5: str = ""  # over its parts, as parts.multipart_md5_of has it; "" when the client has none
    damage: str = ""  # why its content cannot be right, as the client read it: one of DAMAGE


class GrantableFile(CardFile):
    """A file that passed the refusals for a grant: its size is known, its name has a content type."""

    __slots__ = ()
    size_bytes: int

    @classmethod
    def of(cls, file: CardFile) -> "GrantableFile":
        """The same file. Raises ValueError for one that gives no size, which the refusals are to have kept out."""
        if file.size_bytes is None:
            raise ValueError(f"{file.name} was to be granted without a size")
        return cls(*file)


class Outcome(models.TextChoices):
    NEW = "new"  # nothing of that name is there
    EXISTS = "exists"  # something of that name and size is there; without an MD5 nobody can say whether it is the same
    STORED = "stored"  # the same content is there
    CONFLICT = "conflict"  # other content has, or is about to have, that name
    REFUSED = "refused"
    GRANTED = "granted"
    VERIFIED = "verified"
    MISSING = "missing"
    MISMATCH = "mismatch"
    # Nothing can be said of it yet: an older program may still overwrite the key, or as the code says otherwise.
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True)
class Warned:
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class UploadInParts:
    """A large file's way in: `id` is the portal's own, by which its parts are asked for."""

    id: int
    part_size_bytes: int
    parts: int


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of a batch. With GRANTED come `url`, `headers` and `expires_at`, or `upload` alone; with
    UNSETTLED comes `until`, when to ask again.
    """

    name: str
    status: Outcome
    code: str = ""
    message: str = ""
    warnings: tuple[Warned, ...] = ()
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None
    upload: UploadInParts | None = None
    until: datetime | None = None
    proven_by: str = ""  # with STORED and VERIFIED: "md5" or "parts", as UploadLog.proven_by has it
