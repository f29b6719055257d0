"""`make bench`: a portal as `make run` serves it, the yardstick beside it, one store beneath both; ratios printed.

python -m tests.bench [existence] [signing] [end-to-end] [parts] [page] [client] [store] [ledger[=ROWS]] [inventory]
"""

import os
import secrets
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from amiportal.dev import embedded
from amiportal.dev.embedded.ports import free_ports
from tests.bench.ports import wait_for


@contextmanager
def process(*command: str):
    started = subprocess.Popen(command)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(30)


def main() -> None:
    portal_port, yardstick_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="ami-portal-bench-") as place:
        layout = embedded.Layout(Path(place), throwaway=True)
        with embedded.Parts(layout) as parts:
            os.environ.update(parts.variables | embedded.local_settings(parts.secrets, web_port=portal_port))
            os.environ["DJANGO_SETTINGS_MODULE"] = "amiportal.settings"
            os.environ["VAR_DIR"] = place
            os.environ["LOG_LEVEL"] = "WARNING"
            run(portal_port, yardstick_port)


def run(portal_port: int, yardstick_port: int) -> None:
    import django  # noqa: PLC0415 (the settings are in the environment only now)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from tests.bench import (  # noqa: PLC0415
        client_bench,
        inventory_bench,
        ledger_bench,
        legacy_bench,
        objectstore_bench,
        page_bench,
        site,
    )
    from tests.bench.legacy_client import LegacyClient  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    password = secrets.token_urlsafe(16)
    place = site.make(password)
    os.environ["PORT"] = str(portal_port)
    with (
        process(sys.executable, "-m", "gunicorn", "--log-level", "warning"),  # as gunicorn.conf.py says
        process(sys.executable, "-m", "tests.bench.yardstick", str(yardstick_port), place.bucket),
    ):
        wait_for(portal_port, "/healthz")
        wait_for(yardstick_port)
        account = {"username": place.username, "password": password}
        where = {"country": place.bucket, "deployment": place.deployment}
        portal = LegacyClient(port=portal_port, **account, **where)
        yardstick = LegacyClient(port=yardstick_port, **account, **where)
        print(f"{'':<58} {'portal':>10} {'yardstick':>10} {'ratio':>9}")
        stored = site.store_objects(place, legacy_bench.names_of("stored"))
        measures = {
            "existence": lambda: legacy_bench.existence(portal, yardstick, stored),
            "signing": lambda: legacy_bench.signing(portal, place.bucket, place.deployment),
            "end-to-end": lambda: legacy_bench.end_to_end(portal, yardstick),
            "parts": lambda: legacy_bench.where_time_goes(portal),
            "page": lambda: page_bench.main(portal_port, place, password),
            "client": lambda: client_bench.main(portal_port, place),
            "ledger": ledger_bench.main,
            "store": lambda: objectstore_bench.main(place.bucket),
            "inventory": lambda: inventory_bench.main(place.bucket),
        }
        for word in sys.argv[1:] or measures:
            name, _, amount = word.partition("=")
            for line in measures[name](*filter(None, [amount])) or ():
                print(line, flush=True)


if __name__ == "__main__":
    main()
