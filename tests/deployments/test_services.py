from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from amiportal.core.errors import Conflict, Forbidden
from deployments import services
from deployments.models import Deployment, HardwareConfig
from tests.people import make_deployment

FIRST = date(2026, 5, 1)


def create(actor, bucket, place="Torre", **fields) -> Deployment:
    return services.create_deployment(actor=actor, bucket=bucket, location_name=place, **fields)


def test_ids_follow_each_other_and_the_maker_is_kept(maintainer, panama):
    first, second = create(maintainer, panama), create(maintainer, panama)
    assert int(second.deployment_id[3:]) == int(first.deployment_id[3:]) + 1
    assert first.created_by == maintainer
    assert first.history.get().history_user == maintainer


def test_an_id_of_a_failed_attempt_is_not_given_again(maintainer, panama):
    before = create(maintainer, panama)
    with pytest.raises(ValidationError):
        create(maintainer, panama, place="North - South")
    create(maintainer, panama, "Ridge", status="active")
    with pytest.raises(Conflict):
        create(maintainer, panama, "Ridge", status="active")
    assert int(create(maintainer, panama).deployment_id[3:]) > int(before.deployment_id[3:]) + 1


def test_an_id_brought_along_moves_the_sequence_past_it(first_id_is_free, maintainer, panama):
    assert create(maintainer, panama, deployment_id="dep000500").deployment_id == "dep000500"
    assert create(maintainer, panama).deployment_id == "dep000501"
    create(maintainer, panama, deployment_id="dep000020")  # an older one never moves it back
    assert create(maintainer, panama).deployment_id == "dep000502"


@pytest.mark.parametrize("deployment_id", ["dep_test", "dep000000", "dep0000001", "dep12", "DEP000001", "dep000001\n"])
def test_other_ids_are_refused(maintainer, panama, deployment_id):
    with pytest.raises(ValidationError):
        create(maintainer, panama, deployment_id=deployment_id)


def test_a_taken_id_is_a_conflict(maintainer, panama, ladera):
    with pytest.raises(Conflict, match="dep000045"):
        create(maintainer, panama, deployment_id="dep000045")


@pytest.mark.parametrize("place", ["=1+1", "+44", "@home", "-1", "a\tb", "x; =cmd", "＝1", " - ", ""])
def test_places_that_a_spreadsheet_or_a_client_would_trip_over_are_refused(maintainer, panama, place):
    with pytest.raises(ValidationError):
        create(maintainer, panama, place)
    assert not Deployment.objects.filter(bucket=panama).exists()


def test_only_maintainers_write(colleague, panama, ladera):
    for attempt in (
        lambda: create(colleague, panama),
        lambda: services.update_deployment(actor=colleague, deployment=ladera, camera_id="X"),
        lambda: services.retire_deployment(actor=colleague, deployment=ladera, reason="over"),
        lambda: services.reactivate_deployment(actor=colleague, deployment=ladera),
        lambda: services.start_next_season(actor=colleague, deployment=ladera, first_day=FIRST),
        lambda: services.create_bucket(actor=colleague, name="xyz", title="X"),
    ):
        with pytest.raises(Forbidden):
            attempt()


def test_one_active_deployment_per_place_and_camera(maintainer, panama, ladera):
    with pytest.raises(Conflict, match="dep000045"):
        create(maintainer, panama, "Ladera", camera_id="81B1C025", status="active")
    assert create(maintainer, panama, "Ladera", camera_id="81B1C025").status == "inactive"
    # Composed and decomposed letters are one place.
    create(maintainer, panama, "Jardi\u0301n", status="active")
    with pytest.raises(Conflict):
        create(maintainer, panama, "Jard\u00edn", status="active")


def test_update_writes_what_differs_and_only_then(maintainer, ladera):
    hardware = HardwareConfig.objects.get(number=3)
    changed = services.update_deployment(
        actor=maintainer, deployment=ladera, hardware=hardware, latitude=Decimal("9.1"), longitude=Decimal("-79.5")
    )
    assert changed.hardware == hardware
    assert changed.history.first().history_user == maintainer
    count = changed.history.count()
    services.update_deployment(actor=maintainer, deployment=ladera, hardware=hardware)
    assert changed.history.count() == count


def test_what_a_deployment_is_cannot_be_changed(maintainer, ladera):
    for name in ("deployment_id", "created_by", "previous_season", "retired_at"):
        with pytest.raises(TypeError):
            services.update_deployment(actor=maintainer, deployment=ladera, **{name: None})


def test_half_a_position_and_a_season_that_ends_before_it_begins(maintainer, ladera):
    with pytest.raises(ValidationError, match="both coordinates"):
        services.update_deployment(actor=maintainer, deployment=ladera, latitude=Decimal("9.1"))
    with pytest.raises(ValidationError, match="before its first"):
        services.update_deployment(actor=maintainer, deployment=ladera, first_day=FIRST, last_day=date(2026, 4, 1))


def test_retire_and_reactivate(maintainer, ladera):
    retired = services.retire_deployment(actor=maintainer, deployment=ladera, reason="Season over")
    assert (retired.status, retired.retired_by, retired.retire_reason) == ("inactive", maintainer, "Season over")
    assert retired.retired_at
    with pytest.raises(Conflict):
        services.retire_deployment(actor=maintainer, deployment=ladera, reason="again")
    back = services.reactivate_deployment(actor=maintainer, deployment=ladera)
    assert (back.status, back.retired_at, back.retired_by, back.retire_reason) == ("active", None, None, "")


def test_retiring_needs_a_reason(maintainer, ladera):
    with pytest.raises(ValidationError):
        services.retire_deployment(actor=maintainer, deployment=ladera, reason=" ")
    ladera.refresh_from_db()
    assert ladera.is_active


def test_setting_inactive_by_an_update_is_a_retirement(maintainer, ladera):
    changed = services.update_deployment(actor=maintainer, deployment=ladera, status="inactive")
    assert changed.retired_by == maintainer
    assert changed.retired_at


def test_reactivating_beside_an_active_one_names_it(maintainer, panama, ladera):
    old = make_deployment("dep000012", panama, camera_id="81B1C025")
    with pytest.raises(Conflict, match="dep000045"):
        services.reactivate_deployment(actor=maintainer, deployment=old)


def test_the_next_season_takes_over_the_site_in_one_step(maintainer, ladera):
    new = services.start_next_season(actor=maintainer, deployment=ladera, first_day=FIRST, system_id="sys000099")
    ladera.refresh_from_db()
    assert not ladera.is_active
    assert new.deployment_id in ladera.retire_reason
    assert new.previous_season == ladera
    assert (new.status, new.first_day, new.system_id) == ("active", FIRST, "sys000099")
    assert (new.bucket, new.location_name, new.camera_id) == (ladera.bucket, "Ladera", "81B1C025")
    with pytest.raises(Conflict, match=new.deployment_id):
        services.start_next_season(actor=maintainer, deployment=ladera, first_day=FIRST)


def test_a_refused_next_season_leaves_the_old_one_open(maintainer, ladera):
    with pytest.raises(ValidationError):
        services.start_next_season(actor=maintainer, deployment=ladera, first_day=FIRST, last_day=date(2026, 1, 1))
    ladera.refresh_from_db()
    assert ladera.is_active
    assert Deployment.objects.filter(previous_season=ladera).count() == 0


def test_a_bucket_stays_once_there_were_uploads(maintainer, colleague, kenya, ladera, django_user_model):
    ladera.upload_sessions.create(
        account=colleague,
        data_type="snapshot_images",
        started_at="2026-05-01T00:00Z",
        last_seen_at="2026-05-01T00:00Z",
    )
    with pytest.raises(Conflict, match="uploads"):
        services.update_deployment(actor=maintainer, deployment=ladera, bucket=kenya)
    assert Deployment.objects.get(pk=ladera.pk).bucket.name == "pan"
