"""A PostgreSQL and a SeaweedFS of the tests' own, in a temporary folder, whatever the environment names.

Tests must never meet a configured database or store, so the variables are set to these services before settings.py is
read.
"""

import argparse
import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from amiportal.dev import embedded
from tests import template

PREFIX = "ami-portal-tests-"
# Read by settings.py and not set below: a developer's shell must not change what is tested.
UNSET = (
    "DEBUG",
    "SCRIPT_NAME",
    "BEHIND_TLS_PROXY",
    "SSL_REDIRECT",
    "HSTS_SECONDS",
    "LEGACY_API_ENABLED",
    "LOG_LEVEL",
    "STATIC_ROOT",
    "PORTAL_FILES_BUCKET",
    "PORTAL_FILES_ACCESS_KEY_ID",
    "PORTAL_FILES_SECRET_ACCESS_KEY",
    "GRANT_LIFETIME_S",
    "LEGACY_GRANT_LIFETIME_S",
    "S3_CONNECT_TIMEOUT_S",
    "S3_READ_TIMEOUT_S",
    "S3_MAX_ATTEMPTS",
    "S3_MAX_CONNECTIONS",
)

NOWHERE = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nowhere",
    "S3_ENDPOINT_URL": "http://127.0.0.1:1",
    "S3_PUBLIC_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "nowhere",
    "SECRET_KEY": "none",
    "RECEIPT_KEY": "A" * 43 + "=",
    "ALLOWED_HOSTS": "127.0.0.1",
    "STATIC_ROOT": str(Path(__file__).parent / "data"),
}

_running = ExitStack()


def are_needed(arguments: list[str]) -> bool:
    """Not in the process that only deals out the tests to those of `pytest -n`, which start their own."""
    options = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    options.add_argument("-n", "--numprocesses", default="0")
    return "PYTEST_XDIST_WORKER" in os.environ or options.parse_known_args(arguments)[0].numprocesses == "0"


def name_none() -> None:
    """The settings can be read, and name nothing that exists."""
    os.environ.update(NOWHERE)
    os.environ["DJANGO_SETTINGS_MODULE"] = "amiportal.settings"


def start() -> None:
    """Takes some two seconds, the first time ten more.

    Nothing but the template stays behind: the parts end with this process, however it ends.
    """
    remove_left_over()
    place = Path(tempfile.mkdtemp(prefix=PREFIX))
    _running.callback(shutil.rmtree, place, ignore_errors=True)
    owner = _running.enter_context(open(place / "owner", "w"))  # noqa: SIM115
    fcntl.flock(owner, fcntl.LOCK_EX)
    for name in UNSET:
        os.environ.pop(name, None)
    template.copy_to(place, environment=NOWHERE | {"DJANGO_SETTINGS_MODULE": "amiportal.settings"})
    parts = _running.enter_context(embedded.Parts(embedded.Layout(place, throwaway=True)))
    (place / "static").mkdir()
    os.environ.update(parts.variables | embedded.local_settings(parts.secrets, web_port=8000))
    os.environ["ALLOWED_HOSTS"] = "127.0.0.1,localhost,testserver"
    os.environ["VAR_DIR"] = str(place)
    os.environ["DJANGO_SETTINGS_MODULE"] = "amiportal.settings"
    atexit.register(stop)


def stop() -> None:
    _running.close()


def remove_left_over() -> None:
    """Folders whose test run was killed; those of a run in progress are locked."""
    for place in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        try:
            with open(place / "owner") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(place, ignore_errors=True)
        except OSError:
            continue
