"""Row 42: forged receipts, at full count."""

import io

import pytest

from tests.receipt_making import PUBLIC_KEY, script, signed
from tests.receipt_mutations import mutated

MUTATIONS = 10_000


@pytest.mark.parametrize("version", [1, 2])
def test_no_mutation_of_ten_thousand_passes(version):
    """By the script's own copy of the check; tests/project has the portal's."""
    check = script()
    keys = [check.TrustedKey(PUBLIC_KEY)]
    genuine = signed(version, files=5)
    passed = []
    for kind, text in mutated(genuine, seed=10 + version, count=MUTATIONS):
        try:
            check.check_receipt(io.BytesIO(text), keys, check.is_signed)
        except check.NotAReceipt:
            continue
        passed.append((kind, text))
    print(f"row 42, version {version}: {MUTATIONS:,} mutations, {len(passed)} passed")
    assert passed == []
