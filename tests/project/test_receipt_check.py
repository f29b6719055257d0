"""The one check of receipts: the same in portal and script, and nothing but the portal's own text passes it."""

import io
from collections import Counter
from pathlib import Path

import pytest

from tests.receipt_making import PUBLIC_KEY, SCRIPT, file_entry, script, signed, text_of
from tests.receipt_mutations import mutated
from uploads.receipts import check
from uploads.receipts.check import NotAReceipt, TrustedKey, check_receipt
from uploads.receipts.keys import is_signed

KEYS = [TrustedKey(PUBLIC_KEY)]
MUTATIONS = 1_000  # of the 10,000 that tests/soak makes


def fault(content: bytes, keys: list[TrustedKey] = KEYS) -> str:
    """Why a text is no receipt; "" when it is."""
    try:
        check_receipt(io.BytesIO(content), keys, is_signed)
    except NotAReceipt as error:
        return error.code
    return ""


def test_the_script_carries_the_check_to_the_letter():
    own = Path(check.__file__).read_text()
    code = own[own.index("MAX_RECEIPT_LINE = ") :]
    _, begin, rest = SCRIPT.read_text().partition("\n# --- uploads/receipts/check.py ---")
    assert begin
    assert rest.partition("\n# --- ")[0].strip().endswith(code.strip())


@pytest.mark.parametrize("version", [1, 2])
def test_no_mutation_passes(version):
    genuine = signed(version, files=5)
    assert fault(genuine) == ""
    kinds = Counter()
    for kind, text in mutated(genuine, seed=version, count=MUTATIONS):
        assert fault(text), (kind, text)
        kinds[kind] += 1
    assert min(kinds.values()) > MUTATIONS // 10


@pytest.mark.parametrize("files", [0, 1, 2])
@pytest.mark.parametrize("version", [1, 2])
def test_a_receipt_of_few_files_or_none(version, files):
    found = check_receipt(io.BytesIO(signed(version, files)), KEYS, is_signed)
    assert (found.version, found.files, found.proven) == (version, files, files)
    assert found.summary["safe_to_wipe"] is (files > 0)


def test_what_contradicts_itself_is_no_proof_even_if_signed():
    lost = [file_entry(0), file_entry(1, status="missing")]
    assert fault(signed(2, entries=lost)) == ""
    assert fault(signed(2, entries=lost, safe_to_wipe=True)) == "contents"
    assert fault(signed(2, 4, selected_files=5)) == "contents"
    assert fault(signed(2, 4, key_id="0" * 16)) == "contents"
    assert fault(signed(2, 4, unsettled=1)) == "contents"
    assert fault(signed(2, 4, refused=1)) == "contents"
    assert fault(signed(2, files=0, safe_to_wipe=True)) == "contents"
    unsettled = [file_entry(0), file_entry(1, status="unsettled")]
    assert fault(signed(2, entries=unsettled)) == ""
    assert fault(signed(2, entries=unsettled, safe_to_wipe=True)) == "contents"


def test_one_of_a_kind_to_come_asks_for_a_newer_program():
    assert fault(signed(3)) == "version"
    assert fault(signed(1, extra="x")) == "layout"
    of_the_second_kind = file_entry(0, multipart_md5="", proven_by="md5")
    assert fault(signed(1, entries=[of_the_second_kind])) == "layout"
    assert fault(signed(1, entries=[file_entry(0, extra="x")])) == "layout"


def test_another_key_does_not_vouch():
    with pytest.raises(NotAReceipt, match="another key") as refused:
        check_receipt(io.BytesIO(signed()), [TrustedKey(bytes(32))], is_signed)
    assert refused.value.code == "key"


def test_an_old_key_vouches_for_old_receipts_alone():
    """It was derived from a secret that other things are signed by: whoever gets that signs nothing new."""
    old = [TrustedKey(PUBLIC_KEY, version=1)]
    assert fault(signed(1), old) == ""
    assert fault(signed(2), old) == "key"
    assert fault(signed(1), [TrustedKey(PUBLIC_KEY, version=2)]) == "key"


@pytest.mark.parametrize(
    "hostile",
    [b"[" * 60_000, b'{"name":' * 8_000, b"9" * 60_000, b'"\\ud800"', b"NaN", b"x" * 10_000_000, b"\xff\xfe", b""],
)
def test_hostile_lines_are_refused_and_nothing_else_happens(hostile):
    head, rest = signed().split(b"\n", 1)
    assert fault(head + b"\n" + hostile + b",\n" + rest) == "layout"
    assert fault(hostile) == "layout"


def test_a_line_ends_where_it_is_cut():
    """As long as is read at once: what stands where its end should be is not overlooked."""
    entry = file_entry(0, multipart_md5="", proven_by="md5", path_on_card="")
    entry["path_on_card"] = "x" * (check.MAX_RECEIPT_LINE - len(text_of(entry)))
    genuine = signed(entries=[entry])
    assert fault(genuine) == ""
    assert fault(genuine.replace(b"}\n],", b"}x],")) == "layout"


def test_the_script_reads_no_longer_lines_than_the_portal():
    assert script().MAX_RECEIPT_LINE == check.MAX_RECEIPT_LINE
    longest = file_entry(0, path_on_card='"' * 4_096, name="\U0001f98b" * 63)
    assert fault(signed(entries=[longest])) == ""
