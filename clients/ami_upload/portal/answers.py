"""What the portal answers, as types alone: the keys that this program reads. A portal of another version may lack some.

The upload page has the same in uploads/static/uploads/js/portal/api-types.js.
"""

from __future__ import annotations

from typing import TypedDict


class Answer(TypedDict, total=False):
    """Of any call."""

    _sent_at: str | None  # the answer's header Date


class SignedUrl(TypedDict, total=False):
    """Leave to send, a file or a part of one."""

    url: str
    headers: dict[str, str]
    expires_at: str | None


class UploadInParts(TypedDict):
    """A large file's way in."""

    id: int


class FileRow(SignedUrl, total=False):
    """What became of one file."""

    name: str
    status: str
    code: str
    message: str
    until: str | None  # when to ask again, of an unsettled one
    upload: UploadInParts  # of a large one that is granted


class FilesAnswer(Answer, total=False):
    """Of a call about several files, in the order asked."""

    files: list[FileRow]


class Completion(Answer, FileRow, total=False):
    """What became of a large file whose parts were all sent."""

    missing: list[int]  # numbers of parts


class Verdict(Answer, total=False):
    """Whether the card may be wiped, and what stands against it."""

    safe_to_wipe: bool | None
    unsettled: int  # files that an older program may still overwrite
    unsettled_until: str | None
    comparing: int  # files that are still to be compared once more
    refused: int  # names answered with a conflict that nothing has mended


class Session(Verdict, total=False):
    id: int
    season_reason: str
    finished_at: str | None
    multipart_above_bytes: int | None
    part_size_bytes: int | None


class Season(TypedDict):
    first_day: str | None
    last_day: str | None


class Fit(TypedDict, total=False):
    """A deployment of the same place, and how many of the files fall into its season."""

    deployment: str
    location_name: str
    camera_id: str
    is_active: bool
    files: int


class Nights(TypedDict, total=False):
    verdict: str
    shift_h: int


class Survey(Answer, total=False):
    """What the portal makes of the device times of a selection."""

    files: int
    reset: int
    ahead: int
    outside: int
    outside_first_day: str | None
    outside_last_day: str | None
    needs_reason: bool
    season: Season
    fits: list[Fit]
    nights: Nights | None


class Bucket(TypedDict, total=False):
    title: str
    data_types: list[str]


class Deployment(Answer, total=False):
    deployment_id: str
    bucket: Bucket
    location_name: str
    camera_id: str
    system_id: str
    first_day: str | None
    last_day: str | None
