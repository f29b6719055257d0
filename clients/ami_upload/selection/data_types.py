"""How the folders of each data type are called on cards."""

from __future__ import annotations

import re

# As stations and people name them: letters alone, in lower case.
FOLDERS = {
    "snapshot_images": {"snapshotimages", "snapshotimage", "snapshots", "snapshot"},
    "motion_images": {"motionimages", "motionimage", "motion"},
    "audible_recordings": {"audiblerecordings", "audiblerecording", "audible"},
    "ultrasound_recordings": {
        "ultrasoundrecordings", "ultrasoundrecording", "ultrasound", "ultrasonicrecordings", "ultrasonic",
    },
    "terrestrial_recordings": {"terrestrialrecordings", "terrestrialrecording", "terrestrial"},
    "aquatic_recordings": {"aquaticrecordings", "aquaticrecording", "aquatic"},
}  # fmt: skip


def data_type_of(folder: str) -> str:
    """By a folder's own name; "" where it is none of those that are known."""
    letters = re.sub(r"[^a-z]", "", folder.casefold())
    return next((kind for kind, names in FOLDERS.items() if letters in names), "")
