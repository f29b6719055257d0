"""What the portal read from the store itself."""

from django.db import models
from django.db.models import Q


class ObjectContent(models.Model):
    """One object of which no ETag tells the MD5: that somebody waits for it to be read, then what was read.

    Known by place, ETag and size: an object that was replaced is another one. Kept for good, so that nothing is read
    twice.
    """

    bucket = models.CharField(max_length=63)
    key = models.CharField(max_length=1_024, db_collation="C")
    etag = models.CharField("ETag", max_length=80)
    size_bytes = models.PositiveBigIntegerField()
    md5 = models.CharField("MD5", max_length=32, blank=True, help_text="Of all its bytes, in hex; empty until read.")
    asked_at = models.DateTimeField()
    is_awaited = models.BooleanField(default=False, help_text="A client waits for the answer: read before others.")
    read_at = models.DateTimeField(null=True, blank=True)
    reading_until = models.DateTimeField(
        null=True, blank=True, help_text="Somebody reads it, and says so again before that time."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(help_text="Not to be read by a worker before: after each failure later.")
    error = models.CharField(max_length=300, blank=True, help_text="Why the last attempt failed.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["key", "bucket", "etag", "size_bytes"], name="one_row_per_content"),
            models.CheckConstraint(condition=Q(md5="") | Q(read_at__isnull=False), name="content_read_has_its_time"),
        ]
        indexes = [models.Index(fields=["-is_awaited", "try_at"], condition=Q(md5=""), name="content_to_be_read")]

    def __str__(self) -> str:
        return self.key
