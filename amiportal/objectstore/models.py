"""What was found out about stores, and how much of one is ours to fill."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords


class StoreProbe(models.Model):
    """What one run of the probe saw at a store. Append-only: behaviour follows the newest row of the endpoint.

    record: capability -> {"value": a short word, "detail": a sentence}. errors: those that could not be tried, with the
    code of what went wrong.
    """

    endpoint = models.CharField(max_length=200, editable=False)
    bucket = models.CharField(max_length=63, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    record = models.JSONField(editable=False)
    errors = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ["-made_at", "-pk"]
        indexes = [models.Index(fields=["endpoint", "-made_at"], name="storeprobe_newest")]
        verbose_name = "store probe"
        verbose_name_plural = "store probes"

    def __str__(self) -> str:
        return f"{self.bucket} at {self.endpoint}, {self.made_at:%Y-%m-%d %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("A probe's record is not changed; probe again.")
        super().save(*args, **{**kwargs, "force_insert": True})


class Allocation(models.Model):
    """How much of the store the portal may fill, and until when. There is one row, made by migration."""

    ONLY = 1

    size_tb = models.DecimalField(
        "size",
        max_digits=9,
        decimal_places=3,
        validators=[MinValueValidator(0)],
        help_text="Terabytes (10¹² bytes), as the store's operator granted them.",
    )
    ends_on = models.DateField(help_text="The last day of the grant.")
    history = HistoricalRecords()

    class Meta:
        verbose_name_plural = "allocation"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_allocation")]

    def __str__(self) -> str:
        return f"{self.size_tb.normalize():f} TB until {self.ends_on}"

    @property
    def size_bytes(self) -> int:
        return int(self.size_tb * 10**12)
