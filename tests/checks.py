"""Are written files what they are written from, and Django's own checks: `python -m tests.checks`.

A part of `make test`. Django's checks run on services of their own.
"""

import sys

import django
from django.core.management import call_command

from amiportal.dev import script_messages
from clients import build, page
from tests import services


def main() -> str | None:
    """What is not right, if that is known before Django says it."""
    for writer, target, text in (("build", build.TARGET, build.built()), ("page", page.TARGET, page.written())):
        print(f"clients/{writer}.py: does {target} hold what it is written from", flush=True)
        if (build.ROOT / target).read_text(encoding="utf-8") != text:
            return f"{target} is not what it is written from. Change that, as its top says, then run `make client`."
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
