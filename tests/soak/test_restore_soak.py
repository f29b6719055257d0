"""Row 33 of the reliability table: restores, some of them killed at a moment of chance."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from amiportal.operations.snapshots.contents import current_contents, differences
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import plan_restore, restore, take_snapshot
from amiportal.operations.snapshots.services.planning import Selection
from deployments.models import Deployment
from tests.people import make_deployment

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]
EVERYTHING = Selection.everything()
RESTORES, KILLED = 20, 5
DEPLOYMENTS = 1_000


def spoil(chance: random.Random, panama, round_: int) -> None:
    """Something changed, something gone, something new."""
    ids = list(Deployment.objects.filter(bucket=panama).values_list("pk", flat=True))
    chance.shuffle(ids)
    Deployment.objects.filter(pk__in=ids[:200]).update(location_name=f"Spoilt {round_}", camera_id="X")
    Deployment.objects.filter(pk__in=ids[200:300]).delete()
    make_deployment(f"dep{900_000 + round_:06d}", panama, f"New {round_}", status="active")


def killed_midway(snapshot: Snapshot, after_s: float) -> None:
    address = urlsplit(settings.DATABASE_URL)._replace(path=f"/{connection.settings_dict['NAME']}")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.snapshots.killed", "restore", str(snapshot.pk)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": address.geturl()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begins\n"
    time.sleep(after_s)
    process.kill()
    assert process.wait(60) == -signal.SIGKILL
    process.stdout.close()


def is_as(snapshot: Snapshot) -> bool:
    return not plan_restore(actor=None, snapshot=snapshot, chosen=EVERYTHING).effects


def test_row_33_restores_and_kills(panama):
    chance = random.Random(33)
    for number in range(DEPLOYMENTS):
        make_deployment(f"dep{1_000 + number:06d}", panama, f"Place {number}")
    killed = set(chance.sample(range(1, RESTORES), KILLED))
    took_s = 0.0
    for round_ in range(RESTORES):
        snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
        spoil(chance, panama, round_)
        if round_ in killed:
            before = current_contents()
            killed_midway(snapshot, chance.uniform(0.1, 0.9) * took_s)
            assert differences(before, current_contents()) == {} or is_as(snapshot)
        plan = plan_restore(actor=None, snapshot=snapshot, chosen=EVERYTHING)
        start = time.monotonic()
        restore(actor=None, snapshot=snapshot, chosen=EVERYTHING, digest=plan.digest)
        took_s = time.monotonic() - start
        assert is_as(snapshot)
    print(f"row 33: {RESTORES} restores of {DEPLOYMENTS:,} deployments, {KILLED} of them killed first: equal each time")
