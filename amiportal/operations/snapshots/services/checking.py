"""Why the tables could not stand as a restore would leave them, told before anything is written.

The database has the last word: what is checked here is checked so that people read a sentence and not a constraint.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from amiportal.operations.snapshots.tables import TABLES, Row, Table
from deployments.models import Status

if TYPE_CHECKING:
    from amiportal.operations.snapshots.services.planning import Effect

_TWIN = ("bucket_id", "location_name", "camera_id")
_GOES_WITHOUT = ("created_by_id", "retired_by_id")  # planning has emptied those that lead nowhere


def faults_of(effects: "Iterable[Effect]", final: dict[str, dict[int, Row]]) -> list[str]:
    """`final`: all rows of all tables as they would be."""
    faults: list[str] = []
    written: dict[str, set[int]] = defaultdict(set)
    for effect in effects:
        written[effect.table.name].add(effect.row_id)
        faults += _of_values(effect)
        faults += _of_references(effect, final)
    for table in TABLES:
        for name in table.unique:
            faults += _of_sharing(table, name, final[table.name], written[table.name])
    return faults + list(_of_twins(final["deployments"], written["deployments"]))


def _of_values(effect: "Effect") -> Iterator[str]:
    """By the validators of the columns that change; a row may have older sins elsewhere."""
    table = effect.table
    instance = table.model(**{name: effect.after[name] for name in table.columns if name in effect.after})
    unchanged = {f.name for f in instance._meta.concrete_fields if f.attname not in effect.names or f.is_relation}
    try:
        instance.clean_fields(exclude=unchanged)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield f"{effect.told}: {table.label(name)}: {' '.join(messages)}"


def _of_references(effect: "Effect", final: dict[str, dict[int, Row]]) -> Iterator[str]:
    for name in effect.names:
        target, value = effect.table.refers_to(name), effect.after[name]
        if target is None or value is None or name in _GOES_WITHOUT or value in final[target.name]:
            continue
        label = effect.table.label(name)
        yield f"{effect.told}: its {label} is not there any more. Restore it too: it is among {target.title}."


def _of_sharing(table: Table, name: str, rows: dict[int, Row], written: set[int]) -> Iterator[str]:
    holders: dict[object, list[int]] = defaultdict(list)
    for row_id, row in rows.items():
        if row.get(name) is not None:
            holders[row[name]].append(row_id)
    for ids in holders.values():
        if len(ids) > 1 and written.intersection(ids):
            names = " and ".join(table.name_of(rows[row_id]) for row_id in ids)
            yield f"{names} would have the same {table.label(name)}."


def _of_twins(rows: dict[int, Row], written: set[int]) -> Iterator[str]:
    holders: dict[tuple, list[int]] = defaultdict(list)
    for row_id, row in rows.items():
        if row.get("status") == Status.ACTIVE:
            holders[tuple(row.get(name) for name in _TWIN)].append(row_id)
    for ids in holders.values():
        if len(ids) > 1 and written.intersection(ids):
            names = " and ".join(str(rows[row_id]["deployment_id"]) for row_id in ids)
            yield f"{names} would both be active with one bucket, place and camera. Choose both, or retire one first."
