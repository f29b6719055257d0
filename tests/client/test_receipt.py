"""Receipts, checked without any connection."""

import json

import pytest

from tests.receipt_making import PUBLIC_KEY_TEXT, signed
from uploads.receipts.keys import own_key_id, public_key


@pytest.fixture
def receipt(script, card, tmp_path):
    card.add_snapshots(4)
    path = tmp_path / "receipt.json"
    assert script.upload(card.root, "--receipt", str(path)).code == 0
    return path


@pytest.fixture
def verify(script):
    def run(path, *keys):
        script.more |= {"AMI_PORTAL": "https://portal.invalid", "AMI_TOKEN": ""}
        given = [word for key in keys or [public_key()] for word in ("--public-key", key)]
        return script.wait(script.start(*script.bare("verify-receipt", str(path), *given)))

    return run


def test_what_the_portal_signed_is_valid(receipt, verify):
    run = verify(receipt)
    assert run.code == 0
    assert run.out.startswith("VALID: receipt issued 20")
    assert "4 of 4 files proven to be stored; safe to wipe." in run.out


def test_laid_out_anew_it_is_not_what_was_signed(receipt, verify):
    receipt.write_text(json.dumps(json.loads(receipt.read_text()), indent=2))
    run = verify(receipt)
    assert run.code == 1
    assert "reformatted" in run.out


def test_older_keys_are_given_beside_the_one_in_use(receipt, verify):
    assert verify(receipt, PUBLIC_KEY_TEXT, public_key()).code == 0
    other = verify(receipt, PUBLIC_KEY_TEXT)
    assert other.code == 1
    assert f"it names another key ({own_key_id()}) than the portal's" in other.out


def test_one_of_the_first_kind_is_told_as_such(verify, tmp_path):
    old = tmp_path / "old.json"
    old.write_bytes(signed(1))
    run = verify(old, PUBLIC_KEY_TEXT)
    assert run.code == 0
    assert run.out.startswith("VALID: receipt of the first kind: session 31")
    assert "does not say when it was issued" in run.out
    assert verify(old, f"v1:{PUBLIC_KEY_TEXT}").code == 0
    old.write_bytes(signed(2))
    assert verify(old, f"v1:{PUBLIC_KEY_TEXT}").code == 1


def change_file(receipt):
    receipt["files"][2]["md5"] = "0" * 32


def drop_file(receipt):
    del receipt["files"][1]


def change_summary(receipt):
    receipt["summary"]["deployment"] = "dep000001"


def unsafe_made_safe(receipt):
    receipt["summary"]["safe_to_wipe"] = not receipt["summary"]["safe_to_wipe"]


def drop_signature(receipt):
    del receipt["signature"]


@pytest.mark.parametrize("change", [change_file, drop_file, change_summary, unsafe_made_safe, drop_signature])
@pytest.mark.parametrize("layout", ["lines", "indented"])
def test_any_change_is_found_out(receipt, verify, change, layout):
    value = json.loads(receipt.read_text())
    change(value)
    if layout == "indented":
        text = json.dumps(value, indent=1)
    else:
        lines = [json.dumps(each, sort_keys=True, separators=(",", ":")) for each in value.pop("files")]
        text = '{"files":[\n' + ",\n".join(lines) + "\n],\n" + json.dumps(value)[1:]
    receipt.write_text(text)
    run = verify(receipt)
    assert run.code == 1
    assert run.out.startswith("NOT VALID: ")


def test_another_key_does_not_vouch(receipt, verify):
    assert verify(receipt, "A" * 43 + "=").code in (1, 2)
    run = verify(receipt, "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=")
    assert run.code == 2


def test_a_receipt_that_ends_in_the_middle_is_none(receipt, verify):
    receipt.write_text(receipt.read_text()[:-200])
    assert verify(receipt).code == 1
    receipt.write_text("")
    assert verify(receipt).code == 1
