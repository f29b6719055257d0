"""The API describes itself without a warning, and its docs need nothing from elsewhere."""

import re

import pytest
from django.core.management import call_command


def test_the_schema_is_valid_and_without_warnings(capsys):
    call_command("spectacular", validate=True, fail_on_warn=True)
    assert "openapi: 3" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_docs_work_offline(client):
    page = client.get("/api/docs/").content.decode()
    addresses = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)["']""", page)
    assert addresses
    assert [address for address in addresses if "//" in address] == []
