"""Files whose content cannot be right, as their clients read it. By the index ledger_damaged."""

from django.db.models import Count, Exists, OuterRef

from uploads.models import UploadLog, UploadSession

# A condition on sessions.
HAS_DAMAGED = Exists(
    UploadLog.objects.filter(deployment=OuterRef("deployment"), session=OuterRef("pk")).exclude(damage="")
)


def damaged_in(session: UploadSession) -> dict[str, int]:
    """Files of a session by what is wrong with them, most first."""
    rows = UploadLog.objects.filter(deployment_id=session.deployment_id, session=session).exclude(damage="")
    return dict(rows.values_list("damage").annotate(files=Count("pk")).order_by("-files", "damage"))
