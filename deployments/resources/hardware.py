"""The table of hardware configurations. What a row means is decided in services/hardware_import.py."""

from amiportal.accounts.models import User
from amiportal.sheets.common import Sheet
from amiportal.sheets.importing import SheetResource
from amiportal.sheets.plan import SheetPlan
from deployments.models import HardwareConfig
from deployments.services.hardware_import import HARDWARE, PARTS, import_hardware, plan_hardware


class HardwareTable(SheetResource):
    title = "Hardware"
    columns = HARDWARE
    shown = HARDWARE.all

    def plan(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return plan_hardware(actor=actor, sheet=sheet)

    def write(self, *, actor: User, sheet: Sheet) -> SheetPlan:
        return import_hardware(actor=actor, sheet=sheet)


def hardware_row(hardware: HardwareConfig) -> dict:
    return {"number": hardware.number, **{name: getattr(hardware, name) for name in PARTS}}
