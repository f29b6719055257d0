"""What is known of a file from its own bytes. See docs/card.md for what devices write, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class FileFacts:
    """What one file says of itself; what it does not say is "" or None."""

    format: str = ""  # "jpeg", "wav", or "" where the bytes are neither
    damage: str = ""  # why the content cannot be right: one of DAMAGE
    made_by: str = ""  # "camera", "audible_microphone" or "ultrasonic_microphone", in the words of AMI systems
    system: str = ""
    hardware: str = ""
    camera: str = ""  # its serial
    recorder: str = ""  # its serial
    model: str = ""
    latitude: float | None = None
    longitude: float | None = None
    country: str = ""  # three letters, ISO 3166
    taken_at: str = ""  # in the device's own time, such as 2025-07-14T22:00:31
    offset_minutes: int | None = None  # of that time, ahead of UTC
    sample_rate_hz: int | None = None
