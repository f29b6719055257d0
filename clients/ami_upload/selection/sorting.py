"""Which data type a file is of: by what it says of itself, then by its folder, then by its name."""

from __future__ import annotations

import re

from clients.ami_upload.selection.facts.facts import FileFacts
from uploads.domain.shared import (
    FOLDERS_OF_TYPES,
    IMAGE_EXTENSIONS,
    LEAST_ULTRASOUND_HZ,
    MOST_AUDIBLE_HZ,
    MOTION_NAME,
    SNAPSHOT_NAME,
    SOUND_EXTENSIONS,
)

AUDIBLE, ULTRASOUND = "audible_recordings", "ultrasound_recordings"
SNAPSHOT, MOTION = "snapshot_images", "motion_images"
SOUNDS = {AUDIBLE, ULTRASOUND}  # what a sample rate tells apart


def format_of(name: str) -> str:
    """ "jpeg" or "wav", by the name alone; "" where it is neither."""
    extension = name.rpartition(".")[2].casefold()
    return "jpeg" if extension in IMAGE_EXTENSIONS else "wav" if extension in SOUND_EXTENSIONS else ""


def type_by_content(facts: FileFacts) -> str:
    """By the text of an AMI system, then by the sample rate; "" where neither tells."""
    if facts.format != "wav":
        return ""
    said = {"audible_microphone": AUDIBLE, "ultrasonic_microphone": ULTRASOUND}.get(facts.made_by, "")
    rate = facts.sample_rate_hz
    if said or rate is None:
        return said
    return ULTRASOUND if rate >= LEAST_ULTRASOUND_HZ else AUDIBLE if rate <= MOST_AUDIBLE_HZ else ""


def type_by_place(path: str) -> str:
    """By the nearest folder of a known name that fits the format, then by the file's own name; "" where none tells."""
    *folders, name = path.split("/")
    own = format_of(name)
    for folder in reversed(folders):
        for data_type, names in FOLDERS_OF_TYPES.items():
            if letters_of(folder) in names and (data_type in (SNAPSHOT, MOTION)) == (own == "jpeg"):
                return data_type
    if own == "jpeg" and re.search(SNAPSHOT_NAME, name, re.IGNORECASE):
        return SNAPSHOT
    return MOTION if own == "jpeg" and re.search(MOTION_NAME, name, re.IGNORECASE | re.ASCII) else ""


def letters_of(folder: str) -> str:
    """Letters alone, in lower case: as the names of folders are compared."""
    return re.sub(r"[^a-z]", "", folder.casefold())


def contradiction(facts: FileFacts, data_type: str) -> str:
    """The data type that a file is of by its content, where that is another one; else ""."""
    said = type_by_content(facts)
    return said if said and data_type in SOUNDS and said != data_type else ""
