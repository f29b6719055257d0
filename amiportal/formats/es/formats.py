"""Short enough for tables; Django's own form spells the whole date out. Numbers are Django's."""

DATE_FORMAT = "j b Y"
DATETIME_FORMAT = "j b Y, H:i"
YEAR_MONTH_FORMAT = "b Y"
