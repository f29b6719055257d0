"""Writes tests/data/rules/file_facts.json, by which page and script read files alike.

By `python -m tests.cards.facts_cases`. What is right is written here by hand; the files are made by the makers beside.
"""

import base64
import json
from datetime import datetime
from pathlib import Path

from tests.cards.ami_text import ami_text
from tests.cards.jpegs import END, JFIF, exif, jpeg, segment
from tests.cards.wavs import audiomoth, chunk, guano, id3, info, wamd, wav

TARGET = Path(__file__).parents[1] / "data" / "rules" / "file_facts.json"
READ_BYTES = 4_096  # of each end, in the cases; less than some files have
AT = datetime(2024, 9, 18, 3, 23, 39)
AMI = {
    "system": "sys000041",
    "hardware": "har000005",
    "latitude": 52.75,
    "longitude": -3.25,
    "country": "GBR",
    "taken_at": "2024-09-18T03:23:39",
    "offset_minutes": 60,
}
CAMERA = AMI | {"format": "jpeg", "made_by": "camera"}
MOTH = "24F319055FDF2F5E"
THUMBNAIL = segment(0xE1, b"Exif\0\0MM" + b"\xff\xd8\xff\xdb" + bytes(40) + END)
LONG_SOUND = bytes(range(256)) * 40


def cases() -> list[tuple[str, str, bytes, dict]]:
    """(why, name, content, what it says) of each case."""
    name, sound = "20240918032339-snapshot.jpg", "20240918_033239.WAV"
    plain = {"format": "jpeg"}
    heard = {"format": "wav", "sample_rate_hz": 48_000}
    moth = {"recorder": MOTH, "model": "AudioMoth", "taken_at": "2024-09-18T03:32:39"}
    whole, cut = ami_text(), ami_text()[:300]
    deep = "[" * 20_000
    return [
        ("an image of an AMI system", name, jpeg(exif(text=whole, taken_at=AT, zone_hours=1)), CAMERA),
        ("EXIF in the order of bytes of most cameras", name, jpeg(exif(text=whole, taken_at=AT, order="<")), CAMERA),
        ("an image without text", name, jpeg(exif(taken_at=AT, zone_hours=-5)), plain | {"taken_at": AMI["taken_at"], "offset_minutes": -300}),
        ("an image without EXIF", name, jpeg(), plain),
        ("the text is cut off: what is whole counts", name, jpeg(exif(text=cut)), plain | {"system": "sys000041", "hardware": "har000005", "latitude": 52.75, "longitude": -3.25, "country": "GBR"}),
        ("placeholders and nulls say nothing", name, jpeg(exif(text=ami_text(system="sys999999", latitude=None, longitude=None, country=None, when=None))), plain | {"made_by": "camera", "hardware": "har000005"}),
        ("numbers that JSON does not have", name, jpeg(exif(text=ami_text(latitude=float("nan"), longitude=float("inf")))), {key: value for key, value in CAMERA.items() if key not in ("latitude", "longitude")}),
        ("a position as text", name, jpeg(exif(text=ami_text(latitude="52.75", longitude="-3.25"))), CAMERA),
        ("a position that is none", name, jpeg(exif(text=ami_text(latitude=95, longitude=True))), {key: value for key, value in CAMERA.items() if key not in ("latitude", "longitude")}),
        ("0, 0 is no position", name, jpeg(exif(text=ami_text(latitude=0, longitude=0.0))), {key: value for key, value in CAMERA.items() if key not in ("latitude", "longitude")}),
        ("a text that is no JSON", name, jpeg(exif(text="Wetland North, camera 2 {")), plain),
        ("a text that is a list, and of other types", name, jpeg(exif(text='[1, "x", {"base_ids": 3}]')), plain),
        ("a text of brackets alone", name, jpeg(exif(text=deep)), plain),
        ("brackets that do not fit, braces in strings", name, jpeg(exif(text='{"base_ids": {"system_id": "sys}\\"]{1"}}')), plain | {"system": 'sys}"]{1'}),
        ("the camera's serial in front of the name", "E93AFC27-20240918032339-snapshot.jpg", jpeg(), plain | {"camera": "E93AFC27"}),
        ("a trail camera with a position", "IMG_0001.JPG", jpeg(exif(make="Bushnell", model="119936C", serial="B0123", taken_at=AT, offset="-03:30", position=(-22.5, -43.25), order="<")), plain | {"model": "Bushnell 119936C", "camera": "B0123", "taken_at": AMI["taken_at"], "offset_minutes": -210, "latitude": -22.5, "longitude": -43.25}),
        ("a clock that says no day", name, jpeg(exif(text=ami_text(when="2024-02-30T03:23:39+0100"))), {key: value for key, value in CAMERA.items() if key not in ("taken_at", "offset_minutes")}),
        ("sound of an AMI system, its text behind the sound", sound, wav(behind=info(INAM=ami_text(made_by="audible_microphone")) + id3(ami_text(made_by="audible_microphone")), sound=LONG_SOUND), AMI | heard | {"made_by": "audible_microphone"}),
        ("ultrasound of an AMI system", sound, wav(rate=384_000, behind=info(INAM=ami_text(made_by="ultrasonic_microphone"))), AMI | {"format": "wav", "made_by": "ultrasonic_microphone", "sample_rate_hz": 384_000}),
        ("the text in ID3 alone, version 2.3, of two bytes a letter", sound, wav(behind=id3(ami_text(made_by="audible_microphone"), version=3, encoding=1)), AMI | heard | {"made_by": "audible_microphone"}),
        ("a sound of an odd length", sound, wav(sound=b"abc", behind=info(INAM=ami_text(made_by="audible_microphone"))), AMI | heard | {"made_by": "audible_microphone"}),
        ("an AudioMoth", sound, wav(rate=250_000, before=audiomoth(MOTH)), {"format": "wav", "sample_rate_hz": 250_000, "offset_minutes": 60} | moth),
        ("an AudioMoth in UTC", sound, wav(before=audiomoth(MOTH, zone="UTC")), heard | moth | {"offset_minutes": 0}),
        ("an AudioMoth west of Greenwich", sound, wav(before=audiomoth(MOTH, zone="UTC-3:30")), heard | moth | {"offset_minutes": -210}),
        ("an AudioMoth's id in front of the name", f"{MOTH}_20240918_033239.WAV", wav(), heard | {"recorder": MOTH}),
        ("a Song Meter", "S4A02641_20250220_170000.wav", wav(rate=24_000, behind=wamd(model="SM4", serial="S4A02641", time="2025-02-20 17:00:00-05:00", position="WGS84,9.15,N,79.84,W"), sound=LONG_SOUND), {"format": "wav", "sample_rate_hz": 24_000, "model": "SM4", "recorder": "S4A02641", "taken_at": "2025-02-20T17:00:00", "offset_minutes": -300, "latitude": 9.15, "longitude": -79.84}),
        ("GUANO", sound, wav(rate=256_000, before=guano("GUANO|Version: 1.0", "Make: Titley Scientific", "Model: Chorus", "Serial: 123456", "Timestamp: 2024-09-18T03:32:39+01:00", "Loc Position: 51.3 -0.48")), {"format": "wav", "sample_rate_hz": 256_000, "model": "Titley Scientific Chorus", "recorder": "123456", "taken_at": "2024-09-18T03:32:39", "offset_minutes": 60, "latitude": 51.3, "longitude": -0.48}),
        ("nothing but zeros", name, bytes(50_000), {"damage": "zeros"}),
        ("nothing but zeros, a sound", sound, bytes(65_536), {"damage": "zeros"}),
        ("a web page under the name of an image", name, b"<!doctype html><title>Sign in</title>" + b"<p>Welcome!</p>" * 90, {"damage": "text"}),
        ("a text in another alphabet", name, "ไม่พบหน้านี้ ".encode() * 20, {"damage": "text"}),
        ("no header", sound, b",+\xfd\xf8\x87\x01\x00\x02" * 240, {"damage": "no_header"}),
        ("half an image", name, jpeg(image_bytes=3_000)[:1_200], plain | {"damage": "cut_off"}),
        ("half a long image", name, jpeg(image_bytes=30_000)[:20_000], plain | {"damage": "cut_off"}),
        ("half an image with the end of its thumbnail", name, jpeg(THUMBNAIL, image_bytes=3_000)[:1_500], plain | {"damage": "cut_off"}),
        ("an image that ends in zeros", name, jpeg(image_bytes=8_000)[:3_000] + bytes(5_000), plain | {"damage": "cut_off"}),
        ("zeros behind the end of an image", name, jpeg() + bytes(500), plain),
        ("an image with a film behind it", name, jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0 GCamera:MotionPhoto=1")) + bytes(range(200)) * 40, plain),
        ("two bytes of an image", name, b"\xff\xd8", plain | {"damage": "cut_off"}),
        ("an impossible header of an image", name, b"\xff\xd8\x00\x00" + bytes(range(1, 200)) * 5 + END, plain | {"damage": "no_header"}),
        ("a segment that is longer than the file", name, b"\xff\xd8" + JFIF + b"\xff\xe1\xff\xffExif\0\0MM", plain | {"damage": "cut_off"}),
        ("a header alone", sound, wav(sound_bytes=1_920)[:44], heard | {"damage": "header_alone"}),
        ("a header of no sound", sound, wav(sound=b""), heard | {"damage": "header_alone"}),
        ("a sound that is shorter than its header says", sound, wav(sound_bytes=1_920)[:500], heard | {"damage": "shorter"}),
        ("a long sound that is shorter than its header says", sound, wav(sound=LONG_SOUND)[:9_000], heard | {"damage": "shorter"}),
        ("no word of how it was recorded", sound, b"RIFF" + bytes([200, 0, 0, 0]) + b"WAVE" + chunk(b"data", b"x" * 188), {"format": "wav", "damage": "no_header"}),
        ("an image under the name of a sound", sound, jpeg(), plain),
        ("an empty file", name, b"", {}),
    ]  # fmt: skip


def written() -> str:
    """The text of the file of cases."""
    found = []
    for why, name, content, said in cases():
        head, tail = content[:READ_BYTES], content[-READ_BYTES:]
        found.append(
            {
                "why": why,
                "name": name,
                "head": base64.b64encode(head).decode(),
                "tail": "" if tail == head else base64.b64encode(tail).decode(),
                "size": len(content),
                "facts": said,
            }
        )
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in found) + "\n]\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8", newline="\n")
