"""What code, tests and documents cite is there: rules and rows by number, files by path."""

import re
from pathlib import Path

import pytest

from tests.project.named_tests import ROOT

RULES = set(re.findall(r"^(\d+)\. \*\*", (ROOT / "docs/rules.md").read_text(), re.MULTILINE))
ROWS = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs/reliability.md").read_text(), re.MULTILINE))
OURS = ("amiportal", "deployments", "uploads", "clients", "templates", "tests", "docs")
SUFFIXES = (".py", ".js", ".mjs", ".html", ".md", ".toml")
FILES = sorted(
    path
    for folder in OURS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in SUFFIXES and "vendor" not in path.parts and "__pycache__" not in path.parts
)
DOCUMENTS = [path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")] if path.name != "CHANGELOG.md"]


def cited(word: str, files: list[Path]) -> set[str]:
    """All numbers that stand behind this word in these files, also as in "rules 1 and 13"."""
    pattern = re.compile(rf"\b{word}s? \d+(?:(?:, | and | to )\d+)*", re.IGNORECASE)
    found = (match[0] for path in files for match in pattern.finditer(path.read_text()))
    return {number for text in found for number in re.findall(r"\d+", text)}


def test_each_cited_rule_is_in_the_rules():
    found = cited("rule", FILES)
    assert {"2", "3", "11"} <= found
    assert found <= RULES


def test_rules_are_numbered_without_a_gap():
    assert sorted(map(int, RULES)) == list(range(1, len(RULES) + 1))


def test_each_row_that_full_counts_cite_is_in_the_table():
    files = [*(ROOT / "tests/soak").glob("*.py"), *(ROOT / "docs").glob("*.md")]
    found = cited("row", files)
    assert {"9", "38"} <= found
    assert found <= ROWS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_each_path_that_a_document_names_is_there(document):
    text = document.read_text()
    links = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert [link for link in links if not (document.parent / link).exists()] == []
    paths = re.findall(r"`((?:amiportal|deployments|uploads|clients|templates|tests|docs)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
