"""Selections of the ledger, written to a file by a worker."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

KEPT_FOR = timedelta(days=30)


class Export(models.Model):
    """A file of ledger rows that somebody ordered.

    `file` is written down before anything is stored under it, and offered only in the state `ready`: a worker that
    dies leaves a name to clean up, never half a file that looks whole.
    """

    class Format(models.TextChoices):
        CSV = "csv", "CSV (spreadsheets)"
        NDJSON = "ndjson", "NDJSON (scripts)"
        PARQUET = "parquet", "Parquet (data frames)"

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    UNDER_WAY = (State.WAITING, State.RUNNING)

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    selection = models.JSONField(help_text="What was asked for; see LogFilter.as_json.")
    in_words = models.TextField("selection", blank=True)
    format = models.CharField(max_length=10, choices=Format.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempt = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker began. One that was thought dead and goes on finds another number."
    )
    rows_done = models.PositiveBigIntegerField("rows", default=0)
    rows_estimated = models.PositiveBigIntegerField(default=0, help_text="By the database's statistics, when ordered.")
    size_bytes = models.PositiveBigIntegerField("size", default=0)
    file = models.CharField(max_length=200, blank=True, help_text="Its name in the portal's storage.")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | (~Q(file="") & Q(finished_at__isnull=False, expires_at__isnull=False)),
                name="ready_export_is_whole",
            )
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"
