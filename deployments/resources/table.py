"""The table of deployments. What a row means is decided in formats/table.py and services/table_import.py."""

from amiportal.accounts.models import User
from amiportal.sheets.common import Sheet
from amiportal.sheets.importing import SheetResource
from amiportal.sheets.plan import PlannedRow, SheetPlan
from deployments.formats.legacy_record import table_record
from deployments.formats.table import COLUMNS, TABLE, check_sheet
from deployments.models import Deployment
from deployments.services import ImportPlan, import_table, plan_import

# What a row is about comes first: the table is wide.
_FIRST = ("deployment_id", "status")


class TablePlan(SheetPlan):
    """Says, too, which rows are not taken as they stand."""

    twins: int = 0

    @property
    def summary(self) -> str:
        return f"{super().summary[:-1]}, {self.twins} set inactive as the older of two at one site."


class DeploymentTable(SheetResource):
    """All of a table or, with any fault, nothing of it."""

    title = "Table of deployments"
    columns = TABLE
    shown = (*_FIRST, *(column for column in COLUMNS if column not in (*_FIRST, "location_id")))

    def plan(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return _as_texts(plan_import(actor=actor, table=check_sheet(sheet)))

    def write(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return _as_texts(import_table(actor=actor, table=check_sheet(sheet)))


def export_record(deployment: Deployment) -> dict:
    """A row of the table with numbers as numbers. Presupposes bucket and hardware joined."""
    record: dict = table_record(deployment)
    record |= {"lat": deployment.latitude, "lon": deployment.longitude}
    return record | {"hardware_id": deployment.hardware and deployment.hardware.number}


def _as_texts(planned: ImportPlan) -> TablePlan:
    plan = TablePlan(
        rows=[
            PlannedRow(
                line=change.row.line,
                before=table_record(change.before) if change.before else None,
                after=table_record(change.after),
                record=change.after,
            )
            for change in planned.changes
        ],
        faults=planned.faults,
        notes=[*map(str, planned.twins), *planned.notes],
    )
    plan.twins = len(planned.twins)
    return plan
