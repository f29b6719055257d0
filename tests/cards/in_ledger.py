"""What of a made card the ledger calls verified."""

from uploads.models import UploadLog


def stored_by_type(card: str = "card") -> dict[str, list[str]]:
    """Paths on the card, sorted, by data type."""
    found: dict[str, list[str]] = {}
    for kind, path in UploadLog.objects.filter(status="verified").values_list("data_type", "path_on_card"):
        found.setdefault(kind, []).append(path.removeprefix(f"{card}/"))
    return {kind: sorted(paths) for kind, paths in found.items()}


def count_by_type() -> dict[str, int]:
    """Files by data type."""
    return {kind: len(paths) for kind, paths in stored_by_type().items()}
