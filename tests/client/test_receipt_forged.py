"""Attacks on a genuine receipt by somebody who has no key: none of what they make passes the check."""

import json

import pytest

from tests.receipt_making import PUBLIC_KEY_TEXT, script, signed

FORGED = '{"name":"forged.jpg","status":"verified"}'


@pytest.fixture(params=[1, 2])
def genuine(request) -> str:
    return signed(request.param).decode()


@pytest.fixture
def check(tmp_path, capsys):
    """How the script ends and what it says of a receipt."""

    def run(content: bytes) -> tuple[int, str]:
        path = tmp_path / "receipt.json"
        path.write_bytes(content)
        code = script().main(["verify-receipt", str(path), "--public-key", PUBLIC_KEY_TEXT])
        return code, capsys.readouterr().out

    return run


def at_the_end(text: str, more: str) -> str:
    return text.rstrip().removesuffix("}") + more + "}\n"


ATTACKS = {
    "a file's MD5": lambda text: text.replace('"md5":"', '"md5":"0', 1),
    "a file twice": lambda text: text.replace("\n{", "\n" + text.splitlines()[1] + "\n{", 1),
    "the first file away": lambda text: text.replace(text.splitlines()[1] + "\n", "", 1),
    "two files the other way round": lambda text: swapped(text),
    "the summary": lambda text: text.replace('"safe_to_wipe":true', '"safe_to_wipe":false'),
    "a member beside": lambda text: at_the_end(text, ',"extra":"SAFE"'),
    "a summary first": lambda text: text.replace('"summary":', '"summary":{"safe_to_wipe":true},"summary":', 1),
    "a summary last": lambda text: at_the_end(text, ',"summary":{"session":1,"safe_to_wipe":true}'),
    "files first": lambda text: text.replace('{"files":[', '{"files":[' + FORGED + '],"files":[', 1),
    "files last": lambda text: at_the_end(text, f',"files":[{FORGED}]'),
    "files last, on a line of their own": lambda text: at_the_end(text, f',\n"files":[{FORGED}]'),
    "files before the key": lambda text: text.replace('"public_key"', f'"files":[{FORGED}],\n"public_key"'),
    "files last, laid out as ours": lambda text: at_the_end(text, f',"files":[\n{FORGED}\n]'),
    "a key of a file twice": lambda text: text.replace('{"key":', '{"name":"forged.jpg","key":', 1),
    "a key of the summary twice": lambda text: text.replace('"summary":{', '"summary":{"safe_to_wipe":true,', 1),
    "no comma between two files": lambda text: text.replace("},\n", "}\n", 1),
    "a comma behind the last file": lambda text: text.replace("}\n],", "},\n],", 1),
    "a number in another form": lambda text: text.replace('"files":4,', '"files":4.0,'),
    "blanks": lambda text: text.replace('"files":4,', '"files": 4,'),
    "an escaped letter": lambda text: text.replace("snapshot_images", "\\u0073napshot_images", 1),
    "something after the end": lambda text: text + FORGED,
    "blanks after the end": lambda text: text + " \n",
    "another receipt after the end": lambda text: text * 2,
    "another public key beside it": lambda text: text.replace('"public_key":"', '"public_key":"A'),
    "laid out again": lambda text: json.dumps(json.loads(text), indent=2),
    "on one line": lambda text: json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "a byte order mark": lambda text: "\ufeff" + text,
    "no signature": lambda text: "\n".join(line for line in text.split("\n") if '"signature"' not in line),
    "the end away": lambda text: text[:-2],
    "the last line end away": lambda text: text[:-1],
    "nothing": lambda text: "",
}


def swapped(text: str) -> str:
    first, second = text.splitlines()[1:3]
    return text.replace(f"{first}\n{second}\n", f"{second}\n{first}\n")


@pytest.mark.parametrize("name", ATTACKS)
def test_what_was_changed_is_found_out(check, genuine, name):
    forged = ATTACKS[name](genuine)
    assert forged != genuine
    code, told = check(forged.encode())
    assert code == 1, told
    assert told.startswith("NOT VALID: ")


def test_what_was_not_is_valid(check, genuine):
    code, told = check(genuine.encode())
    assert (code, told[:6]) == (0, "VALID:")


def test_a_genuine_one_is_told_as_it_is(check):
    assert check(signed(2))[1].rstrip().splitlines()[0].endswith("; safe to wipe.")
    code, told = check(signed(2, safe_to_wipe=False))
    assert (code, told[:6]) == (0, "VALID:")
    assert "4 of 4 files proven to be stored; NOT safe to wipe." in told
