from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from amiportal.core.errors import StoreError
from amiportal.objectstore.capabilities import shortcomings
from amiportal.objectstore.probe import probe, record_probe


class Command(BaseCommand):
    help = "Finds out what the object store honours, records it, and prints a table. The portal follows the record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bucket", nargs="?", default="test-upload", help="where to try; default: test-upload")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = probe(options["bucket"], origins=settings.PORTAL_ORIGINS)
        except StoreError as error:
            raise CommandError(error.message) from None
        record_probe(result)
        differing = set(shortcomings(result.record))
        self.stdout.write(f"Bucket {result.bucket} at {result.endpoint}\n\n")
        name_width = max(map(len, result.record))
        value_width = max(len(finding["value"]) for finding in result.record.values())
        for name, finding in result.record.items():
            mark = "!" if name in differing else " "
            self.stdout.write(f"{mark} {name:<{name_width}}  {finding['value']:<{value_width}}  {finding['detail']}")
        self.stdout.write(f"\n{len(differing)} of {len(result.record)} differ from the ideal (!). Recorded.")
