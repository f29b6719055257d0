"""Sizes and shares of work as people read them, in the page's language."""

from django import template
from django.utils.formats import number_format

register = template.Library()
UNITS = ("B", "kB", "MB", "GB", "TB")  # decimal, as on the card's label; as the pages' scripts have them


@register.filter
def size(size_bytes: int | None) -> str:
    """12_345_678 as "12 MB"; None, a size that nobody told, as a dash."""
    if size_bytes is None:
        return "–"
    value, unit = float(size_bytes), 0
    while value >= 999.5 and unit < len(UNITS) - 1:
        value /= 1000
        unit += 1
    text = number_format(value, decimal_pos=1 if value < 9.95 and unit else 0, force_grouping=True)
    return f"{text}\u00a0{UNITS[unit]}"


@register.filter
def count(number: int | None) -> str:
    """12345 as the language groups it; None as a dash."""
    return "–" if number is None else number_format(number, force_grouping=True)
