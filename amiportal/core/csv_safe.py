"""Text that a spreadsheet shows and never runs. Pure.

Source: OWASP, "CSV Injection": a cell that begins with one of these is taken for a formula.
"""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value) -> str:
    """The value as text, with an apostrophe before what a spreadsheet would run; None is empty, a number itself."""
    text = "" if value is None else str(value)
    if isinstance(value, int | float):
        return text
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
