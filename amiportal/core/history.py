"""Who changed a record and why: said when it is saved, and read from django-simple-history's rows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.text import capfirst
from simple_history.utils import get_history_model_for_model

# Never told, whatever a history may hold of it.
_SECRET = frozenset({"password"})
_NOTHING = "–"
# A row of a history: of a class that the package makes for each model, whose fields no type checker knows.
Version = Any

# By these attributes of an instance django-simple-history is told what to write of its next save. They are named in its
# documentation, and here alone.
_ACTOR, _REASON, _UNRECORDED = "_history_user", "_change_reason", "skip_history_when_saving"


@contextmanager
def recorded(instance: models.Model, *, actor: AbstractBaseUser | None, reason: str | None = None) -> Iterator[None]:
    """What is saved of `instance` in this block stands in its history with who did it and why.

    `actor` None is the portal itself or a command, even while a person's request is answered.
    """
    setattr(instance, _ACTOR, actor)
    setattr(instance, _REASON, reason)
    try:
        yield
    finally:
        delattr(instance, _ACTOR)
        delattr(instance, _REASON)


@contextmanager
def unrecorded(instance: models.Model) -> Iterator[None]:
    """What is saved of `instance` in this block, its lists too, leaves no row in its history: one for all follows."""
    setattr(instance, _UNRECORDED, True)
    try:
        yield
    finally:
        delattr(instance, _UNRECORDED)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of two states, as people read them."""

    name: str
    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after

    def __str__(self) -> str:
        return f"{self.label}: {self.before} → {self.after}"


@dataclass
class HistoryEntry:
    """One entry of a history for people. `differences` are those to the entry before; the first has none."""

    version: Version
    differences: list[Difference] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return {"+": "created", "-": "deleted"}.get(self.version.history_type, "changed")


@dataclass
class Reader:
    """Reads versions and rows of one model; remembers what related rows are called, so that a page asks once each."""

    model: type[models.Model]  # one with a history
    _called: dict[tuple[type[models.Model], Any], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        history = get_history_model_for_model(self.model)
        tracked = [f for f in history.tracked_fields if not f.primary_key and f.name not in _SECRET]
        self.fields: list[models.Field] = [*tracked, *history._history_m2m_fields]

    def values(self, state: models.Model) -> dict[str, Any]:
        """By field, comparable: keys of related rows rather than the rows. `state` is a version or the row itself."""
        return {f.name: self._value(state, f) for f in self.fields}

    def told(self, versions: Sequence[Version]) -> list[HistoryEntry]:
        """`versions` newest first. The last one is compared with nothing: give one more than is shown."""
        values = [self.values(version) for version in versions]
        self._learn(values)
        told = [HistoryEntry(version) for version in versions]
        for entry, newer, older in zip(told, values, values[1:], strict=False):
            entry.differences = [d for d in self._differences(older, newer) if d.differs]
        return told

    def compared(self, before: models.Model, after: models.Model) -> list[Difference]:
        """Every field of two states, equal ones too."""
        older, newer = self.values(before), self.values(after)
        self._learn([older, newer])
        return self._differences(older, newer)

    def restored(self, version: models.Model, names: Iterable[str]) -> dict[str, Any]:
        """The fields `names` as a service takes them: rows for keys. Raises ObjectDoesNotExist for one that is gone."""
        fields = {f.name: f for f in self.fields}
        found: dict[str, Any] = {}
        for name in names:
            value = self._value(version, fields[name])
            related = fields[name].related_model
            if related is None or value is None:
                found[name] = value
            elif fields[name].many_to_many:
                rows = related._default_manager.in_bulk(value)
                if len(rows) != len(value):
                    raise ObjectDoesNotExist
                found[name] = list(rows.values())
            else:
                found[name] = related._default_manager.get(pk=value)
        return found

    def _differences(self, older: dict[str, Any], newer: dict[str, Any]) -> list[Difference]:
        return [
            Difference(
                f.name, str(capfirst(f.verbose_name)), self._text(f, older[f.name]), self._text(f, newer[f.name])
            )
            for f in self.fields
        ]

    @staticmethod
    def _value(state: models.Model, f: models.Field) -> Any:
        if not isinstance(f, models.ManyToManyField):
            return getattr(state, f.attname)
        rows = getattr(state, f.name).all()
        if isinstance(state, f.model):
            return tuple(sorted(row.pk for row in rows))
        key = f"{f.m2m_reverse_field_name()}_id"  # a version keeps copies of the rows between the two
        return tuple(sorted(getattr(row, key) for row in rows))

    def _learn(self, states: Iterable[dict[str, Any]]) -> None:
        wanted: dict[type[models.Model], set] = {}
        for state in states:
            for f in self.fields:
                if f.related_model and state[f.name] is not None:
                    keys = state[f.name] if f.many_to_many else (state[f.name],)
                    wanted.setdefault(f.related_model, set()).update(keys)
        for model, keys in wanted.items():
            unknown = [key for key in keys if (model, key) not in self._called]
            rows = model._default_manager.in_bulk(unknown) if unknown else {}
            for key in unknown:
                self._called[model, key] = str(rows[key]) if key in rows else f"no longer there ({key})"

    def _text(self, f: models.Field, value: Any) -> str:
        if value is None or value == "" or value == () or value == []:
            return _NOTHING
        if f.related_model:
            keys = value if f.many_to_many else (value,)
            return ", ".join(sorted(self._called[f.related_model, key] for key in keys))
        if isinstance(value, list):
            inner = getattr(f, "base_field", f)
            return ", ".join(_choice(inner, one) for one in value)
        return _choice(f, value)


def _choice(f: models.Field, value: Any) -> str:
    if f.choices:
        return str(dict(f.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)
