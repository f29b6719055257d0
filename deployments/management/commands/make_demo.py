"""manage.py make_demo: what `make run` shows: buckets in the store, a sample table, three accounts."""

import json
import os
import secrets
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.tokens import make_token
from amiportal.core.errors import PortalError
from amiportal.objectstore.buckets import ensure_bucket
from amiportal.objectstore.models import StoreProbe
from deployments.domain.names import TEST_BUCKET, TEST_DEPLOYMENT_ID
from deployments.formats.table import read_table
from deployments.models import Bucket, Deployment
from deployments.services import import_table, make_bucket_in_store

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample_deployments.csv"
ACCOUNTS_FILE = "demo-accounts.json"
_PARTNER_BUCKETS = ("gbr", "pan", "cri", TEST_BUCKET)
_SCRIPT_BUCKETS = ("gbr", "saltmarsh-soundscapes", TEST_BUCKET)
_ACCOUNTS: dict[str, dict[str, Any]] = {
    "maintainer": {"role": Role.MAINTAINERS, "name": ("Demo", "Maintainer"), "buckets": ()},
    "partner": {"role": Role.PARTNERS, "name": ("Demo", "Partner"), "buckets": _PARTNER_BUCKETS},
    "script": {"role": Role.SCRIPTS, "name": ("Demo", "Script"), "buckets": _SCRIPT_BUCKETS},
}


class Command(BaseCommand):
    help = "Make the demo data. What is there already stays as it is; a lost file of passwords means new passwords."

    def handle(self, **options: Any) -> None:
        if not settings.INSECURE_HTTP:
            raise CommandError("Demo accounts are for a portal on this machine alone (INSECURE_HTTP=1).")
        self._make_files_bucket()
        if not Deployment.objects.exclude(deployment_id=TEST_DEPLOYMENT_ID).exists():
            import_table(actor=None, table=read_table(SAMPLE.read_bytes()))
        self._make_buckets()
        self._make_accounts(Path(settings.VAR_DIR) / ACCOUNTS_FILE)
        if not StoreProbe.objects.filter(endpoint=settings.S3_ENDPOINT_URL).exists():
            call_command("probe_store", TEST_BUCKET, stdout=StringIO())

    def _make_files_bucket(self) -> None:
        """First, since an import wants a place for its snapshot."""
        try:
            ensure_bucket(settings.PORTAL_FILES_BUCKET, origins=[])
        except PortalError as error:
            raise CommandError(error.message) from error

    def _make_buckets(self) -> None:
        try:
            for bucket in Bucket.objects.all():
                make_bucket_in_store(actor=None, bucket=bucket)
        except PortalError as error:
            raise CommandError(error.message) from error

    def _make_accounts(self, file: Path) -> None:
        known = _read(file)
        kept = {key: known[key] for key in _ACCOUNTS if key in known and _exists(known[key])}
        if kept.keys() == _ACCOUNTS.keys():
            return
        accounts = {key: kept.get(key) or self._make_account(key, **spec) for key, spec in _ACCOUNTS.items()}
        _write(file, accounts)
        self.stdout.write(f"Accounts: {', '.join(accounts)}; their passwords are in {file}")

    def _make_account(self, key: str, *, role: Role, name: tuple[str, str], buckets: tuple[str, ...]) -> dict:
        """A new account, or an existing one whose password nobody knows any more: both get a new one."""
        user, _ = User.objects.get_or_create(
            username=key, defaults={"email": f"{key}@example.org", "organisation": "Demo institute"}
        )
        user.first_name, user.last_name = name
        user.is_staff = role == Role.MAINTAINERS
        user.is_service_account = role == Role.SCRIPTS
        password = secrets.token_urlsafe(12)
        user.set_password(password)
        user.save()
        user.groups.set([Group.objects.get(name=role)])
        user.buckets.set(Bucket.objects.filter(name__in=buckets))
        account = {"username": user.username, "password": password}
        if role == Role.SCRIPTS:
            AuthToken.objects.filter(user=user).delete()
            account["token"] = make_token(actor=None, user=user)
        return account


def _exists(account: dict) -> bool:
    return User.objects.filter(username=account.get("username")).exists()


def _read(file: Path) -> dict:
    try:
        accounts = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return accounts if isinstance(accounts, dict) else {}


def _write(file: Path, accounts: dict) -> None:
    """Never readable by others, not for a moment; never half written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump(accounts, out, indent=2)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(file)
