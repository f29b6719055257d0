"""What was in the store and is no longer there as it was."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from deployments.domain.names import DataType
from deployments.models import Deployment
from uploads.models.ledger import UploadLog


class Drift(models.Model):
    """A file of the ledger whose object changed or vanished behind the portal.

    One per row of the ledger, so that each uploader and each receipt is named that stood on the object. It is open,
    and shown, until a maintainer settles it. Written with the transition of its row, see ledger.statements.settle.
    """

    class Kind(models.TextChoices):
        CHANGED = "changed", "changed"  # other content, or cut off, under the same key
        VANISHED = "vanished", "vanished"

    row = models.ForeignKey(UploadLog, on_delete=models.PROTECT, related_name="drifts", verbose_name="file")
    # The row's own, repeated: the counts of open ones then read no row of the ledger.
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="+")
    data_type = models.CharField(max_length=40, choices=DataType.choices)
    kind = models.CharField("what happened", max_length=8, choices=Kind.choices)
    status_before = models.CharField(max_length=10)  # of UploadLog.Status
    found_at = models.DateTimeField()
    looked_at = models.DateTimeField(help_text="When the store was last asked for it.")
    seen_size_bytes = models.PositiveBigIntegerField("size seen", null=True, blank=True)
    seen_etag = models.CharField("ETag seen", max_length=80, blank=True)
    back_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is there again as it was.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the maintainers were mailed about it.")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)
    is_restored = models.BooleanField(default=False, help_text="Settled because it is there again as it was.")

    class Meta:
        ordering = ["-id"]
        verbose_name = "changed file"
        constraints = [
            models.UniqueConstraint(
                fields=["row"], condition=Q(settled_at__isnull=True), name="one_open_drift_per_row"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, settled_by__isnull=True, reason="")
                | (Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(reason="")),
                name="drift_settled_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deployment", "data_type"], condition=Q(settled_at__isnull=True), name="drift_open_by_prefix"
            ),
            models.Index(fields=["id"], condition=Q(told_at__isnull=True), name="drift_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.row.filename} {self.kind}"
