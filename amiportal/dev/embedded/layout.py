"""Where the embedded parts keep their files, and the secrets made once for them."""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


class CannotStart(SystemExit):
    """An embedded part did not start; the message says why and what to do."""


@dataclass(frozen=True)
class Layout:
    """One place with its own database, store, secrets and process records.

    `throwaway` is for tests: nothing is synced to the disk, ports are free ones, and the parts end with the
    process that started them, whatever ends it. `strict_ports` fails on a taken default port instead of
    taking a free one: for `make run`, whose addresses people know.
    """

    var_dir: Path
    throwaway: bool = False
    strict_ports: bool = False

    @property
    def run_dir(self) -> Path:
        return self.var_dir / "run"

    @property
    def log_dir(self) -> Path:
        return self.var_dir / "log"

    def prepare(self) -> None:
        for folder in (self.var_dir, self.run_dir, self.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.run_dir.chmod(0o700)
        self.log_dir.chmod(0o700)


def default_var_dir() -> Path:
    return Path(os.environ.get("VAR_DIR", "").strip() or REPOSITORY / "var").absolute()


@dataclass(frozen=True)
class Secrets:
    """Random, made once per var directory, kept in var/secrets.json with mode 600."""

    secret_key: str
    database_password: str
    s3_access_key_id: str
    s3_secret_access_key: str
    receipt_key: str


def load_or_make_secrets(var_dir: Path) -> Secrets:
    """Presupposes that the caller holds the parts' lock, so that two first starts agree."""
    path = var_dir / "secrets.json"
    try:
        return _with_receipt_key(path, json.loads(path.read_text()))
    except FileNotFoundError:
        pass
    except (TypeError, ValueError) as error:
        raise CannotStart(f"{path} cannot be read. Mend it, or remove {var_dir} to start afresh.") from error
    if (var_dir / "postgres").exists():
        raise CannotStart(f"{path} is gone, and with it the password of the database in {var_dir / 'postgres'}.")
    made = Secrets(
        secret_key=secrets.token_urlsafe(50),
        database_password=secrets.token_urlsafe(24),
        s3_access_key_id="AMI" + secrets.token_hex(8).upper(),
        s3_secret_access_key=secrets.token_urlsafe(30),
        receipt_key=_new_receipt_key(),
    )
    write_private_json(path, vars(made))
    return made


def _with_receipt_key(path: Path, kept: dict) -> Secrets:
    """A place from before receipts had a key of their own gets one."""
    if "receipt_key" in kept:
        return Secrets(**kept)
    made = Secrets(**kept, receipt_key=_new_receipt_key())
    write_private_json(path, vars(made))
    return made


def _new_receipt_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def write_private_json(path: Path, content: Mapping) -> None:
    """Written whole or not at all, readable by the owner alone."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
