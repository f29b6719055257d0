"""The fields of a deployment that people give, in the order in which people read them. Pure.

Forms, the API, the import, the history and the next season are made from these lists; a new field is added here once.
"""

from typing import NamedTuple


class Field(NamedTuple):
    """name: of the model. is_text: blanks at its ends go. stays: in the next season. in_table: of the legacy table."""

    name: str
    is_text: bool = False
    stays: bool = True
    in_table: bool = True


FIELDS = (
    Field("bucket"),
    Field("location_name", is_text=True),
    Field("latitude"),
    Field("longitude"),
    Field("time_zone", is_text=True, in_table=False),
    Field("system_id", is_text=True),
    Field("camera_id", is_text=True),
    Field("hardware"),
    Field("status", stays=False),
    Field("first_day", stays=False, in_table=False),
    Field("last_day", stays=False, in_table=False),
)
GIVEN = tuple(field.name for field in FIELDS)
TEXTS = tuple(field.name for field in FIELDS if field.is_text)
STAYING = tuple(field.name for field in FIELDS if field.stays)
IN_TABLE = tuple(field.name for field in FIELDS if field.in_table)
# What the portal itself writes.
WRITTEN_BY_PORTAL = (
    "id",
    "deployment_id",
    "previous_season",
    "created_at",
    "created_by",
    "retired_at",
    "retired_by",
    "retire_reason",
)


def given_but(*names: str) -> list[str]:
    """The fields that people give, without these."""
    return [name for name in GIVEN if name not in names]
