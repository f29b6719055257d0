"""A round over many items, in which each stands alone: what cannot be done stops nothing else.

It is tried again at every later round, after all that never failed, and told by the doctor when it stays (LeftOver).
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from amiportal.background.models import LeftOver
from amiportal.core.errors import PortalError

# So long a round tries what fails. A store that is away costs a minute per item; the worker has other things to do.
PATIENCE_S = 300.0
# So many items of a group that fail before any other could be done mean that the group itself is at fault.
FAULTS_OF_A_GROUP = 3
_ITEM_LENGTH = LeftOver._meta.get_field("item").max_length
_ERROR_LENGTH = LeftOver._meta.get_field("error").max_length
Item = TypeVar("Item")
Result = TypeVar("Result")
logger = logging.getLogger(__name__)


def each_alone(
    title: str, items: Iterable[Item], do: Callable[[Item], Result], *, name_of: Callable[[Item], str]
) -> list[Result]:
    """What `do` returned for each item that it could be done for.

    title: of the round, for people. name_of: what an item is called; it must stay the same from round to round.
    Raises DatabaseError when the database itself is away.
    """
    groups = ((name_of(item), [item]) for item in items)
    return in_groups(title, groups, lambda group: do(group[0]), name_of=name_of)


def in_groups(
    title: str,
    groups: Iterable[tuple[str, Sequence[Item]]],
    do: Callable[[Sequence[Item]], Result],
    *,
    name_of: Callable[[Item], str],
) -> list[Result]:
    """As `each_alone`, for items that are done many at once: what `do` returned for each group, or part of one.

    groups: each with its name. Where a group cannot be done, its items are done one by one, so `do` must be safe to be
    called again with items of a call that failed.
    """
    return _Round(title, do, name_of).go(groups)


class _Round(Generic[Item, Result]):
    def __init__(self, title: str, do: Callable[[Sequence[Item]], Result], name_of: Callable[[Item], str]):
        self.title = title
        self.do = do
        self.name_of = name_of
        self.results: list[Result] = []
        self.known = dict(LeftOver.objects.filter(round=title).values_list("item", "tried_at"))
        self.failed: set[str] = set()
        self.done: set[str] = set()
        self.patience_s = PATIENCE_S

    def go(self, groups: Iterable[tuple[str, Sequence[Item]]]) -> list[Result]:
        later: list[tuple[str, Sequence[Item]]] = []
        is_whole = True
        for name, items in groups:
            failed_before = [item for item in items if self._name(item) in self.known]
            fresh = [item for item in items if self._name(item) not in self.known]
            later += [(self._name(item), [item]) for item in failed_before]
            if name[:_ITEM_LENGTH] in self.known and fresh:
                later.append((name[:_ITEM_LENGTH], fresh))
            elif fresh and not self._take(name[:_ITEM_LENGTH], fresh):
                is_whole = False
                break
        for name, items in sorted(later, key=lambda one: self.known[one[0]]):
            if not self._take(name, items):
                is_whole = False
                break
        over = LeftOver.objects.filter(round=self.title)
        # Of a round that ended early nobody knows whether the others are still there to be done.
        (over.exclude(item__in=self.failed) if is_whole else over.filter(item__in=self.done - self.failed)).delete()
        return self.results

    def _take(self, name: str, items: Sequence[Item]) -> bool:
        """Do a group, if need be one by one. False once there is no patience left."""
        if self.patience_s <= 0:
            logger.warning("%s: the round ends early; the rest is for the next one", self.title)
            return False
        error = self._try(name, items)
        if error and len(items) > 1:
            error = self._one_by_one(items)
        if error:
            self._note(name, error)
        return True

    def _one_by_one(self, items: Sequence[Item]) -> str:
        """Why the group itself is at fault; "" where it is not, and each item that is has been noted."""
        errors: dict[str, str] = {}
        done = 0
        for item in items:
            name = self._name(item)
            if error := self._try(name, [item]):
                errors[name] = error
            else:
                done += 1
            if not done and len(errors) == FAULTS_OF_A_GROUP or self.patience_s <= 0:
                break
        if not done:
            return next(iter(errors.values()))
        for name, error in errors.items():
            self._note(name, error)
        return ""

    def _try(self, name: str, items: Sequence[Item]) -> str:
        """Why it could not be done, for people; "" where it was done."""
        began = time.monotonic()
        try:
            self.results.append(self.do(items))
        except PortalError as error:
            reason = error.message
            logger.warning("%s: %s is left over: %s", self.title, name, reason)
        except Exception as error:  # whatever it is, it must not stop the others, and it is told
            if isinstance(error, DatabaseError) and not connection.is_usable():
                raise
            reason = f"The portal failed here ({type(error).__name__}). The worker's log says why."
            logger.exception("%s: %s is left over", self.title, name)
        else:
            self.done.update([name, *map(self._name, items)])
            return ""
        self.patience_s -= time.monotonic() - began
        return reason

    def _name(self, item: Item) -> str:
        return self.name_of(item)[:_ITEM_LENGTH]

    def _note(self, name: str, error: str) -> None:
        self.failed.add(name)
        told = {"error": error[:_ERROR_LENGTH], "tried_at": timezone.now()}
        LeftOver.objects.update_or_create(
            round=self.title,
            item=name,
            defaults=told | {"tries": F("tries") + 1},
            create_defaults=told | {"since": told["tried_at"]},
        )
