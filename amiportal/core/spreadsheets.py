"""Text that a spreadsheet shows and never runs: the one rule for all that is written out and taken in. Pure.

Source: OWASP, "CSV Injection". A cell is taken for a formula by the sign at its start. By other settings a sheet
splits cells at other separators and at line breaks; it takes off quotes and blanks, and some take full-width signs too.
"""

import re

_FORMULA = r"[\s\"']*[=+\-@＝＋－＠]"
_RUNS = re.compile(rf"(^|[;|\t\r\n])(?={_FORMULA})|^(?='*[\t\r])")
_KEPT_FROM_RUNNING = re.compile(rf"(^|[;|\t\r\n])'(?={_FORMULA})|^'(?='*[\t\r])")


def safe_cell(value: object) -> str:
    """The value as text, where it is one with an apostrophe before what a spreadsheet would run; None is empty.

    `unescaped` gives the very text back.
    """
    if not isinstance(value, str):
        return "" if value is None else str(value)
    return _RUNS.sub(r"\1'", value)


def unescaped(text: str) -> str:
    """The text that `safe_cell` was given."""
    return _KEPT_FROM_RUNNING.sub(r"\1", text)


def text_fault(text: str) -> str:
    """Why `text` cannot stand in a table that people open as a spreadsheet, or "".

    Refused where it is typed, so that the exports, whose bytes old clients depend on, need no escaping.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return "This may not hold control characters."
    if _RUNS.search(text):
        return "This may not begin with =, +, - or @, nor hold one after ; or |: a spreadsheet would run it."
    return ""
