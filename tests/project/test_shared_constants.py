"""What is written from uploads/domain/shared.py is what it holds."""

import json
import re

from clients import page
from tests.client.program import ami_upload
from uploads.domain import shared


def test_a_constant_that_changed_is_another_in_the_page(monkeypatch):
    monkeypatch.setattr(shared, "SYSTEM_NAMES", ("new.db",))
    assert 'export const SYSTEM_NAMES = ["new.db"];' in page.written()


def test_page_and_script_have_all_of_them():
    names = [name for name in vars(shared) if name.isupper()]
    assert {"SYSTEM_NAMES", "EXTENSIONS", "MAX_NAME_BYTES", "DEVICE_TIME"} <= set(names)
    module = (page.ROOT / page.TARGET).read_text(encoding="utf-8")
    in_page = {
        name: json.loads(value) for name, value in re.findall(r"^export const (\w+) = (.+);$", module, re.MULTILINE)
    }
    assert in_page.keys() == set(names)
    for name in names:
        assert in_page[name] == json.loads(json.dumps(getattr(shared, name))), name
        assert getattr(ami_upload, name) == getattr(shared, name)
