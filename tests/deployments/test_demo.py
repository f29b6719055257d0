import json
import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from knox.models import AuthToken

from amiportal.accounts.models import User
from amiportal.objectstore.models import StoreProbe
from deployments.models import Bucket, Deployment

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "demo-accounts.json"


def run() -> str:
    out = StringIO()
    call_command("make_demo", stdout=out)
    return out.getvalue()


def test_what_it_makes(file, store, client):
    run()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    accounts = json.loads(file.read_text())
    assert {key: sorted(account) for key, account in accounts.items()} == {
        "maintainer": ["password", "username"],
        "partner": ["password", "username"],
        "script": ["password", "token", "username"],
    }
    for account in accounts.values():
        assert User.objects.get(username=account["username"]).check_password(account["password"])
    maintainer, partner, script = (User.objects.get(username=accounts[key]["username"]) for key in accounts)
    assert maintainer.is_staff
    assert maintainer.is_maintainer
    assert not partner.is_staff
    assert "test-upload" in partner.buckets.values_list("name", flat=True)
    assert script.is_service_account
    authorization = {"Authorization": f"Token {accounts['script']['token']}"}
    assert client.get("/api/v1/deployments/", headers=authorization).status_code == 200
    assert Deployment.objects.count() == 31
    in_store = {bucket["Name"] for bucket in store.list_buckets()["Buckets"]}
    assert set(Bucket.objects.values_list("name", flat=True)) <= in_store
    assert not Bucket.objects.exclude(exists_in_store=True, cors_ok=True).exists()
    assert StoreProbe.objects.count() == 1


def test_again_it_keeps_all_as_it_is(file):
    run()
    before = file.read_bytes()
    Deployment.objects.filter(deployment_id="dep000001").update(location_name="Renamed by hand")
    assert run() == ""
    assert file.read_bytes() == before
    assert Deployment.objects.get(deployment_id="dep000001").location_name == "Renamed by hand"
    assert (Deployment.objects.count(), StoreProbe.objects.count(), AuthToken.objects.count()) == (31, 1, 1)


def test_a_lost_file_means_new_passwords(file):
    run()
    before = json.loads(file.read_text())
    file.unlink()
    run()
    after = json.loads(file.read_text())
    assert User.objects.count() == 3
    for key, account in after.items():
        assert account["password"] != before[key]["password"]
        assert User.objects.get(username=account["username"]).check_password(account["password"])
        assert not User.objects.get(username=account["username"]).check_password(before[key]["password"])
    assert AuthToken.objects.count() == 1


def test_never_on_a_portal_that_others_reach(file, settings):
    settings.INSECURE_HTTP = False
    with pytest.raises(CommandError):
        run()
    assert not User.objects.exists()
    assert not file.exists()
