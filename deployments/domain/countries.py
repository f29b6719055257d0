"""The countries of ISO 3166-1, by code and by name. Pure. Sources: data/README.md."""

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parents[1] / "data" / "countries.csv"


@dataclass(frozen=True, slots=True)
class Country:
    """`code` is that of buckets (alpha-3), alpha2 that of the tz database, numeric that of the map's shapes."""

    code: str
    alpha2: str
    numeric: str
    name: str
    iso_name: str


@cache
def countries() -> dict[str, Country]:
    """By alpha-3 code."""
    with _TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        return {
            row["code"]: Country(row["code"], row["alpha2"], row["numeric"], row["usual_name"], row["iso_name"])
            for row in rows
        }


def code_of(bucket_name: str) -> str:
    """The country that a bucket is named after, "" for a project's."""
    code = bucket_name.upper()
    return code if code in countries() else ""


def code_fault(code: str) -> str:
    """Why `code` is no country's, or "" (for none at all, too)."""
    if not code or code in countries():
        return ""
    return f"ISO 3166 has no country {code}: three capital letters such as PAN, or nothing for several countries."


def suggested_code(*texts: str) -> str:
    """The code of the country that the first of `texts` to name one names, "" where none does.

    A text names a country by its code, by its usual or its ISO name in any case and with or without accents, or by
    the beginning of one ISO name alone ("United Kingdom").
    """
    return next(filter(None, map(_named, texts)), "")


def _named(text: str) -> str:
    words = _plain(text)
    if not words:
        return ""
    known = _codes_by_name()
    if words in known:
        return known[words]
    begun = {code for name, code in known.items() if name.startswith(f"{words} ")}
    return begun.pop() if len(begun) == 1 else ""


@cache
def _codes_by_name() -> dict[str, str]:
    named = {}
    for country in countries().values():
        for name in (country.code, country.iso_name, country.name, *_BY_OTHER_NAMES.get(country.code, ())):
            named[_plain(name)] = country.code
    return named


_BY_OTHER_NAMES = {"GBR": ("UK", "Great Britain"), "USA": ("US",), "CZE": ("Czechia",), "NLD": ("The Netherlands",)}


def _plain(text: str) -> str:
    """Letters and digits in words, in one case and without accents: "Côte d'Ivoire" as "cote d ivoire"."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"[^\W_]+", "".join(letter for letter in letters if not unicodedata.combining(letter))))
