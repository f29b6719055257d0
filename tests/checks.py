"""Are built files what they are built from, and Django's own checks: `python -m tests.checks`, a part of `make test`.

Django's run on services of their own.
"""

import sys

import django
from django.core.management import call_command

from amiportal.dev import script_messages
from clients.build import ROOT, TARGET, built
from tests import services


def main() -> str | None:
    """What is not right, if that is known before Django says it."""
    print("clients/build.py: does", TARGET, "hold what its modules give", flush=True)
    if (ROOT / TARGET).read_text(encoding="utf-8") != built():
        return f"{TARGET} is not what its modules give. Change those, not the file, then run `make client`."
    services.start()
    django.setup()
    print("amiportal/dev/script_messages.py: do the texts of scripts hold what their catalogues give", flush=True)
    if outdated := script_messages.outdated():
        services.stop()
        return f"Not what their catalogues give: {', '.join(outdated)}. Run `make messages`."
    for command in (["check"], ["makemigrations", "--check", "--dry-run"]):
        print("manage.py", *command, flush=True)
        call_command(*command)
    services.stop()
    return None


if __name__ == "__main__":
    sys.exit(main())
