"""How files got in, what the store holds of them, and what of it was written to files."""

from uploads.models.contents import ObjectContent
from uploads.models.drift import Drift
from uploads.models.exports import Export
from uploads.models.inventory import Inventory, InventoryNight, InventoryOddity, StorageDay
from uploads.models.ledger import MultipartUpload, UploadConflict, UploadFailure, UploadLog, UploadSession
from uploads.models.receipts import GivenVerdict, ReceiptKey

__all__ = [
    "Drift",
    "Export",
    "GivenVerdict",
    "Inventory",
    "InventoryNight",
    "InventoryOddity",
    "MultipartUpload",
    "ObjectContent",
    "ReceiptKey",
    "StorageDay",
    "UploadConflict",
    "UploadFailure",
    "UploadLog",
    "UploadSession",
]
