"""Typed reading of environment variables. Pure: settings.py and manage.py stand on it."""

import base64
import os
import re
from datetime import date

_TILES = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?/[!-~]*", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")


class MissingSetting(SystemExit):
    """A variable that has no default is not set: the start ends with its name."""

    def __init__(self, name: str):
        super().__init__(f"{name} is not set. See .env.example for what it means.")
        self.name = name


class BadSetting(SystemExit):
    """A variable is set to something that cannot be read as what it should be."""

    def __init__(self, name: str, expected: str):
        super().__init__(f"{name} should be {expected}. See .env.example.")


def text(name: str, default: str | None = None) -> str:
    """The value of `name`; without a default, an unset or empty one raises MissingSetting."""
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise MissingSetting(name)
    return default


def require_both_or_none(name: str, other: str) -> None:
    """For two values of which neither is of use alone."""
    if bool(text(name, "")) != bool(text(other, "")):
        raise BadSetting(name, f"set together with {other}, or not at all")


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise BadSetting(name, "1 or 0")


def integer(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise BadSetting(name, "a whole number") from None


def day(name: str) -> date | None:
    """A day as 2027-03-31, None when unset."""
    value = os.environ.get(name, "").strip()
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise BadSetting(name, "a day such as 2027-03-31") from None


def key(name: str, length: int) -> str:
    """A secret of `length` random bytes in base64, as it stands."""
    value = text(name)
    try:
        found = base64.b64decode(value, validate=True)
    except ValueError:
        found = b""
    if len(found) != length:
        raise BadSetting(name, f"{length} random bytes in base64, as openssl rand -base64 {length} makes them")
    return value


def tiles(name: str) -> str:
    """The address of map tiles with {z}, {x} and {y} in its path, "" when unset.

    Its origin goes into a Content-Security-Policy: a wildcard, a blank or a semicolon there would widen it.
    """
    value = os.environ.get(name, "").strip()
    if not value:
        return ""
    if not _TILES.fullmatch(value) or sorted(_PLACEHOLDER.findall(value)) != ["{x}", "{y}", "{z}"]:
        raise BadSetting(name, "an address such as https://tiles.example.org/{z}/{x}/{y}.png")
    return value


def words(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list, blanks around its items removed."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]
