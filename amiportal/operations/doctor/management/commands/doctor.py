from typing import Any

from django.core.management.base import BaseCommand

from amiportal.operations.doctor.observations import State
from amiportal.operations.doctor.services import examine

_MARKS = {State.OK: "ok  ", State.WARN: "LOOK", State.BAD: "BAD ", State.UNKNOWN: "?   "}


class Command(BaseCommand):
    help = "Looks whether all is well, and says what to do where it is not. Ends with 1 when something is broken."

    def handle(self, *args: Any, **options: Any) -> None:
        bad = 0
        for seen in examine():
            bad += seen.state == State.BAD
            self.stdout.write(f"{_MARKS[seen.state]}  {seen.title}: {seen.told}")
            if seen.state != State.OK and seen.remedy:
                self.stdout.write(f"      {seen.remedy}")
        if bad:
            raise SystemExit(1)
