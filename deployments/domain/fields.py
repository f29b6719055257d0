"""The fields of a deployment that people give, in the order in which people read them. Pure.

Forms, the API's answers, the import, the history and the next season are made from these lists. What else has to know a
field, because it names or groups them, is checked by tests/deployments/test_fields.py.
"""

from typing import NamedTuple


class Field(NamedTuple):
    """name: of the model. is_text: blanks at its ends go. stays: in the next season. in_table: of the legacy table."""

    name: str
    is_text: bool = False
    stays: bool = True
    in_table: bool = False


FIELDS = (
    Field("bucket", in_table=True),
    Field("location_name", is_text=True, in_table=True),
    Field("latitude", in_table=True),
    Field("longitude", in_table=True),
    Field("time_zone", is_text=True),
    Field("system_id", is_text=True, in_table=True),
    Field("camera_id", is_text=True, in_table=True),
    Field("hardware", in_table=True),
    Field("status", stays=False, in_table=True),
    Field("first_day", stays=False),
    Field("last_day", stays=False),
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
