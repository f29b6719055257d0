"""The maintainers' guide, walked step by step: every button it names is there, and leads to what it says."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import expect

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from deployments.models import Bucket, Deployment, HardwareConfig
from tests.uploads.test_history import make_file, make_session


def names_in(store) -> set[str]:
    return {bucket["Name"] for bucket in store.list_buckets()["Buckets"]}


@pytest.fixture
def no_costa_rica(store):
    """The store as it was: what a walk makes there is taken away."""
    yield
    if "cri" in names_in(store):
        store.delete_bucket(Bucket="cri")


def test_new_bucket(follow, portal, store, no_costa_rica):
    with follow("new-bucket") as walk:
        walk.menu("Buckets")
        walk.press("+")
        walk.fill("Title", "Costa Rica")
        walk.fill("Name", "cri")
        walk.fill("ISO country code", "CRI")
        walk.press("Save")
        walk.open("Costa Rica")
        walk.picture(
            "new-bucket",
            walk.control("Create or check in the store"),
            "#content form fieldset",
            ring=["Create or check in the store"],
        )
        walk.press("Create or check in the store")
        assert "cri" not in names_in(store)
        walk.press("Create or check")
        walk.see("cri is in the store and open to the upload page.")
    assert "cri" in names_in(store)
    assert store.get_bucket_cors(Bucket="cri")["CORSRules"]
    assert Bucket.objects.get(name="cri").exists_in_store


def test_new_deployment(follow, portal):
    newcomer = User.objects.create_user("tomas", first_name="Tomás", last_name="Rey", organisation="Ridge Station")
    newcomer.groups.add(Group.objects.get(name=Role.PARTNERS))
    with follow("new-deployment") as walk:
        walk.menu("Deployments")
        walk.press("+")
        walk.choose("Bucket", "Panama (pan)")
        walk.press("Continue")
        walk.fill("Place", "Cloud Forest Ridge")
        walk.fill("Latitude", "8.771204")
        walk.fill("Longitude", "-82.433190")
        walk.fill("System ID", "AMI-14")
        walk.fill("Camera ID", "9D10E37B")
        walk.choose("Hardware", str(HardwareConfig.objects.get(number=7)))
        walk.fill("First day of the season", "2026-04-01")
        walk.main.get_by_role("checkbox", name="Tomás Rey").check()
        walk.picture("new-deployment", "#id_latitude", ".place-map", "label[for=id_longitude]")
        walk.press("Review")
        walk.see("Is all of this right?")
        walk.picture("new-deployment-review", ".guided", ring=["Make the deployment"])
        assert not Deployment.objects.filter(location_name="Cloud Forest Ridge").exists()
        walk.press("Make the deployment")
        walk.see("dep000121 is made.")
    made = Deployment.objects.get(deployment_id="dep000121")
    assert (made.bucket, made.camera_id, made.status) == (portal.bucket, "9D10E37B", "active")
    assert made.time_zone == "America/Panama"
    assert portal.bucket in newcomer.buckets.all()


def test_next_season(follow, portal):
    make_file(make_session(portal.partner, portal.deployment, declared_files=40, finished_at=timezone.now()), "a.jpg")
    with follow("next-season") as walk:
        walk.menu("Deployments")
        walk.open("dep000119")
        walk.press("Next season")
        walk.see("Copied as it is")
        walk.fill("First day of the new season", "2026-04-01")
        walk.fill("System ID", "AMI-12")
        walk.fill("Camera ID", "7F20C1D3")
        walk.choose("Hardware", str(HardwareConfig.objects.get(number=5)))
        walk.picture("next-season", "#content form", ring=["Start the season"])
        walk.press("Start the season")
        walk.see("dep000121 is open; dep000119 is retired.")
    new = Deployment.objects.get(deployment_id="dep000121")
    assert (new.previous_season, new.status) == (portal.deployment, "active")
    assert (new.camera_id, new.first_day) == ("7F20C1D3", date(2026, 4, 1))
    portal.deployment.refresh_from_db()
    assert portal.deployment.status == "inactive"


def test_retiring(follow, portal):
    make_session(portal.partner, portal.deployment, declared_files=40)
    with follow("retiring") as walk:
        walk.menu("Deployments")
        walk.open("dep000119")
        walk.press("Retire")
        walk.see("An upload is under way")
        walk.tick("Retire anyway")
        walk.fill("Reason", "Season over, system brought home")
        walk.picture("retiring", "#content form", ring=["Retire"])
        walk.press("Retire")
        walk.see("dep000119 is retired.")
        portal.deployment.refresh_from_db()
        assert (portal.deployment.status, portal.deployment.retired_by) == ("inactive", walk.person)
        walk.press("Reactivate")
        walk.press("Reactivate")
        walk.see("dep000119 is active.")
        walk.press("History")
        expect(walk.main).to_contain_text("Season over, system brought home")
    portal.deployment.refresh_from_db()
    assert portal.deployment.status == "active"
