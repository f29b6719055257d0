import pytest
from django.test import Client


@pytest.fixture
def page(client, maintainer) -> Client:
    """A maintainer's browser."""
    client.force_login(maintainer)
    return client
