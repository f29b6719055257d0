"""Whatever was done to the tables: once restored, they differ from the snapshot in nothing that a restore may write."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.objectstore.models import Allocation
from amiportal.operations.snapshots.contents import current_contents, differences
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services import plan_restore, read_snapshot, restore, take_snapshot
from amiportal.operations.snapshots.services.planning import RETIRE, Selection
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.networkwatch import own_transaction
from tests.people import make_bucket, make_deployment, make_person

EVERYTHING = Selection.everything()
NAMES = st.sampled_from(["Ladera", "Torre", "Coast", "Ñandú 多摩", "x" * 100])
WHICH = st.integers(0, 3)


def rename(at, name):
    Deployment.objects.filter(pk=_deployment(at)).update(location_name=name, status="inactive")


def close(at, name):
    Deployment.objects.filter(pk=_deployment(at)).update(status="inactive", previous_season=None, retire_reason=name)


def open_instead(at, name):
    """Another deployment takes the place, and the name's turn at being active."""
    number = 500 + Deployment.objects.count()
    Deployment.objects.filter(location_name=name, camera_id="C").update(status="inactive")
    make_deployment(f"dep{number:06d}", Bucket.objects.get(name="pan"), name, camera_id="C", status="active")


def drop(at, name):
    """From the last season on, since those before are referred to."""
    last = Deployment.objects.filter(next_season=None).exclude(deployment_id="dep_test").order_by("-pk").first()
    if last is not None:
        last.delete()


def shuffle_titles(at, name):
    first, second = Bucket.objects.order_by("pk")[:2]
    titles = first.title, second.title
    Bucket.objects.filter(pk=first.pk).update(title="between")
    Bucket.objects.filter(pk=second.pk).update(title=titles[0])
    Bucket.objects.filter(pk=first.pk).update(title=titles[1])


def renumber(at, name):
    highest = HardwareConfig.objects.order_by("number").last().number
    HardwareConfig.objects.filter(number=at + 1).update(number=highest + 1)


def lose_hardware(at, name):
    HardwareConfig.objects.filter(deployments=None).order_by("pk").first().delete()


def move_person(at, name):
    person = User.objects.get(username="colleague")
    person.buckets.set(Bucket.objects.order_by("pk")[:at])
    User.objects.filter(pk=person.pk).update(organisation=name, is_active=bool(at % 2))


def grow(at, name):
    Allocation.objects.update(size_tb=281 + at)


def _deployment(at: int) -> int:
    known = list(Deployment.objects.order_by("pk").values_list("pk", flat=True))
    return known[at % len(known)]


DEEDS = st.sampled_from([rename, close, open_instead, drop, shuffle_titles, renumber, lose_hardware, move_person, grow])


@pytest.fixture
def tables(panama, maintainer):
    make_person("colleague", Role.PARTNERS, panama)
    make_bucket("ken", "Kenya", country_code="KEN")
    season = None
    for number, name in enumerate(["Ladera", "Torre", "Coast"], start=101):
        season = make_deployment(
            f"dep{number:06d}", panama, name, camera_id="C", status="active", previous_season=season
        )
    Deployment.objects.filter(pk=season.pk).update(hardware=HardwareConfig.objects.get(number=3))


@pytest.mark.django_db
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=st.lists(st.tuples(DEEDS, WHICH, NAMES), min_size=1, max_size=8))
def test_restored_is_as_it_was(tables, maintainer, deeds):
    with own_transaction():
        snapshot = take_snapshot(actor=None, reason=Snapshot.Reason.HAND)
        for deed, at, name in deeds:
            with transaction.atomic():
                deed(at, name)
        plan = plan_restore(actor=maintainer, snapshot=snapshot, chosen=EVERYTHING)
        assert plan.faults == []
        event(f"{len(plan.effects) // 3 * 3} effects or more")
        if plan.effects:
            restore(actor=maintainer, snapshot=snapshot, chosen=EVERYTHING, digest=plan.digest)
        told = {(k.table.name, k.row_id) for k in plan.kept}
        told |= {(e.table.name, e.row_id) for e in plan.effects if e.kind == RETIRE}
        left = differences(read_snapshot(snapshot), current_contents())
        assert {(d.table.name, d.row_id) for listed in left.values() for d in listed} == told
        again = plan_restore(actor=maintainer, snapshot=snapshot, chosen=EVERYTHING)
        assert again.effects == []
        transaction.set_rollback(True)
