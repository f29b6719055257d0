"""Real threads on real connections: what two tabs, or an import and a tab, do to each other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connection

from amiportal.core.errors import Conflict
from deployments import services
from deployments.models import Bucket, Deployment
from deployments.services import deployments as service

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, EACH = 8, 10


@pytest.fixture
def bucket() -> Bucket:
    return Bucket.objects.create(name="pan", title="Panama")


def at_once(work, count: int) -> list:
    """What `work` returned or raised in `count` threads that all begin together."""
    gate = threading.Barrier(count)

    def run(number: int):
        try:
            gate.wait(timeout=20)
            return work(number)
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_no_id_is_given_twice_while_an_import_moves_the_sequence(bucket):
    def work(number: int) -> list[str]:
        made = []
        for n in range(EACH):
            given = f"dep{1000 + number * 50 + n * 7:06d}" if n % 3 == 0 else None
            try:
                deployment = services.create_deployment(
                    actor=None, bucket=bucket, location_name="Torre", deployment_id=given
                )
            except Conflict:
                continue  # an id brought along that was allocated a moment ago: refused, not doubled
            made.append(deployment.deployment_id)
        return made

    ids = [deployment_id for made in at_once(work, THREADS) for deployment_id in made]
    assert len(ids) > THREADS * EACH * 0.6
    assert len(ids) == len(set(ids)) == Deployment.objects.filter(bucket=bucket).count()
    after = services.create_deployment(actor=None, bucket=bucket, location_name="Torre")
    assert after.deployment_id > max(ids)


def test_of_many_who_open_one_site_one_wins_and_the_others_are_told_who(bucket):
    def work(_):
        return services.create_deployment(
            actor=None, bucket=bucket, location_name="Torre", camera_id="36F675CC", status="active"
        )

    outcomes = at_once(work, THREADS)
    winners = [outcome for outcome in outcomes if isinstance(outcome, Deployment)]
    assert len(winners) == 1
    losers = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(losers) == THREADS - 1
    assert all(winners[0].deployment_id in loser.message for loser in losers)
    assert Deployment.objects.filter(bucket=bucket, status="active").count() == 1


def test_a_site_that_is_opened_between_two_looks_is_told_too(bucket, monkeypatch):
    site = {"bucket": bucket, "location_name": "Torre", "camera_id": "36F675CC", "status": "active"}
    first = services.create_deployment(actor=None, **site)
    look_again = service.active_twin

    def missed(deployment):
        monkeypatch.setattr(service, "active_twin", look_again)

    monkeypatch.setattr(service, "active_twin", missed)
    with pytest.raises(Conflict, match=first.deployment_id):
        services.create_deployment(actor=None, **site)


def test_two_tabs_start_one_next_season(bucket):
    old = services.create_deployment(actor=None, bucket=bucket, location_name="Torre", status="active")
    outcomes = at_once(lambda _: services.start_next_season(actor=None, deployment=old, first_day=date(2026, 5, 1)), 4)
    assert sum(isinstance(outcome, Deployment) for outcome in outcomes) == 1
    assert Deployment.objects.filter(bucket=bucket).count() == 2
