"""The texts of the pages' scripts, to the translators and back: `make messages`.

messages/en.js is the source, written by hand. Translators find its texts in locale/LANGUAGE/LC_MESSAGES/scripts.po,
with their keys as msgctxt, and messages/LANGUAGE.js is written from there. What is not translated soundly is English
in it.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from babel.plural import PluralRule, to_gettext
from django.conf import settings
from django.utils.translation import to_locale

REPOSITORY = Path(__file__).parents[2]
FOLDER = REPOSITORY / "uploads" / "static" / "uploads" / "js" / "text" / "messages"
SOURCE = "en"
CATEGORIES = ("zero", "one", "two", "few", "many", "other")  # CLDR's, in the order in which a .po has its forms
START = "export const messages = {"
END = "};"

_STRING = r'"(?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"'  # JSON's
_TEXT = re.compile(rf'  ("[\w.]+"): (?:({_STRING})|\{{ one: ({_STRING}), other: ({_STRING}) \}}),')
_COMMENT = re.compile(r" *// *(.*)")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class CannotRead(Exception):
    """Which line of the source is not of the form that can be read."""


@dataclass(frozen=True)
class Text:
    """A text of the source."""

    english: str | tuple[str, str]
    """A pair (one, other) where it depends on a number."""
    comments: tuple[str, ...] = ()
    """What translators are told."""

    @cached_property
    def placeholders(self) -> set[str]:
        return set(_PLACEHOLDER.findall(self.english if isinstance(self.english, str) else self.english[1]))


class Plurals:
    """The plural forms of a language."""

    def __init__(self, language: str) -> None:
        rule: PluralRule = Locale.parse(to_locale(language)).plural_form
        # Numbers here have no exponent, CLDR's `e`, and gettext knows none.
        self.header = re.sub(r"\be\b", "0", to_gettext(rule))
        self.categories = [name for name in CATEGORIES if name in rule.tags or name == "other"]
        self.of_one_alone = {name for name in self.categories if [n for n in range(200) if rule(n) == name] == [1]}
        """The form that no other number has, and that may do without one: "the file". Not so in Russian: 1, 21, 31."""


def read_source(script: str) -> dict[str, Text]:
    """The texts of en.js by their keys. Raises CannotRead."""
    texts: dict[str, Text] = {}
    comments: list[str] = []
    lines = enumerate(script.splitlines(), start=1)
    if not any(line == START for _, line in lines):
        raise CannotRead(f"{SOURCE}.js: no line is `{START}`")
    for number, line in lines:
        if line == END:
            return texts
        if comment := _COMMENT.fullmatch(line):
            comments.append(comment[1])
        elif line:
            found = _TEXT.fullmatch(line)
            if not found:
                form = '`  "key": "text",` or `  "key": { one: "text", other: "text" },`'
                raise CannotRead(f"{SOURCE}.js, line {number}: neither {form}")
            key, *strings = (json.loads(string) for string in found.groups() if string)
            if key in texts:
                raise CannotRead(f"{SOURCE}.js, line {number}: {key} stands there twice")
            texts[key] = Text(strings[0] if len(strings) == 1 else (strings[0], strings[1]), tuple(comments))
            comments = []
    raise CannotRead(f"{SOURCE}.js: no line is `{END}`")


def updated(language: str, texts: dict[str, Text], former: Catalog | None) -> Catalog:
    """The catalogue with all texts of the source and no others, and what `former` has for them.

    A translation whose English has changed since is marked fuzzy.
    """
    catalog = Catalog(to_locale(language), project="AMI Portal", version="scripts", fuzzy=False)
    catalog.header_comment = "# What the scripts of the AMI Portal's pages say: docs/translating.md."
    catalog.mime_headers = [(name, "") for name in ("Report-Msgid-Bugs-To", "Last-Translator", "Language-Team")]
    if former:
        catalog.mime_headers = former.mime_headers
        catalog.header_comment = former.header_comment
    catalog.mime_headers = [("Plural-Forms", Plurals(language).header)]
    known = _by_key(former)
    for key, text in texts.items():
        message = catalog.add(text.english, auto_comments=text.comments, context=key)
        message.flags.discard("python-format")  # of "{percent} % uploaded"
        if key in known:
            _take_over(message, known[key], catalog.num_plurals)
    return catalog


def _take_over(message: Message, former: Message, num_plurals: int) -> None:
    # Babel reads the English of before, that other programs note with `#|`, as a comment.
    message.user_comments = [comment for comment in former.user_comments if not comment.startswith("|")]
    if message.pluralizable != former.pluralizable:
        return
    message.string = former.string
    was_changed = message.id != former.id or (message.pluralizable and len(_forms(former)) != num_plurals)
    if any(_forms(former)) and (former.fuzzy or was_changed):
        message.flags.add("fuzzy")


def faults(language: str, texts: dict[str, Text], catalog: Catalog) -> dict[str, str]:
    """What keeps translations from being shown, by their keys, and keys that the source does not have."""
    known, plurals = _by_key(catalog), Plurals(language)
    found = dict.fromkeys(known.keys() - texts.keys(), "is not in the source")
    for key, text in texts.items():
        if fault := next(_faults(text, known.get(key), plurals), None):
            found[key] = fault
    return found


def _faults(text: Text, message: Message | None, plurals: Plurals) -> Iterator[str]:
    if message is None:
        yield "is not in the catalogue"
        return
    if message.id != text.english:
        yield "has other English in the source"
    if message.fuzzy:
        yield "is marked fuzzy"
    forms = _forms(message)
    if not any(forms):
        yield "is not translated"
    categories = plurals.categories if message.pluralizable else ["other"]
    if len(forms) != len(categories) or not all(forms):
        yield f"does not have the {len(categories)} forms of plural: {', '.join(categories)}"
    for category, form in zip(categories, forms, strict=True):
        differ = text.placeholders ^ set(_PLACEHOLDER.findall(form))
        if differ - ({"count"} if category in plurals.of_one_alone else set()):
            yield f"does not have the placeholders of the English: {', '.join(sorted(differ))}"


def script(language: str, texts: dict[str, Text], catalog: Catalog) -> str:
    """The module of the language, in the form of en.js."""
    known, plurals, unsound = _by_key(catalog), Plurals(language), faults(language, texts, catalog)
    written_from = path_of(language).relative_to(REPOSITORY).as_posix()
    lines = [
        f"// Written by `make messages` from {written_from}: change that, not this.",
        "",
        '/** @type {import("../messages.js").Messages} */',
        START,
    ]
    for key, text in texts.items():
        if isinstance(text.english, str):
            value = _quoted(text.english if key in unsound else _forms(known[key])[0])
        else:
            one, other = text.english
            english = [one if category in plurals.of_one_alone else other for category in plurals.categories]
            forms = zip(plurals.categories, english if key in unsound else _forms(known[key]), strict=True)
            value = f"{{ {', '.join(f'{category}: {_quoted(form)}' for category, form in forms)} }}"
        lines.append(f"  {_quoted(key)}: {value},")
    return "\n".join([*lines, END, ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _by_key(catalog: Catalog | None) -> dict[str, Message]:
    """Without the entry of the headers."""
    return {message.context or "": message for message in catalog or () if message.id}


def path_of(language: str) -> Path:
    return REPOSITORY / "locale" / to_locale(language) / "LC_MESSAGES" / "scripts.po"


def source() -> dict[str, Text]:
    return read_source((FOLDER / f"{SOURCE}.js").read_text(encoding="utf-8"))


def catalogue(language: str) -> Catalog | None:
    """None where nobody has begun."""
    path = path_of(language)
    if not path.exists():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=to_locale(language), ignore_obsolete=True)


def languages() -> list[str]:
    """All but the source's."""
    return [code for code, _ in settings.LANGUAGES if code != SOURCE]


def outdated() -> list[str]:
    """The modules that are not what their catalogues give."""
    texts = source()
    wanted = {f"{code}.js": script(code, texts, catalogue(code) or Catalog()) for code in languages()}
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js") if path.stem != SOURCE}
    return sorted(name for name in wanted.keys() | kept.keys() if wanted.get(name) != kept.get(name))


def main() -> None:
    texts = source()
    for language in languages():
        catalog = updated(language, texts, catalogue(language))
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=0)
        (FOLDER / f"{language}.js").write_text(script(language, texts, catalog), encoding="utf-8", newline="\n")
        left = len(faults(language, texts, catalog))
        sys.stdout.write(f"{language}: {len(texts)} texts of scripts, {left} of them to be translated\n")


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "amiportal.dev.bare_settings"
    main()
