"""Each check of the doctor stands alone: one that fails unexpectedly says so, and the others run."""

import logging
from collections.abc import Callable, Iterable, Iterator

from django.db import InterfaceError, OperationalError

from amiportal.core.errors import PortalError
from amiportal.operations.doctor.observations import Observation, State

logger = logging.getLogger(__name__)
_REMEDY = "The log of whoever looked, the worker or the portal, says more. Give it to whoever looks after the program."
Check = Callable[[], Observation | Iterable[Observation]]


def alone(check: Check, *subjects: tuple[str, str]) -> Iterator[Observation]:
    """What the check says; of each of its subjects (subject, title) that it came to no word about, why not.

    Raises OperationalError and InterfaceError: without the database nothing can be looked at, nor kept.
    """
    told = set()
    try:
        found = check()
        for seen in [found] if isinstance(found, Observation) else found:
            told.add(seen.subject)
            yield seen
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # whatever it is, it must not end the others' looks, and it is told
        logger.exception("the doctor could not look at %s", " and ".join(title for _, title in subjects))
        own_fault = f"the portal failed here ({type(error).__name__})."
        reason = error.message if isinstance(error, PortalError) else own_fault
        for subject, title in subjects:
            if subject not in told:
                yield Observation(subject, title, State.WARN, f"It could not be looked at: {reason}", _REMEDY)
