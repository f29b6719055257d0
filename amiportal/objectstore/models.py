"""What was found out about stores."""

from django.db import models
from django.utils import timezone


class StoreProbe(models.Model):
    """What one run of the probe saw at a store. Append-only: behaviour follows the newest row of the endpoint.

    record: habit -> {"value": a short word, "detail": a sentence}. errors: the habits that could not be tried, with the
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

    def save(self, *args, **kwargs) -> None:
        if self.pk is not None:
            raise TypeError("A probe's record is not changed; probe again.")
        super().save(*args, **{**kwargs, "force_insert": True})
