"""The texts of the pages' scripts are whole in every language, and what pages load is what the catalogues say."""

import json
import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from amiportal.dev.script_messages import (
    CannotRead,
    Plurals,
    Text,
    catalogue,
    faults,
    languages,
    outdated,
    read_source,
    script,
    source,
    updated,
)

TEXTS = {
    "quote": Text('“{name}” or "{name}", \\ and %', ("Said of a file.",)),
    "files": Text(("{count} file of {total}", "{count} files of {total}")),
    "plain": Text("Plain"),
}
SPANISH = {
    "quote": '«{name}» o "{name}", \\ y %',
    "files": ("{count} archivo de {total}", "{count} de archivos de {total}", "{count} archivos de {total}"),
    "plain": "Simple",
}


def translated(language: str = "es", strings: dict = SPANISH, texts: dict[str, Text] = TEXTS) -> Catalog:
    catalog = updated(language, texts, None)
    for message in catalog:
        if message.context in strings:
            message.string = strings[message.context]
    return catalog


def reread(catalog: Catalog) -> Catalog:
    """As it is once it was written."""
    file = BytesIO()
    write_po(file, catalog, width=0)
    file.seek(0)
    return read_po(file)


def entry(catalog: Catalog, key: str):
    return next(message for message in catalog if message.context == key)


@pytest.mark.parametrize("language", languages())
def test_every_text_is_translated_soundly_and_none_is_left_over(language):
    assert faults(language, source(), catalogue(language) or Catalog()) == {}


@pytest.mark.parametrize("language", languages())
def test_the_plural_forms_are_those_that_browsers_ask_for(language):
    assert catalogue(language).plural_forms == Plurals(language).header


def test_what_the_pages_load_is_what_the_catalogues_give():
    assert outdated() == []


def test_all_texts_of_the_source_are_read():
    texts = source()
    assert texts["kind.motion_images"].english == "Motion images"
    assert texts["place.shown"].english == ("{count} deployment", "{count} deployments")
    assert texts["error.name_path"].english == "A name may not hold “/”, “\\” or “..”."
    assert len(texts) > 250


def test_a_catalogue_comes_back_as_it_was_written():
    catalog = reread(reread(translated()))
    assert {message.context: message.string for message in catalog if message.id} == SPANISH
    assert faults("es", TEXTS, catalog) == {}
    assert entry(catalog, "quote").auto_comments == ["Said of a file."]
    again = updated("es", TEXTS, catalog)
    assert [str(message.string) for message in again] == [str(message.string) for message in catalog]
    assert again.mime_headers == catalog.mime_headers


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"plain": ""}, "plain is not translated"),
        ({"files": ("", "", "")}, "files is not translated"),
        (
            {"files": ("{count} archivo de {total}", "", "{count} archivos de {total}")},
            "files does not have the 3 forms",
        ),
        ({"quote": "«{nombre}»"}, "quote does not have the placeholders of the English: name, nombre"),
        ({"quote": "«»"}, "quote does not have the placeholders of the English: name"),
        (
            {"files": ("el archivo", *SPANISH["files"][1:])},
            "files does not have the placeholders of the English: count, total",
        ),
        ({"files": ("{count} de {total}", "de {total}", "{count} de {total}")}, "files does not have the placeholders"),
    ],
)
def test_what_is_not_translated_soundly_is_named_and_shown_in_english(change, fault):
    (key,) = change
    catalog = reread(translated(strings=SPANISH | change))
    told = faults("es", TEXTS, catalog)
    assert told.keys() == {key}
    assert f"{key} {told[key]}".startswith(fault)
    shown = read_module(script("es", TEXTS, catalog))
    assert shown.keys() == TEXTS.keys()
    one, other = TEXTS["files"].english
    assert shown[key] == {"files": {"one": one, "many": other, "other": other}}.get(key, TEXTS[key].english)
    assert all(shown[other] != TEXTS[other].english for other in TEXTS.keys() - {key})


def test_what_is_fuzzy_is_named_and_shown_in_english():
    catalog = translated()
    entry(catalog, "plain").flags.add("fuzzy")
    catalog = reread(catalog)
    assert faults("es", TEXTS, catalog) == {"plain": "is marked fuzzy"}
    assert read_module(script("es", TEXTS, catalog))["plain"] == "Plain"
    assert "fuzzy" in entry(updated("es", TEXTS, catalog), "plain").flags


def test_a_text_that_the_catalogue_lacks_and_one_that_the_source_lacks_are_named():
    now = {"new": Text("New"), **{key: text for key, text in TEXTS.items() if key != "plain"}}
    catalog = reread(translated())
    assert faults("es", now, catalog) == {"plain": "is not in the source", "new": "is not in the catalogue"}
    shown = read_module(script("es", now, catalog))
    assert shown["new"] == "New"
    assert "plain" not in shown
    assert faults("es", now, updated("es", now, catalog)) == {"new": "is not translated"}


def test_where_the_english_has_changed_the_translation_stays_for_the_translator_and_is_not_shown():
    former = translated()
    entry(former, "files").user_comments = ["checked by Ines", '| msgid "older"']
    changed = TEXTS | {"files": Text(("{count} file of {total}", "{count} of {total} files"))}
    assert faults("es", changed, reread(former)) == {"files": "has other English in the source"}
    catalog = reread(updated("es", changed, reread(former)))
    assert faults("es", changed, catalog) == {"files": "is marked fuzzy"}
    assert entry(catalog, "files").string == SPANISH["files"]
    assert entry(catalog, "files").user_comments == ["checked by Ines"]
    assert read_module(script("es", changed, catalog))["files"]["many"] == "{count} of {total} files"


def test_a_catalogue_with_other_plurals_is_gone_through_by_the_translator():
    """Some programs write the forms that they know, such as two for Spanish."""
    former = translated()
    former.mime_headers = [("Plural-Forms", "nplurals=2; plural=(n != 1);")]
    entry(former, "files").string = SPANISH["files"][::2]
    assert faults("es", TEXTS, reread(former))["files"].startswith("does not have the 3 forms of plural")
    catalog = updated("es", TEXTS, reread(former))
    assert faults("es", TEXTS, catalog) == {"files": "is marked fuzzy"}
    assert catalog.plural_forms == Plurals("es").header


@pytest.mark.parametrize(
    ("language", "categories", "of_one_alone"),
    [
        ("es", ["one", "many", "other"], {"one"}),
        ("th", ["other"], set()),
        ("ja", ["other"], set()),
        ("pt-br", ["one", "many", "other"], set()),
        ("ru", ["one", "few", "many", "other"], set()),
        ("ar", ["zero", "one", "two", "few", "many", "other"], {"one"}),
    ],
)
def test_a_form_may_do_without_its_number_only_where_it_stands_for_one(language, categories, of_one_alone):
    plurals = Plurals(language)
    assert plurals.categories == categories
    assert plurals.of_one_alone == of_one_alone
    assert plurals.header.startswith(f"nplurals={len(categories)};")
    texts = {"files": Text(("the file", "{count} files"))}
    forms = tuple("the file" if name == "one" else "{count} files" for name in categories)
    told = faults(language, texts, reread(translated(language, {"files": forms}, texts)))
    assert ("files" in told) == ("one" in categories and "one" not in of_one_alone)
    shown = read_module(script(language, texts, updated(language, texts, None)))["files"]
    assert shown == {name: "the file" if name in of_one_alone else "{count} files" for name in categories}


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("  'a': \"b\",", "line 2: neither"),
        ('  "a": "b"', "line 2: neither"),
        ('  "a": "b" + c,', "line 2: neither"),
        ('  "a": "\\x41",', "line 2: neither"),
        ('  "a": { other: "b", one: "c" },', "line 2: neither"),
        ('  "a": {\n    one: "b",', "line 2: neither"),
        ('  "a": "b",\n  "a": "c",', "line 3: a stands there twice"),
    ],
)
def test_a_source_of_another_form_is_told_by_its_line(lines, fault):
    with pytest.raises(CannotRead, match=fault):
        read_source(f"export const messages = {{\n{lines}\n}};\n")


@pytest.mark.parametrize("text", ["", "export const messages = {\n", '  "a": "b",\n};\n'])
def test_a_source_without_its_beginning_or_end_is_refused(text):
    with pytest.raises(CannotRead, match="no line is"):
        read_source(text)


def read_module(text: str) -> dict:
    """The texts of a module that was written: a text, or {category: text}."""
    lines = text.partition("export const messages = {\n")[2].removesuffix("};\n").splitlines()
    shown = {}
    for key, value in (re.fullmatch(r'  "([\w.]+)": (.*),', line).groups() for line in lines):
        forms = {name: json.loads(form) for name, form in re.findall(r'(\w+): ("(?:[^"\\]|\\.)*")', value)}
        shown[key] = forms if value.startswith("{") else json.loads(value)
    return shown
