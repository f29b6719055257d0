"""manage.py export_deployments [FILE]: the table of deployments in the legacy shape, to a file or standard output."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from deployments.formats.legacy_record import table_record
from deployments.formats.table import write_table
from deployments.selectors import deployments_of_the_table


class Command(BaseCommand):
    help = "Write the table of deployments as its readers know it (CSV, UTF-8 with byte-order mark, CRLF)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="standard output when left out")

    def handle(self, *, file: Path | None, **options: Any) -> None:
        pieces = write_table(table_record(deployment) for deployment in deployments_of_the_table(None).iterator())
        if file is None:
            sys.stdout.buffer.writelines(pieces)
            return
        unfinished = file.with_name(f"{file.name}.unfinished")
        with unfinished.open("wb") as out:
            out.writelines(pieces)
        unfinished.replace(file)  # readers see the old table or the new one, never half of it
