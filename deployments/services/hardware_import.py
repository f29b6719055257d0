"""A table of hardware configurations into the database, all of it or nothing."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from amiportal.accounts.models import User
from amiportal.core.spreadsheets import text_fault
from amiportal.sheets.common import Columns, Fault, Sheet
from amiportal.sheets.plan import PlannedRow, SheetPlan, carry_out
from deployments.formats.table import hardware_number
from deployments.models import HardwareConfig
from deployments.permissions import require_maintainer
from deployments.services.hardware import create_hardware, update_hardware

PARTS = ("attractant_light", "camera", "camera_lights", "microphone", "used_by")
HARDWARE = Columns(required=("number", *PARTS))
REASON = "Imported table"


def plan_hardware(*, actor: User | None, sheet: Sheet) -> SheetPlan:
    """What importing `sheet` would change, with every fault that a row has. Reads in one query, writes nothing."""
    require_maintainer(actor)
    return _plan(sheet, HardwareConfig.objects.all())


def import_hardware(*, actor: User | None, sheet: Sheet) -> SheetPlan:
    """Create and update the configurations of `sheet`; those that it does not name stay. Raises SheetRefused.

    The signal `before_import` is sent first, unless nothing would change.
    """
    require_maintainer(actor)
    known = HardwareConfig.objects.all()
    return carry_out(
        actor=actor,
        plan=lambda lock: _plan(sheet, known.select_for_update().order_by("pk") if lock else known.all()),
        write=lambda plan: _write(plan, actor=actor),
        busy="Somebody else changed hardware at the same time. Import the table again.",
    )


def _write(plan: SheetPlan, *, actor: User | None) -> None:
    for row in plan.created:
        parts = {name: row.after[name] for name in PARTS}
        create_hardware(actor=actor, number=row.record.number, why=REASON, **parts)
    for row in plan.updated:
        parts = {name: row.after[name] for name in PARTS}
        update_hardware(actor=actor, hardware=row.record, why=REASON, **parts)


def hardware_record(hardware: HardwareConfig) -> dict[str, str]:
    return {"number": str(hardware.number), **{name: getattr(hardware, name) for name in PARTS}}


def _plan(sheet: Sheet, known: Iterable[HardwareConfig]) -> SheetPlan:
    plan = SheetPlan()
    by_number = {hardware.number: hardware for hardware in known}
    line_of: dict[int, int] = {}
    faults: list[Fault] = []
    unread = {fault.line for fault in sheet.faults}
    for line, record in sheet.records:
        after = {name: text.strip() for name, text in record.items()}
        number, fault = _number(line, after["number"])
        if number is not None and (first := line_of.setdefault(number, line)) != line:
            fault = Fault(line, "number", f"{number} is in row {first} too.")
        found = [fault] if fault else []
        if number is not None:
            after["number"] = str(number)
        before = None if number is None else by_number.get(number)
        was = hardware_record(before) if before else None
        if was != after:
            found += _refused(line, after)
        if number is not None and not found and line not in unread:
            plan.rows.append(PlannedRow(line, was, after, before or HardwareConfig(number=number)))
        faults += found
    plan.faults = sheet.with_own(faults)
    return plan


def _number(line: int, text: str) -> tuple[int | None, Fault | None]:
    try:
        number = hardware_number(text)
    except ValueError as error:
        return None, Fault(line, "number", str(error))
    return (number, None) if number else (None, Fault(line, "number", "Give the hardware ID, a number from 1."))


def _refused(line: int, after: dict[str, str]) -> list[Fault]:
    """What a spreadsheet would run, and what the model refuses."""
    parts = {name: after[name] for name in PARTS}
    found = [Fault(line, name, fault) for name, text in parts.items() if (fault := text_fault(text))]
    try:
        HardwareConfig(number=1, **parts).clean_fields()
    except ValidationError as error:
        found += [Fault(line, name, " ".join(told)) for name, told in error.message_dict.items()]
    return found
