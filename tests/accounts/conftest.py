import pytest


@pytest.fixture
def page(client, maintainer):
    """A browser in which the maintainer is signed in."""
    client.force_login(maintainer)
    return client
