"""The same portal, card and script as in tests/client, at the full counts of the reliability table."""

import pytest

from tests.client.conftest import (  # noqa: F401 (fixtures are found by their names here)
    Script,
    card,
    objects,
    portal,
    proxy,
    server,
    store_record,
    whole_proxy,
)

PATIENCE_S = 3 * 3600


@pytest.fixture
def script(portal, tmp_path) -> Script:  # noqa: F811
    return Script(portal, tmp_path / "state", patience_s=PATIENCE_S)
