"""The table of people. What a row means is decided in contacts.py."""

from collections.abc import Iterable

from django.db.models import QuerySet

from amiportal.accounts.models import User
from amiportal.accounts.services.contacts import PEOPLE, import_people, person_record, plan_people
from amiportal.sheets.admin import SheetExport, SheetImport
from amiportal.sheets.common import Sheet
from amiportal.sheets.importing import SheetResource
from amiportal.sheets.plan import SheetPlan


class PeopleTable(SheetResource):
    title = "People"
    columns = PEOPLE
    shown = PEOPLE.all

    def plan(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return plan_people(actor=actor, sheet=sheet)

    def write(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return import_people(actor=actor, sheet=sheet)


class PeoplePages(SheetImport, SheetExport):
    """For the admin of people: import with a preview, and export, without anything that lets somebody in."""

    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    resource_classes = [PeopleTable]

    def export_records(self, queryset: QuerySet[User]) -> Iterable[dict]:
        return map(person_record, queryset.prefetch_related("groups", "buckets"))
