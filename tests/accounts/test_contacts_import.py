"""People as a table: contacts come in, what is known of people changes, and nobody gets in or up by it."""

import json

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.accounts.services.contacts import PEOPLE, import_people, plan_people
from amiportal.core.errors import Conflict, Forbidden, PortalError
from amiportal.sheets.formats import read_sheet
from amiportal.sheets.plan import SheetRefused
from tests.deployments.test_formats_round import FORMATS
from tests.people import PASSWORD

pytestmark = pytest.mark.django_db
ANA = {
    "email": "ana@institute.example",
    "first_name": "Ana",
    "last_name": "ไทย Ríos",
    "organisation": "Institute of Moths",
    "country": "pan",
    "buckets": "pan",
    "role": "partners",
}


def sheet(*rows: dict):
    return read_sheet(json.dumps(rows).encode(), PEOPLE)


def faults(actor, *rows: dict) -> list[tuple[int, str]]:
    before = people()
    plan = plan_people(actor=actor, sheet=sheet(*rows))
    if plan.faults:
        with pytest.raises(SheetRefused):
            import_people(actor=actor, sheet=sheet(*rows))
    assert people() == before
    return [(fault.line, fault.column) for fault in plan.faults]


def people() -> list:
    return [
        (row, sorted(User.objects.get(pk=row["id"]).groups.values_list("name", flat=True)))
        for row in User.objects.order_by("pk").values()
    ]


def test_a_new_contact_has_no_password(maintainer, panama):
    import_people(actor=maintainer, sheet=sheet(ANA))
    ana = User.objects.get(username="ana@institute.example")
    assert not ana.has_usable_password()
    assert (ana.first_name, ana.last_name, ana.country) == ("Ana", "ไทย Ríos", "PAN")
    assert ([b.name for b in ana.buckets.all()], [g.name for g in ana.groups.all()]) == (["pan"], ["Partners"])
    assert not ana.is_staff
    entry = ana.history.get()
    assert (entry.history_type, entry.history_user, entry.history_change_reason) == ("+", maintainer, "Imported table")
    assert entry.buckets.count() == entry.groups.count() == 1


def test_by_the_address_in_any_case_and_only_what_the_row_has_changes(maintainer, colleague):
    password = colleague.password
    plan = import_people(actor=maintainer, sheet=sheet({"email": "Colleague@EXAMPLE.org", "organisation": "UKCEH"}))
    colleague.refresh_from_db()
    assert (len(plan.created), len(plan.updated)) == (0, 1)
    assert colleague.history.first().history_change_reason == "Imported table"
    assert (colleague.username, colleague.organisation, colleague.password) == ("colleague", "UKCEH", password)
    assert colleague.check_password(PASSWORD)
    assert colleague.buckets.get().name == "pan"
    assert colleague.groups.get().name == Role.PARTNERS


def test_by_the_username_and_an_empty_cell_empties(maintainer, colleague):
    User.objects.filter(pk=colleague.pk).update(organisation="UKCEH")
    import_people(actor=maintainer, sheet=sheet({"username": "colleague", "organisation": "", "buckets": ""}))
    colleague.refresh_from_db()
    assert (colleague.organisation, colleague.buckets.count(), colleague.email) == ("", 0, "colleague@example.org")


def test_every_fault_of_every_row_is_told_and_nothing_is_written(maintainer, panama):
    rows = (
        ANA,
        {"email": "not an address", "country": "Panama", "role": "boss", "buckets": "pan, gbr"},
        {"first_name": "Nobody"},
        {"username": "bad name", "organisation": "=HYPERLINK(1)"},
        ANA,
    )
    assert sorted(faults(maintainer, *rows)) == [
        (2, "buckets"),
        (2, "country"),
        (2, "email"),
        (2, "role"),
        (3, "email"),
        (4, "organisation"),
        (4, "username"),
        (5, "email"),
    ]


def test_an_address_that_is_no_username_is_told_as_that(maintainer):
    (fault,) = plan_people(actor=maintainer, sheet=sheet({"email": "o'brien@example.org"})).faults
    assert fault.column == "username"


def test_superusers_are_never_touched(maintainer, superuser):
    row = {"username": "root", "email": "mine@example.org"}
    assert faults(maintainer, row) == [(1, "username")]
    assert faults(superuser, row) == [(1, "username")]


def test_no_role_above_ones_own_is_given_or_taken(maintainer, superuser, colleague, script):
    assert faults(maintainer, {"username": "colleague", "role": "Maintainers"}) == [(1, "role")]
    assert faults(maintainer, {"email": "new@example.org", "role": "Partners, Maintainers"}) == [(1, "role")]
    assert faults(maintainer, {"username": "maintainer", "role": ""}) == [(1, "role")]
    import_people(actor=maintainer, sheet=sheet({"username": "script", "role": "Partners"}))
    assert script.groups.get().name == Role.PARTNERS
    import_people(actor=superuser, sheet=sheet({"username": "colleague", "role": "Maintainers"}))
    colleague.refresh_from_db()
    assert (colleague.is_staff, colleague.is_superuser) == (True, False)
    import_people(actor=superuser, sheet=sheet({"username": "colleague", "role": "Partners"}))
    assert not User.objects.get(pk=colleague.pk).is_staff


@pytest.mark.parametrize("column", ["password", "is_superuser", "is_staff", "is_active", "id"])
def test_there_is_no_column_for_what_lets_somebody_in(maintainer, colleague, column):
    assert faults(maintainer, {"username": "colleague", column: "1"}) == [(1, column)]


def test_an_address_that_is_somebody_elses(maintainer, colleague, outsider):
    assert faults(maintainer, {"username": "outsider", "email": "colleague@example.org"}) == [(1, "email")]
    assert faults(maintainer, {"username": "fresh", "email": "colleague@example.org"}) == [(1, "email")]
    User.objects.filter(pk=outsider.pk).update(email="colleague@example.org")
    assert faults(maintainer, {"email": "colleague@example.org", "organisation": "X"}) == [(1, "email")]


def test_only_maintainers(colleague, script, panama):
    for actor in (colleague, script):
        with pytest.raises(Forbidden):
            import_people(actor=actor, sheet=sheet(ANA))
    assert not User.objects.filter(email=ANA["email"]).exists()


def test_what_is_done_before_imports_is_done_before_this_one(maintainer, panama, connect_before_import):
    asked = []

    def refuse(*, actor, **sent):
        asked.append(actor)
        raise PortalError("No snapshot, no import.")

    connect_before_import(refuse)
    with pytest.raises(PortalError, match="No snapshot"):
        import_people(actor=maintainer, sheet=sheet(ANA))
    assert asked == [maintainer]
    assert not User.objects.filter(email=ANA["email"]).exists()
    import_people(actor=maintainer, sheet=sheet({"username": "maintainer"}))  # nothing would change
    assert len(asked) == 1


def test_somebody_who_takes_the_name_meanwhile(maintainer, panama, monkeypatch, connect_before_import):
    def quicker(**sent):
        monkeypatch.setattr(User, "save", lambda self: User.objects.bulk_create([User(username=self.username)] * 2))

    connect_before_import(quicker)
    with pytest.raises(Conflict):
        import_people(actor=maintainer, sheet=sheet(ANA))
    monkeypatch.undo()
    assert not User.objects.filter(username=ANA["email"]).exists()


@pytest.fixture
def page(client, maintainer, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    client.force_login(maintainer)
    return client


@pytest.mark.parametrize("form", FORMATS)
def test_everybody_goes_round(page, maintainer, colleague, outsider, script, superuser, kenya, form):
    colleague.buckets.add(kenya)
    colleague.groups.add(Group.objects.get(name=Role.SCRIPTS))
    User.objects.filter(pk=outsider.pk).update(first_name="=x", last_name="'+", organisation="@ceh", email="")
    answer = page.post("/admin/accounts/user/export/", {"format": str(FORMATS.index(form)), "resource": "0"})
    assert PASSWORD not in str(answer.content)
    assert colleague.password.encode() not in answer.content
    file = SimpleUploadedFile("people", answer.content)
    previewed = page.post("/admin/accounts/user/import/", {"resource": "0", "format": "0", "import_file": file})
    assert "0 new, 0 changed, 5 unchanged" in previewed.content.decode()


def test_preview_and_confirmation_by_the_page(page, panama):
    file = SimpleUploadedFile("people.json", json.dumps([ANA]).encode())
    previewed = page.post("/admin/accounts/user/import/", {"resource": "0", "format": "0", "import_file": file})
    assert "1 new, 0 changed, 0 unchanged" in previewed.content.decode()
    assert not User.objects.filter(email=ANA["email"]).exists()
    done = page.post("/admin/accounts/user/process_import/", previewed.context["confirm_form"].initial)
    assert "1 new" in " ".join(map(str, get_messages(done.wsgi_request)))
    assert User.objects.filter(email=ANA["email"]).exists()


def test_partners_neither_import_nor_export(client, colleague):
    client.force_login(colleague)
    for name in ("import", "process_import", "export"):
        assert client.post(f"/admin/accounts/user/{name}/", {"format": "0"}).status_code == 302
