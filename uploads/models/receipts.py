"""What was said of uploads, and the keys that it was signed with."""

from django.db import models
from django.db.models import F, Q

from uploads.models.ledger import UploadSession


class ReceiptKey(models.Model):
    """A public key by which receipts of this portal are checked: kept for good, when its private half is long gone."""

    key_id = models.CharField(max_length=16, unique=True, help_text="The first 16 hex digits of the key's SHA-256.")
    public_key = models.CharField(max_length=44, unique=True, help_text="Ed25519, 32 bytes in base64.")
    receipt_version = models.PositiveSmallIntegerField(
        help_text="Of the receipts that it signed; it vouches for no others."
    )
    first_used_at = models.DateTimeField()
    last_used_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_used_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_used_at__gte=F("first_used_at")), name="receipt_key_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.key_id


class GivenVerdict(models.Model):
    """What the portal said of a session, to be held beside what is true now. The same said again only moves its end."""

    class How(models.TextChoices):
        FINISH = "finish", "at the end of the upload"
        RECEIPT = "receipt", "signed receipt"

    session = models.ForeignKey(UploadSession, on_delete=models.PROTECT, related_name="given_verdicts")
    how = models.CharField(max_length=10, choices=How.choices)
    given_at = models.DateTimeField()
    last_given_at = models.DateTimeField()
    safe_to_wipe = models.BooleanField()
    files = models.PositiveIntegerField(help_text="That the session has rows of.")
    verified = models.PositiveIntegerField()
    stored_before = models.PositiveIntegerField()
    unproven = models.PositiveIntegerField()
    lost = models.PositiveIntegerField(default=0, help_text="Of the unproven ones, those that were proven once.")
    unsettled = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    files_sha256 = models.CharField(max_length=64, blank=True, help_text="Of a signed receipt's list of files.")
    key = models.ForeignKey(ReceiptKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(how="finish", files_sha256="", key__isnull=True)
                | Q(how="receipt", key__isnull=False) & ~Q(files_sha256=""),
                name="signed_receipt_has_key_and_list",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_how_display()} of session {self.session_id}"
