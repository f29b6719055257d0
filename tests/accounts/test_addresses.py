"""The mail addresses of people who belong together, to copy."""

import pytest
from django.contrib.auth.models import Group

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.addresses import addresses_of, of_bucket, of_deployment
from tests.accounts.admin_pages import url
from tests.people import make_person
from uploads.models import UploadSession

pytestmark = pytest.mark.django_db
PAGE = "/admin/people/addresses/"


@pytest.fixture
def institute(panama, kenya):
    """Of Panama: two with addresses (one of them twice), one without, one closed; of Kenya: one."""
    make_person("ana", Role.PARTNERS, panama, last_name="Rojas")
    make_person("bo", Role.PARTNERS, panama, kenya, last_name="Abiodun")
    make_person("again", Role.PARTNERS, panama, last_name="Zuma")
    User.objects.filter(username="again").update(email="ANA@example.org")
    make_person("mute", Role.PARTNERS, panama)
    User.objects.filter(username="mute").update(email="")
    make_person("gone", Role.PARTNERS, panama, is_active=False)
    make_person("far", Role.PARTNERS, kenya)
    return panama


def test_those_of_a_bucket_each_once_and_no_closed_account(institute):
    found = addresses_of(of_bucket(institute.pk))
    assert found.addresses == ["bo@example.org", "ana@example.org"]
    assert found.text == "bo@example.org, ana@example.org"
    assert [person.username for person in found.without] == ["mute"]
    assert found.closed == 1


def test_those_of_a_deployment_are_its_buckets_and_who_uploaded_there(institute, ladera):
    visitor = make_person("visitor", Role.PARTNERS, last_name="Aaa")
    for _ in range(2):
        UploadSession.objects.create(
            account=visitor,
            deployment=ladera,
            data_type="snapshot_images",
            started_at="2025-06-01T00:00:00Z",
            last_seen_at="2025-06-01T00:00:00Z",
        )
    assert addresses_of(of_deployment(ladera.pk)).addresses == [
        "visitor@example.org",
        "bo@example.org",
        "ana@example.org",
    ]


def test_the_page_of_a_bucket_and_of_a_deployment(page, institute, ladera):
    shown = page.get(f"{PAGE}?bucket={institute.pk}").content.decode()
    assert "bo@example.org, ana@example.org" in shown
    assert "gone@example.org" not in shown
    assert "1 closed account left out" in shown
    assert "<strong" in shown
    assert "Bcc" in shown
    assert "ana@example.org" in page.get(f"{PAGE}?deployment={ladera.pk}").content.decode()
    for query in ("", "?bucket=x", "?bucket=999999", "?deployment=999999"):
        assert page.get(PAGE + query).status_code == 404


def test_of_chosen_people_and_of_a_filtered_list(page, institute):
    chosen = User.objects.filter(username__in=["ana", "gone"]).values_list("pk", flat=True)
    given = {"action": "copy_addresses", "_selected_action": list(chosen)}
    shown = page.post(url("accounts_user_changelist"), given).content.decode()
    assert ">ana@example.org</textarea>" in shown
    given |= {"select_across": "1"}
    filtered = f"{url('accounts_user_changelist')}?buckets__id__exact={institute.pk}"
    assert "bo@example.org, ana@example.org" in page.post(filtered, given).content.decode()


def test_who_may_not_see_people_sees_no_addresses(client, institute):
    clerk = make_person("clerk", Role.PARTNERS, is_staff=True)
    clerk.groups.set(Group.objects.none())
    client.force_login(clerk)
    assert client.get(f"{PAGE}?bucket={institute.pk}").status_code == 403
