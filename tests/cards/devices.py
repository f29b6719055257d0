"""Cards as devices leave them: docs/card.md."""

from datetime import datetime, timedelta

from tests.cards.ami_text import ami_text
from tests.cards.jpegs import exif, jpeg
from tests.cards.wavs import id3, info, wav

EVENING = datetime(2026, 11, 3, 21, 0, 39)


def ami_card(add, *, each: int = 3, system: str = "sys000067") -> dict[str, list[str]]:
    """A card of an AMI system, written by `add(path, content)`; the paths of each data type, and of what is no data."""
    times = [EVENING + timedelta(minutes=10 * number) for number in range(each)]
    text = {
        maker: ami_text(system=system, made_by=maker)
        for maker in ("camera", "audible_microphone", "ultrasonic_microphone")
    }
    found: dict[str, list[str]] = {}

    def put(data_type: str, path: str, content: bytes) -> None:
        add(path, content)
        found.setdefault(data_type, []).append(path)

    for number, at in enumerate(times):
        picture = exif(text=text["camera"], taken_at=at, zone_hours=0)
        put("snapshot_images", f"01-{at:%Y%m%d%H%M%S}-snapshot.jpg", jpeg(picture, seed=number))
        put("motion_images", f"{at:%Y_%m_%d}/01-{at:%Y%m%d%H%M%S}-{number:02}.jpg", jpeg(picture, seed=100 + number))
        for folder, maker, data_type, rate in (
            ("audio", "audible_microphone", "audible_recordings", 48_000),
            ("ultrasonic", "ultrasonic_microphone", "ultrasound_recordings", 384_000),
        ):
            behind = info(INAM=text[maker]) + id3(text[maker])
            sound = wav(rate=rate, behind=behind, seed=number + rate)
            put(data_type, f"{folder}/{at:%Y_%m_%d}/{at:%Y%m%d_%H%M%S}.wav", sound)
    for path in ("config.json", "debug.log", "Thumbs.db", "System Volume Information/IndexerVolumeGuid"):
        put("no data", path, b"{}")
    return found
