"""Production without a value fails at its start, naming the variable; .env.example names them all."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIRED = (
    "DATABASE_URL",
    "S3_ENDPOINT_URL",
    "S3_PUBLIC_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "SECRET_KEY",
    "RECEIPT_KEY",
    "ALLOWED_HOSTS",
)


def settings_read_with(variables: dict[str, str]) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", "import amiportal.settings"]
    return subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True, text=True)


def production() -> dict[str, str]:
    return {name: os.environ[name] for name in REQUIRED} | {"PATH": os.environ["PATH"]}


def test_production_starts_with_the_required_variables_alone():
    assert settings_read_with(production()).returncode == 0


@pytest.mark.parametrize("name", REQUIRED)
def test_start_without_a_required_variable_names_it(name):
    ended = settings_read_with({key: value for key, value in production().items() if key != name})
    assert ended.returncode != 0
    assert ended.stderr.startswith(f"{name} is not set.")


@pytest.mark.parametrize("name", ["DATABASE_URL", "S3_ENDPOINT_URL"])
def test_manage_starts_nothing_when_only_one_part_is_configured(name, tmp_path):
    variables = {key: value for key, value in production().items() if key != name} | {"VAR_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=REPOSITORY, env=variables, capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert f"{name} is not set." in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_values_of_the_wrong_kind_are_named():
    ended = settings_read_with(production() | {"GRANT_LIFETIME_S": "an hour"})
    assert ended.stderr.startswith("GRANT_LIFETIME_S should be a whole number")


@pytest.mark.parametrize("value", ["a word", "c2hvcnQ=", "A" * 64])
def test_a_key_of_receipts_that_is_none_is_named_and_not_shown(value):
    ended = settings_read_with(production() | {"RECEIPT_KEY": value})
    assert ended.stderr.startswith("RECEIPT_KEY should be 32 random bytes in base64")
    assert value not in ended.stderr


def test_env_example_has_every_variable_and_no_other():
    code = [*(REPOSITORY / "amiportal").rglob("*.py"), REPOSITORY / "gunicorn.conf.py"]
    reading = re.compile(
        r"(?:env\.(?:text|flag|integer|words|day|key|tiles)|ports\.(?:configured|choose)|os\.environ\.get)\(\"([A-Z][A-Z0-9_]+)\""
    )
    read = {name for path in code for name in reading.findall(path.read_text())} - {"DJANGO_SETTINGS_MODULE"}
    documented = re.findall(r"^([A-Z][A-Z0-9_]+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(read | {"CHROMIUM"})


@pytest.mark.parametrize("name", ["INSTALLED_APPS", "MIDDLEWARE"])
def test_nothing_is_installed_twice(name):
    """A middleware that stands there twice runs twice for every request, and nobody is told."""
    assert [part for part, times in Counter(getattr(settings, name)).items() if times > 1] == []
