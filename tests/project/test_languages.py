"""Every language is whole: each text that people see is translated, with its placeholders, and compiled."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.utils.translation.template import templatize

BASE = settings.BASE_DIR
SOURCE = "en"
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != SOURCE]
# The admin stays English; what its templates wrap is their package's to translate.
UNTRANSLATED = ("templates/admin/", "templates/unfold/")
PACKAGES = ("amiportal", "deployments", "uploads")

_TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"\b(pgettext|npgettext|ngettext|gettext|_)\(\s*{_TEXT}(?:\s*,\s*{_TEXT})?(?:\s*,\s*{_TEXT})?")
_FUNCTIONS = {"_", *(f"{n}{p}gettext{lazy}" for n in ("", "n") for p in ("", "p") for lazy in ("", "_lazy"))}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|<[^>]*>|</?\w+>")


def templates() -> list[Path]:
    found = sorted(path for ending in ("html", "txt") for path in BASE.glob(f"templates/**/*.{ending}"))
    found += sorted(BASE.glob("*/templates/**/*.html"))
    return [path for path in found if not str(path.relative_to(BASE)).startswith(UNTRANSLATED)]


def catalogue(language: str) -> dict:
    """{text or (text, form): translation}, as Django will find it."""
    with open(BASE / "locale" / language / "LC_MESSAGES" / "django.mo", "rb") as compiled:
        return gettext.GNUTranslations(compiled)._catalog


def asked_by(function: str, texts: list[str]) -> tuple[str, str | None]:
    """(key in the catalogue, plural or None) of one call of a gettext function."""
    context = f"{texts.pop(0)}\x04" if "pgettext" in function else ""
    plural = texts[1] if function.startswith("n") else None
    return context + texts[0], plural


def in_templates() -> Iterator[tuple[str, str | None]]:
    for path in templates():
        for function, *literals in _CALL.findall(templatize(path.read_text("utf-8"), origin=str(path))):
            yield asked_by(function, [ast.literal_eval(literal) for literal in literals if literal])


def in_python() -> Iterator[tuple[str, str | None]]:
    for path in (path for package in PACKAGES for path in (BASE / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in _FUNCTIONS:
                constants = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                yield asked_by(_name(node.func), [value for value in constants if isinstance(value, str)])


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def texts() -> set[tuple[str, str | None]]:
    return {*in_templates(), *in_python()}


def forms(entries: dict, text: str, plural: str | None) -> list[str | None]:
    if plural is None:
        return [entries.get(text)]
    known = sum(isinstance(key, tuple) and key[0] == text for key in entries)
    return [entries.get((text, form)) for form in range(max(2, known))]


def test_texts_are_found_where_they_stand():
    """Or the tests below would hold of nothing."""
    found = texts()
    assert ("Sign in", None) in found
    assert ("Snapshot images", None) in found
    assert ("%(number)s file", "%(number)s files") in found
    assert len(found) > 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    entries = catalogue(language)
    assert [text for text, plural in sorted(texts(), key=str) if not all(forms(entries, text, plural))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_the_placeholders_and_tags_of_its_text(language):
    entries = catalogue(language)
    for text, plural in texts():
        for form in filter(None, forms(entries, text, plural)):
            assert sorted(_PLACEHOLDER.findall(form)) == sorted(_PLACEHOLDER.findall(plural or text)), form


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language):
    written, fuzzy = read_po(BASE / "locale" / language / "LC_MESSAGES" / "django.po")
    assert fuzzy == []
    compiled = {key: value for key, value in catalogue(language).items() if key}
    written = {key: value for key, value in written.items() if key and value}
    assert compiled == written


@pytest.mark.parametrize("path", templates(), ids=lambda path: str(path.relative_to(BASE)))
def test_a_template_says_nothing_outside_its_translations(path):
    """Text between tags that no gettext sees."""
    source = path.read_text("utf-8")
    get_template(str(path.relative_to(BASE / "templates")))
    source = re.sub(r"\{#.*?#\}|\{% block body_class %\}.*?\{% endblock %\}", "", source)
    source = re.sub(r"\{% blocktranslate.*?%\}.*?\{% endblocktranslate %\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", source)
    source = re.sub(r"<(script|style|pre|code|svg)\b.*?</\1>", "", source, flags=re.DOTALL)
    told = re.findall(r'\b(?:aria-label|placeholder|title|alt)="([^"]*[A-Za-z]{2}[^"]*)"', source)
    assert told == []
    said = {word for word in re.split(r"<[^>]*>", source) if re.search(r"[A-Za-z]{2}", word)}
    assert {text.strip(" \n·:,") for text in said} - NAMES == set()


# Names and units that are the same in every language.
NAMES = {"AMI Portal", "UTC", "Windows (PowerShell)", "macOS", "Linux", "MB/s"}


def read_po(path: Path) -> tuple[dict, list[str]]:
    """The entries of a .po file in the form of `catalogue`, and those marked fuzzy."""
    entries: dict = {}
    fuzzy = []
    for block in path.read_text("utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        field = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                field, _, line = line.partition(" ")
            fields[field] = fields.get(field, "") + ast.literal_eval(line)
        if "msgid" not in fields:
            continue
        text = fields["msgid"]
        if "msgctxt" in fields:
            text = f"{fields['msgctxt']}\x04{text}"
        if text and re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE):
            fuzzy.append(text)
        for field, value in fields.items():
            if field == "msgstr":
                entries[text] = value
            elif field.startswith("msgstr["):
                entries[(text, int(field[7:-1]))] = value
    return entries, fuzzy
