"""The rules that the portal, the page and the script share, by the cases of tests/data/rules."""

import base64
from dataclasses import asdict

import pytest

from tests.cards import facts_cases
from tests.client.program import ami_upload
from tests.shared_rules import cases


@pytest.mark.parametrize(("name", "time"), cases("device_times"))
def test_device_times(name, time):
    assert ami_upload.device_time(name) == (time or "")


@pytest.mark.parametrize(("name", "reason"), cases("downstream"))
def test_what_is_passed_over_downstream(name, reason):
    assert ami_upload.passed_over(name) == reason
    assert not reason or reason in ami_upload.PASSED_OVER


@pytest.mark.parametrize(("name", "code"), cases("names"))
def test_names_that_are_refused(name, code):
    assert ami_upload.name_fault(name) == code
    assert not code or code in ami_upload.NAME_FAULTS


@pytest.mark.parametrize(("path", "reason"), cases("left_out"))
def test_what_is_left_out(path, reason):
    extensions = ami_upload.EXTENSIONS["snapshot_images"]
    assert ami_upload.reason_to_leave_out(path.split("/"), 1, extensions) == reason
    assert not reason or reason in ami_upload.REASONS


@pytest.mark.parametrize(("why", "groups", "others"), cases("folders_in_names"))
def test_folders_in_names(why, groups, others):
    found = [[ami_upload.Item(file["path"], own_name(file["path"]), "", 1, 0) for file in group] for group in groups]
    plan = ami_upload.Plan(send=[ami_upload.Item(name, name, "", 1, 0) for name in others])
    plan = ami_upload.settle_names(plan, sorted(found, key=lambda group: group[0].name), "folder")
    given = [[item.name if not item.status else f"({ami_upload.name_fault(item.name)})" for item in g] for g in found]
    assert given == [[file["name"] for file in group] for group in groups], why


def own_name(path: str) -> str:
    return ami_upload.composed(path.rpartition("/")[2])


@pytest.mark.parametrize(("why", "name", "head", "tail", "size", "said"), cases("file_facts"))
def test_what_files_say_of_themselves(why, name, head, tail, size, said):
    head, tail = base64.b64decode(head), base64.b64decode(tail or head)
    assert asdict(ami_upload.facts_of(name, head, tail, size)) == asdict(ami_upload.FileFacts(**said)), why
    assert said.get("damage", "") in {"", *ami_upload.DAMAGE}


@pytest.mark.parametrize(("path", "data_type"), cases("data_types_by_place"))
def test_the_data_type_by_folders_and_name(path, data_type):
    assert ami_upload.type_by_place(path) == data_type


def test_the_cases_of_files_are_what_their_makers_write():
    """Else write them again: python -m tests.cards.facts_cases."""
    assert facts_cases.TARGET.read_text(encoding="utf-8") == facts_cases.written()
