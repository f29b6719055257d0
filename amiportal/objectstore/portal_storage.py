"""Django's default storage: the portal's own files, over a client set up as all others are."""

from typing import Any

from boto3.s3.transfer import TransferConfig
from django.conf import settings
from storages.backends.s3 import S3Storage

from amiportal.objectstore.client import client_config


class PortalStorage(S3Storage):
    """django-storages, with our timeouts and without the CRCs that several stores refuse or misread."""

    def __init__(self, **options: Any) -> None:
        config = client_config(
            connect_timeout_s=settings.S3_CONNECT_TIMEOUT_S,
            read_timeout_s=settings.S3_READ_TIMEOUT_S,
            max_attempts=settings.S3_MAX_ATTEMPTS,
            max_connections=settings.S3_MAX_CONNECTIONS,
        )
        # Parts of a large file one after another: ten at once would all be in memory.
        super().__init__(client_config=config, transfer_config=TransferConfig(use_threads=False), **options)
