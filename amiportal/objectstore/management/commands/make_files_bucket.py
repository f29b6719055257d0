from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from amiportal.core.errors import PortalError
from amiportal.objectstore.buckets import ensure_bucket


class Command(BaseCommand):
    help = "Make the bucket of the portal's own files (PORTAL_FILES_BUCKET) where it is missing; no page may read it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            state = ensure_bucket(settings.PORTAL_FILES_BUCKET, origins=[])
        except PortalError as error:
            raise CommandError(error.message) from error
        if state.created:
            self.stdout.write(f"Made the bucket {settings.PORTAL_FILES_BUCKET}.")
