"""The table of people. What a row means is decided in contacts.py."""

from amiportal.accounts.models import User
from amiportal.accounts.services.contacts import PEOPLE, import_people, plan_people
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
