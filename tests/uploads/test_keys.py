"""Names: checked, never repaired; whatever passes lies below its prefix and is found again as it was granted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.domain.names import DataType
from uploads.domain.keys import (
    content_type_accepted,
    content_type_for,
    key_prefix,
    name_refusal,
)
from uploads.domain.shared import MAX_NAME_BYTES

IMAGES, SOUND = DataType.SNAPSHOT_IMAGES, DataType.AUDIBLE_RECORDINGS


@pytest.mark.parametrize(
    ("name", "data_type"),
    [
        ("20240918032339-snapshot.jpg", IMAGES),
        ("CAMERA-20240918032339-01.JPG", IMAGES),
        ("IMG 0001.jpeg", IMAGES),
        ("ป่า 20240918032339.jpg", IMAGES),
        ("多摩-20240918032339.jpg", IMAGES),
        ("a,b.jpg", IMAGES),
        ("100%~+&=.jpg", IMAGES),
        ("19700101_000114.WAV", SOUND),
        ("x" * (MAX_NAME_BYTES - 4) + ".wav", SOUND),
    ],
)
def test_names_of_real_cards_are_taken(name, data_type):
    assert name_refusal(name, data_type=data_type) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_empty"),
        ("../a.jpg", "name_path"),
        ("a/b.jpg", "name_path"),
        ("a\\b.jpg", "name_path"),
        ("a..jpg", "name_path"),
        (".hidden.jpg", "name_hidden"),
        ("$RECYCLE.jpg", "name_hidden"),
        (" a.jpg", "name_blank"),
        ("a.jpg ", "name_blank"),
        ("\u3000a.jpg", "name_blank"),
        ("a\u00a0", "name_blank"),
        ("a\x00.jpg", "name_characters"),
        ("a\n.jpg", "name_characters"),
        ("a\x7f.jpg", "name_characters"),
        ("a\u202egpj.jpg", "name_characters"),
        ("a\u2066.jpg", "name_characters"),
        ("a\u2028.jpg", "name_characters"),
        ("a\ud800.jpg", "name_characters"),
        ("Jardi\u0301n.jpg", "name_not_nfc"),
        ("x" * (MAX_NAME_BYTES - 3) + ".jpg", "name_too_long"),
        ("ป" * 84 + ".jpg", "name_too_long"),
        ("a.wav", "extension"),
        ("a.jpg.exe", "extension"),
        ("jpg", "extension"),
        ("a", "extension"),
    ],
)
def test_everything_else_is_refused_with_its_reason(name, code):
    refusal = name_refusal(name, data_type=IMAGES)
    assert refusal is not None
    assert refusal.code == code
    assert refusal.reason.endswith(".")


@given(st.text(max_size=300), st.sampled_from([".jpg", ".JPEG", ".wav", ""]), st.sampled_from(DataType.values))
def test_no_key_leaves_its_prefix(stem, extension, data_type):
    name = stem + extension
    if name_refusal(name, data_type=data_type) is not None:
        return
    prefix = key_prefix(deployment_id="dep000001", data_type=data_type)
    key = prefix + name
    assert key.startswith(prefix)
    assert "/" not in name
    assert "\\" not in name
    assert ".." not in name
    assert not name.startswith((".", "$"))
    assert name == name.strip() == unicodedata.normalize("NFC", name)
    assert not any(unicodedata.category(character) == "Cc" for character in name)
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert content_type_for(name, data_type=data_type) is not None


def test_the_extension_decides_the_content_type():
    assert content_type_for("a.JPG", data_type=IMAGES) == "image/jpeg"
    assert content_type_for("a.Wav", data_type=SOUND) == "audio/wav"
    assert content_type_for("a.wav", data_type=IMAGES) is None


@pytest.mark.parametrize("sent", ["audio/x-wav", "audio/wav", "audio/vnd.wave", "application/octet-stream"])
def test_field_clients_may_name_sound_as_they_do(sent):
    assert content_type_accepted(sent, name="a.WAV", data_type=SOUND)
    assert not content_type_accepted("image/jpeg", name="a.WAV", data_type=SOUND)
    assert not content_type_accepted("text/html", name="a.WAV", data_type=SOUND)
