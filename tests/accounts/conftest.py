import base64

import pytest

from tests.accounts.guessing import looked_at, server, slow_hash, victim  # noqa: F401 (fixtures)
from tests.people import PASSWORD


@pytest.fixture
def page(client, maintainer):
    """A browser in which the maintainer is signed in."""
    client.force_login(maintainer)
    return client


@pytest.fixture
def basic():
    """HTTP Basic of one of the people."""

    def header(person, password: str = PASSWORD) -> dict[str, str]:
        pair = base64.b64encode(f"{person.username}:{password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    return header
