"""Django's own checks, on services of their own: `python -m tests.checks`, a part of `make test`."""

import sys

import django
from django.core.management import call_command

from tests import services


def main() -> None:
    services.start()
    django.setup()
    for command in (["check"], ["makemigrations", "--check", "--dry-run"]):
        print("manage.py", *command, flush=True)
        call_command(*command)
    services.stop()


if __name__ == "__main__":
    sys.exit(main())
