"""Look, and remember what was seen."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from amiportal.operations.doctor.drift import examine_drift
from amiportal.operations.doctor.keeping import examine_keeping
from amiportal.operations.doctor.machine import examine_machine
from amiportal.operations.doctor.models import Finding
from amiportal.operations.doctor.observations import Observation, State
from amiportal.operations.doctor.store import examine_store
from amiportal.operations.doctor.versions import examine_versions
from amiportal.operations.doctor.work import examine_work

_TOLD_LENGTH = Finding._meta.get_field("told").max_length


@dataclass(frozen=True, slots=True)
class StateChange:
    """A subject that came into another state; `before` is "" for one never seen."""

    before: str
    finding: Finding


def examine() -> Iterator[Observation]:
    """Every check, one after the other; some seconds at most, since each has a timeout. Writes no finding."""
    machine = list(examine_machine())
    yield from machine
    if any(seen.subject == "database" and seen.state == State.BAD for seen in machine):
        return  # all else stands on it
    yield from examine_store()
    yield from examine_versions()
    yield from examine_work()
    yield from examine_keeping()
    yield from examine_drift()


def record(observations: Iterable[Observation]) -> list[StateChange]:
    """Keep what was seen, forget subjects that were not looked at, and return what changed its state."""
    observations = list(observations)
    now = timezone.now()
    changes = []
    with transaction.atomic():
        known = {row.subject: row for row in Finding.objects.select_for_update()}
        for seen in observations:
            row = known.pop(seen.subject, None) or Finding(subject=seen.subject, state="", since=now)
            # What could not be looked at keeps its state: an outage of the store is one change, not one per bucket.
            state = row.state if seen.state == State.UNKNOWN and row.state else seen.state
            if row.state != state:
                changes.append(StateChange(row.state, row))
                row.state, row.since = state, now
            row.title, row.told, row.remedy = seen.title, seen.told[:_TOLD_LENGTH], seen.remedy[:_TOLD_LENGTH]
            row.checked_at, row.is_certain = now, seen.is_certain
            row.save()
        Finding.objects.filter(pk__in=[row.pk for row in known.values()]).delete()
    return changes
