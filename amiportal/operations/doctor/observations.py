"""What one check says. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# A round takes place every five minutes. What was found before three of them says nothing of now.
STALE_AFTER = timedelta(minutes=15)


class State(StrEnum):
    OK = "ok"
    WARN = "warn"  # works, but somebody should look before it does not
    BAD = "bad"
    UNKNOWN = "unknown"  # could not be looked at, because something else is bad


@dataclass(frozen=True, slots=True)
class Observation:
    """One check's answer. `remedy` says what to do, for every state but OK.

    is_certain: the state does not come and go by itself, as an outage may, so people are told of it at once.
    """

    subject: str  # stable, for machines: "store", "bucket pan"
    title: str
    state: State
    told: str
    remedy: str = ""
    is_certain: bool = False
