"""The history of what maintainers edit, and the way back to a version: by the rules of every other change."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from deployments import services
from deployments.models import Deployment, HardwareConfig
from tests.people import make_deployment

pytestmark = pytest.mark.django_db
AT = "2026-05-01T00:00Z"


@pytest.fixture
def page(client, maintainer):
    client.force_login(maintainer)
    return client


def history(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])


def version(row, number: int = -1) -> str:
    """The page of a version: 0 is the newest, -1 the first."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_simple_history"
    return reverse(name, args=[row.pk, list(row.history.order_by("-history_id"))[number].pk])


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def go_back(page, row, *fields: str, number: int = -1, **changes):
    """As a person does: looks at the version, ticks fields, reads what would change, says yes."""
    address = version(row, number)
    looked = page.get(address)
    given = {"newest": looked.context["newest"], "field": fields or list(looked.context["revertible"]), **changes}
    asked = page.post(address, given)
    if asked.status_code != 200:
        return asked
    return page.post(address, dict_of(asked.context["hidden"]))


def dict_of(pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def moved(ladera, maintainer) -> Deployment:
    """Ladera as somebody changed it by mistake."""
    return services.update_deployment(
        actor=maintainer,
        deployment=ladera,
        location_name="Ladera 3",
        camera_id="",
        hardware=HardwareConfig.objects.get(number=5),
    )


def test_the_page_tells_who_changed_what_from_what_to_what(page, moved, maintainer):
    services.retire_deployment(actor=maintainer, deployment=moved, reason="Brought home")
    text = page.get(history(moved)).content.decode()
    assert "<dt>Place</dt><dd><del>Ladera</del>" in text
    assert "<ins>Ladera 3</ins>" in text
    assert '<del>81B1C025</del> <span aria-hidden="true">→</span> <ins>–</ins>' in text
    assert "<ins>5: LepiLED, Logitech Brio, PCB LED, SM4 &amp; SM4BAT</ins>" in text
    assert "“Brought home”" in text
    assert text.count("by maintainer") == 2
    assert "by the server" in text


def test_the_page_of_a_long_history_asks_no_more(page, ladera, maintainer, django_assert_max_num_queries):
    for number in range(40):
        services.update_deployment(
            actor=maintainer, deployment=ladera, hardware=HardwareConfig.objects.get(number=number % 7 + 1)
        )
    with django_assert_max_num_queries(12):
        text = page.get(history(ladera)).content.decode()
    assert text.count("<dt>Hardware</dt>") == 30
    assert "<del>–</del>" in page.get(history(ladera) + "?p=2").content.decode()  # the last on a page is compared too


def test_a_version_is_compared_with_now(page, moved):
    response = page.get(version(moved))
    assert {row.name for row in response.context["differing"]} == {"location_name", "camera_id", "hardware"}
    assert "3 fields differ from how it stands now" in response.content.decode()
    assert "This is how it stands now" in page.get(version(moved, 0)).content.decode()


def test_nothing_changes_before_the_answer_to_the_question(page, moved):
    address = version(moved)
    newest = page.get(address).context["newest"]
    asked = page.post(address, {"newest": newest, "field": ["location_name", "camera_id"]})
    assert asked.context["items"] == ["Place: Ladera 3 → Ladera", "Camera ID: – → 81B1C025"]
    moved.refresh_from_db()
    assert moved.location_name == "Ladera 3"
    assert moved.history.count() == 2


def test_going_back_is_a_change_with_its_reason(page, moved, maintainer):
    first = moved.history.last()
    response = go_back(page, moved)
    assert response.url == history(moved)
    moved.refresh_from_db()
    assert (moved.location_name, moved.camera_id, moved.hardware) == ("Ladera", "81B1C025", None)
    entry = moved.history.first()
    assert moved.history.count() == 3
    assert entry.history_user == maintainer
    assert entry.history_change_reason == f"Back to the version of {first.history_date:%Y-%m-%d %H:%M} UTC"


def test_one_field_alone_goes_back(page, moved):
    go_back(page, moved, "camera_id")
    moved.refresh_from_db()
    assert (moved.location_name, moved.camera_id) == ("Ladera 3", "81B1C025")
    assert moved.hardware.number == 5


@pytest.mark.parametrize("field", ["deployment_id", "created_by", "retired_at", "nonsense"])
def test_what_is_not_typed_in_does_not_go_back(page, ladera, field):
    Deployment.objects.filter(pk=ladera.pk).update(deployment_id="dep000046", retired_at=AT)
    response = go_back(page, ladera, field)
    assert "Choose at least one field" in said(response)
    ladera.refresh_from_db()
    assert ladera.deployment_id == "dep000046"
    assert ladera.history.count() == 1


def test_a_twin_in_the_way_is_named_and_nothing_is_written(page, moved, panama):
    make_deployment("dep000046", panama, "Ladera", camera_id="81B1C025", status="active")
    response = go_back(page, moved)
    assert "Nothing was changed. dep000046 (Ladera) is active" in said(response)
    moved.refresh_from_db()
    assert (moved.location_name, moved.hardware.number) == ("Ladera 3", 5)
    assert moved.history.count() == 2


def test_the_bucket_does_not_go_back_once_there_were_uploads(page, ladera, maintainer, colleague, kenya):
    services.update_deployment(actor=maintainer, deployment=ladera, bucket=kenya, system_id="other")
    ladera.upload_sessions.create(account=colleague, data_type="snapshot_images", started_at=AT, last_seen_at=AT)
    assert "has uploads" in said(go_back(page, ladera))
    ladera.refresh_from_db()
    assert (ladera.bucket, ladera.system_id) == (kenya, "other")
    go_back(page, ladera, "system_id")
    ladera.refresh_from_db()
    assert (ladera.bucket, ladera.system_id) == (kenya, "sys000045")


def test_a_status_goes_back_as_a_retirement_and_as_a_reactivation(page, ladera, maintainer):
    services.retire_deployment(actor=maintainer, deployment=ladera, reason="By mistake")
    go_back(page, ladera)
    ladera.refresh_from_db()
    assert (ladera.is_active, ladera.retire_reason, ladera.retired_by) == (True, "", None)
    go_back(page, ladera, number=1)
    ladera.refresh_from_db()
    assert (ladera.is_active, ladera.retired_by) == (False, maintainer)
    assert ladera.retire_reason.startswith("Back to the version of ")


def test_a_retirement_makes_room_before_the_site_changes(page, ladera, maintainer, panama):
    """The old version is inactive and stands where another is active now: only together do the fields go back."""
    services.retire_deployment(actor=maintainer, deployment=ladera, reason="Season over")
    services.update_deployment(actor=maintainer, deployment=ladera, location_name="Elsewhere")
    services.reactivate_deployment(actor=maintainer, deployment=ladera)
    make_deployment("dep000046", panama, "Ladera", camera_id="81B1C025", status="active")
    go_back(page, ladera, number=2)  # retired, at Ladera
    ladera.refresh_from_db()
    assert (ladera.is_active, ladera.location_name) == (False, "Ladera")


def test_a_status_that_cannot_go_back_takes_the_other_fields_along(page, ladera, maintainer, panama):
    services.retire_deployment(actor=maintainer, deployment=ladera, reason="Season over")
    services.update_deployment(actor=maintainer, deployment=ladera, system_id="other")
    make_deployment("dep000046", panama, "Ladera", camera_id="81B1C025", status="active")
    assert "dep000046 (Ladera) is active" in said(go_back(page, ladera))
    ladera.refresh_from_db()
    assert (ladera.is_active, ladera.system_id) == (False, "other")


def test_what_somebody_changed_meanwhile_is_looked_at_first(page, moved, maintainer):
    seen = page.get(version(moved)).context["newest"]
    services.update_deployment(actor=maintainer, deployment=moved, system_id="newer")
    response = page.post(version(moved), {"newest": seen, "field": ["location_name"], "apply": "1"})
    assert "Somebody changed it while you looked" in said(response)
    moved.refresh_from_db()
    assert moved.location_name == "Ladera 3"


def test_hardware_that_is_no_longer_there_is_told(page, ladera, maintainer):
    gone = services.create_hardware(
        actor=maintainer, number=99, attractant_light="UV", camera="Pi", camera_lights="none", microphone="none"
    )
    services.update_deployment(actor=maintainer, deployment=ladera, hardware=gone)
    services.update_deployment(actor=maintainer, deployment=ladera, hardware=None)
    gone_pk = gone.pk
    gone.delete()
    assert f"no longer there ({gone_pk})" in page.get(version(ladera, 1)).content.decode()
    assert "is no longer there" in said(go_back(page, ladera, number=1))
    ladera.refresh_from_db()
    assert ladera.hardware is None
