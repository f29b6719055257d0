"""A folder in a name hides no time from the readers downstream and makes none up; the name is always one to store."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployments.domain.names import DataType
from tests.client.program import ami_upload
from tests.readers import READERS, insights, species
from tests.shared_rules import cases
from uploads.domain.capture_time import device_time
from uploads.domain.keys import name_refusal

STEMS = [
    "20240918032339-snapshot", "01-20240822033849-snapshot", "20240918032339", "20240604_212002", "19700101_000114",
    "19700101000114-snapshot", "S4A02641_20250220_170000", "IMG_0001", "IMG_20240918", "2024-09-18_10-11", "20240918",
    "PXL_20240815_231156123", "202409181011", "5EB5A3B0", "1", "2024", "20240918_0323", "20240815T091156Z",
    "2024-08-15_09-11-56", "20240815-091156", "20240918_032339-snapshot",
]  # fmt: skip
FOLDERS = [
    "100MEDIA", "a", "20240918", "2024_09_18", "2024-09-18", "032339", "03_23_39", "20240918_032339", "20240918032339",
    "240918032339", "12", "12-13", "DCIM", "recycle", "$archive", "Site..2", " Site 3", "...", "Ri\u0301o",
    "\u1112\u1161\u11ab", "\u202e", "\u0662\u0660\u0662\u0664", "x" * 300, "2024", "201501011212", ".", "-", "_", "~",
]  # fmt: skip
folder = st.sampled_from(FOLDERS) | st.text(
    st.characters(exclude_characters="/", codec="utf-8"), min_size=1, max_size=60
)
stem = st.sampled_from(STEMS) | st.text("0123456789_-T. a", min_size=1, max_size=30).map(lambda text: f"x{text}x")
name = st.tuples(stem, st.sampled_from([".jpg", ".WAV"])).map("".join)


def readings(stored: str) -> list:
    return [reader(stored) for reader in READERS] + [device_time(stored)]


def data_type_of(stored: str) -> DataType:
    return DataType.SNAPSHOT_IMAGES if stored.endswith(".jpg") else DataType.AUDIBLE_RECORDINGS


@given(own=name, folders=st.lists(folder, min_size=1, max_size=4), count=st.integers(1, 4))
@example(own="20240918032339-snapshot.jpg", folders=["20240918"], count=1)
@example(own="IMG_0001.jpg", folders=["20240918", "032339"], count=2)
@example(own="2024-09-18_10-11.jpg", folders=["12"], count=1)
def test_no_reader_finds_another_time_with_the_folder(own, folders, count):
    path = "/".join([*folders, own])
    for stored in (ami_upload.name_with_folders(path, count), ami_upload.name_by_path(path)):
        assert readings(stored) == readings(own), stored
        assert "recycle" not in stored or "recycle" in own


@given(own=name, folders=st.lists(folder, min_size=1, max_size=4), count=st.integers(1, 4))
def test_the_portal_takes_every_name_that_it_takes_without_the_folder(own, folders, count):
    if name_refusal(own, data_type=data_type_of(own)):
        return
    path = "/".join([*folders, own])
    for stored in ami_upload.names_of(path, "0123456789abcdef" * 2)[1:]:
        assert name_refusal(stored, data_type=data_type_of(stored)) is None, stored
    stored = ami_upload.name_with_folders(path, count)
    assert stored != own
    assert name_refusal(stored, data_type=data_type_of(stored)) is None, stored


@given(own=name, paths=st.lists(st.lists(folder, min_size=0, max_size=3), min_size=2, max_size=6, unique_by=tuple))
def test_namesakes_are_always_told_apart(own, paths):
    if name_refusal(own, data_type=data_type_of(own)):
        return
    group = [ami_upload.Item("/".join([*folders, own]), own, "", 1, 0) for folders in paths]
    plan = ami_upload.settle_names(ami_upload.Plan(), [group], "folder")
    assert plan.not_sent == []
    assert len({item.name for item in plan.send}) == len(group)


@pytest.mark.parametrize(("stored", "reason"), cases("downstream"))
def test_what_is_said_of_a_name_is_what_its_reader_does(stored, reason):
    if reason == "recycle":
        return
    reader = (
        species
        if data_type_of(stored.replace(".jpeg", ".jpg").replace(".JPG", ".jpg")) is DataType.SNAPSHOT_IMAGES
        else insights
    )
    if reader is insights and ami_upload.re.search(r"\d{14}", stored):
        return  # this reader takes it, the others for sound do not
    assert bool(reader(stored)) == (reason == ""), stored
