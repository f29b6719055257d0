"""A season does not end under somebody's upload unless a maintainer insists: services, API and lists."""

import pytest
from django.urls import reverse

from amiportal.core.errors import Conflict
from deployments import services
from deployments.holdings import files_provider
from deployments.models import Deployment
from tests.deployments.admin_pages import said, url
from tests.deployments.uploaded_rows import finished, granted, half_sent, overwritable, session, stored
from tests.people import signed_in
from uploads import holdings as uploaded

pytestmark = pytest.mark.django_db
SEASON = {"first_day": "2026-05-01"}
UNDER_WAY = {
    "a session": lambda deployment, person: session(deployment, person, minutes_ago=59),
    "an old client": lambda deployment, person: session(deployment, person, is_legacy=True),
    "a grant": lambda deployment, person: granted(deployment, person, minutes_left=5),
    "a file in parts": half_sent,
    "an old program's URL": lambda deployment, person: overwritable(deployment, person, minutes_left=5),
}
OVER = {
    "nothing": lambda deployment, person: None,
    "a finished session": finished,
    "an old session": lambda deployment, person: session(deployment, person, minutes_ago=61),
    "an expired grant": lambda deployment, person: granted(deployment, person, minutes_left=-1),
    "an old program's dead URL": lambda deployment, person: overwritable(deployment, person, minutes_left=-1),
}


def is_active(deployment: Deployment) -> bool:
    return Deployment.objects.get(pk=deployment.pk).is_active


@pytest.mark.parametrize("what", UNDER_WAY)
def test_refused_while_somebody_uploads(maintainer, colleague, ladera, what):
    UNDER_WAY[what](ladera, colleague)
    for attempt in (
        lambda: services.retire_deployment(actor=maintainer, deployment=ladera, reason="over"),
        lambda: services.start_next_season(actor=maintainer, deployment=ladera, **SEASON),
        lambda: services.update_deployment(actor=maintainer, deployment=ladera, status="inactive"),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "upload_under_way"
    assert is_active(ladera)
    assert Deployment.objects.count() == 1 + Deployment.objects.filter(deployment_id="dep_test").count()
    assert ladera.history.count() == 1
    services.retire_deployment(actor=maintainer, deployment=ladera, reason="over", insist=True)
    assert not is_active(ladera)


@pytest.mark.parametrize("what", OVER)
def test_what_is_over_stands_in_nobodys_way(maintainer, colleague, ladera, savanna, what):
    OVER[what](ladera, colleague)
    session(savanna, colleague)  # another deployment's is none of its business
    assert not services.retire_deployment(actor=maintainer, deployment=ladera, reason="over").is_active


def test_insisting_on_the_next_season(maintainer, colleague, ladera):
    session(ladera, colleague)
    new = services.start_next_season(actor=maintainer, deployment=ladera, insist=True, first_day="2026-05-01")
    assert (new.is_active, is_active(ladera)) == (True, False)
    assert new.history.get().history_change_reason == "Next season of dep000045"


def test_the_sentences_name_who_and_what(colleague, ladera):
    under_way = [session(ladera, colleague, uploader_name=f"Person {number}") for number in range(7)]
    granted(ladera, colleague, minutes_left=5)
    half_sent(ladera, colleague)
    told = files_provider().under_way([ladera])[ladera.pk]
    assert f"session {under_way[-1].pk}" in told[0]
    assert "Person 6 is uploading snapshot images" in told[0]
    assert told[5] == "and 2 sessions more"
    assert told[6].startswith("1 file may still be sent")
    assert told[7] == "1 large file half sent, in parts"
    assert len(told) == 8


def test_the_figures_stop_at_their_bound(monkeypatch, colleague, ladera):
    stored(ladera, colleague, 1_000, 2_000, 3_000)
    granted(ladera, colleague, minutes_left=5)  # nothing has come of it yet
    held = files_provider().holdings_of(ladera)
    assert (held.sessions, held.files, held.size_bytes, held.is_more) == (2, 3, 6_000, False)
    monkeypatch.setattr(uploaded, "FILES_SUMMED", 2)
    held = files_provider().holdings_of(ladera)
    assert (held.files, held.is_more) == (2, True)


def test_the_api_refuses_and_takes_insist(maintainer, colleague, ladera):
    session(ladera, colleague)
    http = signed_in(maintainer)
    here = "/api/v1/deployments/dep000045"
    for step, body in (("retire", {"reason": "over"}), ("next-season", SEASON)):
        refused = http.post(f"{here}/{step}/", body, format="json")
        assert (refused.status_code, refused.json()["code"]) == (409, "upload_under_way")
        assert "insist" in refused.json()["fields"]
    assert is_active(ladera)
    answer = http.post(f"{here}/next-season/", SEASON | {"insist": True}, format="json")
    assert (answer.status_code, answer.json()["status"]) == (201, "active")
    assert not is_active(ladera)


def test_the_page_asks_to_insist_only_while_there_is_reason_to(page, colleague, ladera):
    stored(ladera, colleague, 2_000_000)
    retire = url("deployment_retire", ladera.pk)
    asked = page.get(retire).content.decode()
    assert "Retire anyway" not in asked
    assert "2.0\N{NO-BREAK SPACE}MB" in asked
    session(ladera, colleague)
    assert "Retire anyway" in page.get(retire).content.decode()
    refused = page.post(retire, {"reason": "over"}).content.decode()
    assert "is under way" in refused
    assert is_active(ladera)
    assert page.post(retire, {"reason": "over", "insist": "on"}).status_code == 302
    assert not is_active(ladera)


def test_the_page_of_the_next_season_shows_what_is_copied(page, colleague, ladera):
    session(ladera, colleague)
    asked = page.get(url("deployment_next_season", ladera.pk)).content.decode()
    assert "Panama (pan)" in asked
    assert "Retire anyway" in asked


def act(page, action: str, *deployments: Deployment, **given):
    chosen = {"action": action, "_selected_action": [deployment.pk for deployment in deployments], **given}
    return page.post(reverse("admin:deployments_deployment_changelist"), chosen)


def test_the_list_retires_those_that_it_may(page, colleague, ladera, savanna):
    session(ladera, colleague)
    asked = act(page, "retire_selected", ladera, savanna).content.decode()
    assert "upload under way" in asked
    done = act(page, "retire_selected", ladera, savanna, apply="1", reason="over")
    assert "1 of 2 retired: dep000007." in said(done)
    assert "dep000045: An upload" in said(done)
    assert (is_active(ladera), is_active(savanna)) == (True, False)
    act(page, "retire_selected", ladera, savanna, apply="1", reason="over", insist="on")
    assert not is_active(ladera)


def test_the_list_starts_the_next_season_of_several(page, maintainer, ladera, savanna):
    before = Deployment.objects.count()
    asked = act(page, "next_season_selected", ladera, savanna)
    assert "dep000045" in asked.content.decode()
    assert Deployment.objects.count() == before
    services.update_deployment(actor=maintainer, deployment=savanna, first_day="2026-06-01")
    done = said(act(page, "next_season_selected", ladera, savanna, apply="1", **SEASON))
    new = Deployment.objects.get(previous_season=ladera)
    assert f"1 of 2 have a next season now: dep000045 → {new.deployment_id}." in done
    assert "dep000007: The season before began on 2026-06-01" in done
    assert (new.camera_id, str(new.first_day)) == ("81B1C025", "2026-05-01")
    assert (is_active(ladera), is_active(savanna)) == (False, True)
    again = act(page, "next_season_selected", ladera)
    assert "1 of those chosen have a next season already" in said(again)


def test_each_leaves_its_reason_in_the_history(page, maintainer, ladera):
    page.post(url("deployment_retire", ladera.pk), {"reason": "Brought home"})
    page.post(url("deployment_reactivate", ladera.pk), {"reason": "By mistake"})
    act(page, "retire_selected", ladera, apply="1", reason="Over")
    act(page, "reactivate_selected", ladera, apply="1", reason="")
    reasons = [(row.history_change_reason, row.history_user) for row in ladera.history.all()[:4]]
    assert reasons == [
        (reason, maintainer) for reason in ("Reactivated", "Over", "Reactivated: By mistake", "Brought home")
    ]
    shown = page.get(url("deployment_history", ladera.pk)).content.decode()
    assert "Reactivated: By mistake" in shown


def test_retiring_says_until_when_upload_urls_go_on_writing(page, ladera, colleague):
    row = overwritable(ladera, colleague, minutes_left=20)
    told = f"go on writing until {row.grant_expires_at:%H:%M} UTC"
    answer = page.post(url("deployment_retire", ladera.pk), {"reason": "over", "insist": "on"}, follow=True)
    assert told in answer.content.decode()
    assert not is_active(ladera)
