"""What the tests of inventories share: objects in the store, rows in the ledger, a count."""

import hashlib
from datetime import UTC, datetime

from deployments.models import Deployment
from uploads.models import Inventory, UploadLog, UploadSession
from uploads.services.inventory import take_inventory

BODY = b"1234"
MD5 = hashlib.md5(BODY).hexdigest()


def put(store, deployment: Deployment, name: str, body: bytes = BODY, data_type: str = "snapshot_images") -> None:
    key = f"{deployment.deployment_id}/{data_type}/{name}"
    store.put_object(Bucket=deployment.bucket.name, Key=key, Body=body)


def row(deployment: Deployment, account, name: str, **values) -> UploadLog:
    """A file of the ledger with `put`'s content, verified unless `values` say otherwise."""
    moment = datetime(2025, 8, 1, tzinfo=UTC)
    session = UploadSession.objects.create(
        account=account, deployment=deployment, data_type="snapshot_images", started_at=moment, last_seen_at=moment
    )
    proof = {"size_bytes": 4, "md5": MD5, "etag": MD5, "verified_at": moment, "stored_at": moment}
    return UploadLog.objects.create(
        session=session,
        deployment=deployment,
        data_type="snapshot_images",
        filename=name,
        status=values.pop("status", "verified"),
        **proof | values,
    )


def counted(deployment: Deployment) -> Inventory:
    return take_inventory(deployment=deployment, data_type="snapshot_images")
