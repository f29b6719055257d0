"""manage.py import_deployments FILE: the table of deployments in the legacy shape into the database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from amiportal.core.errors import PortalError
from amiportal.sheets.common import NotASheet
from amiportal.sheets.plan import SheetRefused
from deployments.formats.table import read_table
from deployments.services import ImportPlan, import_table, plan_import


class Command(BaseCommand):
    help = "Import the table of deployments (CSV, UTF-8, eleven columns). All of it goes in, or with any fault nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            table = read_table(file.read_bytes())
            plan = plan_import(actor=None, table=table)
            if plan.faults:
                raise SheetRefused(plan.faults)
            if not dry_run:
                plan = import_table(actor=None, table=table)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}") from error
        except NotASheet as error:
            raise CommandError(str(error)) from error
        except SheetRefused as refused:
            for fault in refused.faults:
                self.stderr.write(str(fault))
            raise CommandError(refused.message) from refused
        except PortalError as error:
            raise CommandError(error.message) from error
        self._report(plan, dry_run=dry_run)

    def _report(self, plan: ImportPlan, *, dry_run: bool) -> None:
        for note in plan.notes:
            self.stdout.write(note)
        for twin in plan.twins:
            self.stdout.write(str(twin))
        self.stdout.write(
            f"{'Would be: ' if dry_run else ''}{len(plan.created)} created, {len(plan.updated)} updated, "
            f"{len(plan.unchanged)} unchanged; {len(plan.twins)} set inactive as the older of two at one site."
        )
