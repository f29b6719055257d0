"""Text that a spreadsheet shows and never runs. Pure. Source: OWASP, "CSV Injection"."""

import re

# A cell that begins with one of these is taken for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What makes a spreadsheet take a cell for a formula, at its start or after a separator of another locale, with
# the full-width forms that some accept.
_LIVE_FORMULA = re.compile(r"(^|[;|])[\s\"']*[=+\-@＝＋－＠]")


def safe_cell(value) -> str:
    """The value as text, with an apostrophe before what a spreadsheet would run; None is empty, a number itself."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float):
        return text
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def text_fault(text: str) -> str:
    """Why `text` cannot stand in a table that people open as a spreadsheet, or "".

    Refused where it is typed, so that the exports, whose bytes the old clients depend on, need no escaping.
    """
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        return "This may not hold control characters."
    if _LIVE_FORMULA.search(text):
        return "This may not begin with =, +, - or @, nor hold one after ; or |: a spreadsheet would run it."
    return ""
