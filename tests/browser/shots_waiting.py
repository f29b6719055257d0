"""The states in which the page waits for an older program, each reached as a person would; more in shots_page.py."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.shots_page import Stage, check, good_verdict
from tests.uploads.legacy_client import LegacyClient
from uploads.models import UploadLog


def waiting(stage: Stage) -> None:
    """All is done but what an older program may still overwrite."""
    names = stage.card.add_snapshots(20)
    older_program(stage, names[:3])
    stage.open()
    stage.choose()
    stage.start()
    expect(stage.page.locator("#state.waiting")).to_be_visible()
    stage.page.locator("#unsettled summary").click()
    expect(stage.page.locator("#unsettled li")).to_have_count(3)


def waiting_cancelled(stage: Stage) -> None:
    waiting(stage)
    stage.page.locator("#cancel").click()
    stage.page.locator("#cancel-dialog button[value=cancel]").click()
    stage.verdict("bad")


def waiting_offered(stage: Stage) -> None:
    waiting(stage)
    stage.page.once("dialog", lambda dialog: dialog.accept())
    stage.page.reload()
    expect(stage.page.locator("#resume")).to_be_visible()
    with stage.page.expect_file_chooser() as chooser:
        stage.page.locator("#resume button.primary").click()
    chooser.value.set_files(stage.card.root)
    expect(stage.page.locator("#review .notice")).to_be_visible()


def check_waiting(stage: Stage) -> None:
    good_verdict(stage)
    until = timezone.now() + timedelta(minutes=20)
    UploadLog.objects.filter(filename__startswith="2025071501").update(status="unsettled", unsettled_until=until)
    check(stage)
    stage.verdict("bad")
    expect(stage.page.locator("#verdict .actions button.primary")).to_be_visible()


def older_program(stage: Stage, names: list[str]) -> None:
    """Asks for a URL for each, which may write any bytes while it lives."""
    client = LegacyClient(stage.portal.partner, stage.portal)
    client.fields["password"] = PASSWORD
    for name in names:
        assert client.post("generate-presigned-url", filename=name, file_type="image/jpeg").status_code == 200


WAITING: dict[str, Callable[[Stage], None]] = {
    state.__name__: state for state in (waiting, waiting_cancelled, waiting_offered, check_waiting)
}
