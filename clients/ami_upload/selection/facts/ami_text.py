"""The text that AMI systems write into their images and sounds: JSON, which may be cut off."""

from __future__ import annotations

import json
import re
from typing import Any

from clients.ami_upload.selection.facts.facts import FileFacts
from clients.ami_upload.selection.facts.times import note_time
from uploads.domain.shared import PLACEHOLDER_ID

_EVENTS = ("motion_event_data", "audible_microphone_event_data")  # the latter of both microphones
_MAKERS = ("camera", "audible_microphone", "ultrasonic_microphone")
_PLACEHOLDER = re.compile(PLACEHOLDER_ID)


def note_ami_text(facts: FileFacts, text: str) -> None:
    """Adds what the text says; what is missing, null or a placeholder says nothing."""
    said = whole_part(text)
    ids = _below(said, "base_ids")
    facts.system = _id_of(ids, "system_id") or facts.system
    facts.hardware = _id_of(ids, "hardware_id") or facts.hardware
    settings = _below(said, "device_settings")
    note_position(facts, settings.get("lat"), settings.get("lon"))
    country = _below(said, "spatial_properties").get("country_code")
    if isinstance(country, str) and re.fullmatch("[A-Z]{3}", country):
        facts.country = country
    for key in _EVENTS:
        event = _below(said, key)
        made_by = _below(event, "file_characteristics").get("file_type")
        if made_by in _MAKERS:
            facts.made_by = made_by
        note_time(facts, _below(event, "date_fields").get("event_date"))


def whole_part(text: str) -> dict[str, Any]:
    """What of a JSON object is whole: of one that is cut off, the keys before the cut."""
    waiting: list[str] = []  # brackets to be closed
    end, closers = 0, ""
    in_string = is_escaped = False
    for position, character in enumerate(text):
        if in_string:
            in_string = is_escaped or character != '"'
            is_escaped = character == "\\" and not is_escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            waiting.append("}" if character == "{" else "]")
            end, closers = position + 1, "".join(reversed(waiting))
        elif character in "}]":
            if not waiting or waiting.pop() != character:
                return {}
            end, closers = position + 1, "".join(reversed(waiting))
            if not waiting:
                break
        elif character == ",":
            end, closers = position, "".join(reversed(waiting))
    try:
        said = json.loads(text[:end] + closers, parse_constant=lambda name: None)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def note_position(facts: FileFacts, latitude: object, longitude: object) -> None:
    """Adds a position on Earth, in degrees, north and east positive. 0, 0 is what devices without one write."""
    north, east = _number(latitude), _number(longitude)
    if north is not None and east is not None and abs(north) <= 90 and abs(east) <= 180 and (north or east):
        facts.latitude, facts.longitude = north, east


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_written = isinstance(value, str) and re.fullmatch(r"-?\d+(?:\.\d+)?", value, re.ASCII)
    return float(value) if is_number or is_written else None  # type: ignore[arg-type]  # told by the lines above


def _below(said: dict[str, Any], key: str) -> dict[str, Any]:
    value = said.get(key)
    return value if isinstance(value, dict) else {}


def _id_of(ids: dict[str, Any], key: str) -> str:
    value = ids.get(key)
    return value if isinstance(value, str) and value and not _PLACEHOLDER.search(value) else ""
