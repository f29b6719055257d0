"""What the store was last seen to hold."""

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from deployments.domain.names import DataType
from deployments.models import Bucket, Deployment
from uploads.models.drift import Drift


class Inventories(models.QuerySet["Inventory"]):
    def with_drift(self) -> "Inventories":
        """Each with `changed` and `vanished`: how many rows of its files did by now, and nobody has settled it."""
        open_ones = Drift.objects.filter(
            settled_at__isnull=True, deployment=OuterRef("deployment"), data_type=OuterRef("data_type")
        )

        def number(kind: Drift.Kind) -> Coalesce:
            of_kind = open_ones.filter(kind=kind).order_by().values("kind")
            return Coalesce(Subquery(of_kind.annotate(files=Count("pk")).values("files")), 0)

        return self.annotate(changed=number(Drift.Kind.CHANGED), vanished=number(Drift.Kind.VANISHED))


class Inventory(models.Model):
    """What the store was last seen to hold of one deployment and data type. Figures are as of `taken_at`."""

    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="inventories")
    data_type = models.CharField(max_length=40, choices=DataType.choices)
    objects_count = models.PositiveBigIntegerField("objects", default=0)
    size_bytes = models.PositiveBigIntegerField("bytes", default=0)
    first_device_time = models.DateTimeField(null=True, blank=True, help_text="Clocks that were reset left out.")
    last_device_time = models.DateTimeField(null=True, blank=True)
    undated = models.PositiveBigIntegerField(default=0, help_text="Names that tell no time, or one before 2000.")
    outside_season = models.PositiveBigIntegerField(default=0)
    unaccounted = models.PositiveBigIntegerField(default=0, help_text="Objects that no row of the ledger accounts for.")
    undecided = models.PositiveBigIntegerField(
        default=0, help_text="Files that seem to differ and could not be compared this time; the next count goes on."
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, help_text="Why the last count failed; figures are older then.")

    objects = Inventories.as_manager()

    class Meta:
        ordering = ["deployment__deployment_id", "data_type"]
        verbose_name_plural = "inventories"
        constraints = [models.UniqueConstraint(fields=["deployment", "data_type"], name="one_inventory_per_prefix")]

    def __str__(self) -> str:
        return f"{self.deployment.deployment_id} {self.get_data_type_display()}"


class InventoryNight(models.Model):
    """The files of one night, named by its evening."""

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="nights")
    night = models.DateField()
    objects_count = models.PositiveIntegerField("objects")
    size_bytes = models.PositiveBigIntegerField("bytes")

    class Meta:
        ordering = ["night"]
        constraints = [models.UniqueConstraint(fields=["inventory", "night"], name="one_row_per_night")]

    def __str__(self) -> str:
        return str(self.night)


class InventoryOddity(models.Model):
    """One file of an inventory that somebody should look at; of each kind the first thousand are named."""

    class Kind(models.TextChoices):
        UNACCOUNTED = "unaccounted", "not in the ledger"
        UNDECIDED = "undecided", "could not be compared"
        OUTSIDE_SEASON = "outside", "outside the season"

    inventory = models.ForeignKey(Inventory, on_delete=models.CASCADE, related_name="oddities")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    filename = models.TextField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "oddities"

    def __str__(self) -> str:
        return self.filename


class StorageDay(models.Model):
    """What a bucket held on a day, by the inventories of then: how the forecast knows the pace."""

    day = models.DateField()
    bucket = models.ForeignKey(Bucket, on_delete=models.PROTECT, related_name="+")
    objects_count = models.PositiveBigIntegerField("objects")
    size_bytes = models.PositiveBigIntegerField("bytes")

    class Meta:
        ordering = ["day", "bucket"]
        constraints = [models.UniqueConstraint(fields=["day", "bucket"], name="one_storage_row_per_day")]

    def __str__(self) -> str:
        return f"{self.bucket.name} on {self.day}"
