"""Which dated copies of the metadata there are. The copies themselves are files in the portal's storage."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Snapshot(models.Model):
    """One dated copy. The row comes before its file and goes after it, so that no file is without a row.

    manifest: the first line of the file; see fileformat.py. sha256: of the file as it lies in storage.
    """

    class State(models.TextChoices):
        TAKING = "taking", "being taken"
        READY = "ready", "ready"  # the file was written, read back, and is the same
        FAILED = "failed", "failed"
        GOING = "going", "being removed"

    class Reason(models.TextChoices):
        DAILY = "daily", "Every day"
        IMPORT = "import", "Before an import"
        RESTORE = "restore", "Before a restore"
        HAND = "hand", "By hand"

    state = models.CharField(max_length=10, choices=State.choices, default=State.TAKING, editable=False)
    reason = models.CharField(max_length=10, choices=Reason.choices, editable=False)
    taken_at = models.DateTimeField(default=timezone.now, editable=False)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    file = models.CharField(max_length=200, blank=True, editable=False)
    rows = models.PositiveIntegerField(default=0, editable=False)
    size_bytes = models.BigIntegerField(default=0, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    manifest = models.JSONField(default=dict, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["-taken_at", "-pk"]
        indexes = [models.Index(fields=["-taken_at"], name="snapshot_newest")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | (Q(sha256__regex=r"^[0-9a-f]{64}$") & Q(size_bytes__gt=0) & ~Q(file="")),
                name="ready_snapshot_has_its_file",
            )
        ]

    def __str__(self) -> str:
        return f"snapshot of {self.taken_at:%Y-%m-%d %H:%M} UTC"

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY
