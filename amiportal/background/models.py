"""What rounds of background work could not do, until they can."""

from django.db import models


class LeftOver(models.Model):
    """One item that a round could not do. The row goes when a later round could, or no longer had to."""

    round = models.CharField(max_length=100)
    item = models.CharField(max_length=500)
    error = models.CharField(max_length=300)
    since = models.DateTimeField()
    tried_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "left over"
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["round", "item"], name="one_left_over_per_item")]

    def __str__(self) -> str:
        return f"{self.round}: {self.item}"
