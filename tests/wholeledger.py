"""Row 31, the ledger is whole: the judge of every object's who, when and hash; what no row knows is reported."""

import hashlib

from deployments.models import Deployment
from uploads.models import InventoryOddity, UploadLog
from uploads.services.inventory import take_inventory

ORPHAN = "20250601000000-orphan.jpg"


def check_whole(*, deployment: Deployment, data_type: str, objects: dict[str, bytes], store) -> int:
    """How many objects (by name, as a GET of each gives them) the ledger was held against; fails on the first hole."""
    deployment = Deployment.objects.select_related("bucket").get(pk=deployment.pk)
    rows = UploadLog.objects.filter(deployment=deployment, data_type=data_type, status__in=UploadLog.PROVEN)
    by_name = {row.filename: row for row in rows.select_related("session__account").iterator(chunk_size=2_000)}
    for name, content in objects.items():
        row = by_name.pop(name)
        assert row.session.account.username, name
        assert row.verified_at, name
        assert (row.size_bytes, row.md5) == (len(content), hashlib.md5(content).hexdigest()), name
    assert not by_name, "the ledger calls proven what the store does not have"

    key = f"{deployment.deployment_id}/{data_type}/{ORPHAN}"
    store.put_object(Bucket=deployment.bucket.name, Key=key, Body=b"put there by somebody else")
    inventory = take_inventory(deployment=deployment, data_type=data_type)
    store.delete_object(Bucket=deployment.bucket.name, Key=key)
    odd = InventoryOddity.objects.filter(inventory=inventory).values_list("kind", "filename")
    assert list(odd) == [("unaccounted", ORPHAN)]
    return len(objects)
