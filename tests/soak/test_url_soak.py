"""Row 24 of the reliability table: 13 other uses of 200 upload URLs, before and after their uploads, none accepted."""

import pytest

from tests.uploads.conftest import (  # noqa: F401 (fixtures are found by their names here)
    other_colleague,
    probed_store,
    proxy,
    site,
    store_record,
    uploader,
)
from tests.uploads.test_url_uses import heeding, other_bucket  # noqa: F401
from tests.uploads.url_uses import USES, misuse

URLS = 200


@pytest.mark.parametrize("kind", ["the real store", "a store that heeds unbound headers"])
def test_row_24_a_url_used_for_anything_else(request, uploader, store, site, other_bucket, kind):  # noqa: F811
    if kind != "the real store":
        request.getfixturevalue("heeding")("bound")
    tries = misuse(uploader, store, site, other_bucket, count=URLS)
    assert tries == 2 * URLS * len(USES)
    print(f"row 24, {kind}: {len(USES)} uses x {URLS} URLs before and {URLS} after the upload: 0 of {tries:,} accepted")
