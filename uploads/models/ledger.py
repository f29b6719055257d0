"""How files got in: sessions and the ledger."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from deployments.domain.names import DataType
from deployments.models import Deployment


class UploadSession(models.Model):
    """One person's upload into one deployment and data type, by one client."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="upload_sessions")
    uploader_name = models.CharField(max_length=200, blank=True, help_text="The person's name as given by the client.")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="upload_sessions")
    data_type = models.CharField(max_length=40, choices=DataType.choices)
    client = models.CharField(max_length=200, blank=True, help_text="Program and version.")
    is_legacy = models.BooleanField("by an old client", default=False)
    address = models.GenericIPAddressField(null=True, blank=True)
    started_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    declared_files = models.PositiveIntegerField(null=True, blank=True)
    declared_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    names_asked = models.PositiveBigIntegerField(
        default=0, help_text="How often an old client asked whether a file of some name is there."
    )
    names_taken = models.PositiveBigIntegerField(default=0, help_text="Of these, answered that it is.")
    season_reason = models.CharField(
        max_length=500, blank=True, help_text="Why files from outside the deployment's season belong here anyway."
    )

    class Meta:
        verbose_name = "session"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(finished_at__gte=F("started_at")),
                name="session_finishes_after_it_starts",
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="session_by_account"),
            models.Index(fields=["deployment", "-id"], name="session_by_deployment"),
            models.Index(fields=["-last_seen_at"], name="session_by_last_seen"),
        ]

    def __str__(self) -> str:
        return f"Session {self.pk}"


class UploadLog(models.Model):
    """The ledger: a row per file and session, written before a URL leaves the server.

    A *live* row holds its key: while it lives, nobody else is granted that key (see the constraint). Rows are
    never deleted.
    """

    class Status(models.TextChoices):
        GRANTED = "granted"  # live: a URL is out, the client may be sending
        VERIFIED = "verified"  # live: the store reported the size and MD5 that the client computed from the card
        UNPROVEN = "unproven", "stored, unproven"  # live: an old client's file is there; it never told an MD5
        PRESENT = "present", "was stored before"  # equal size and MD5 were there already; nothing was sent
        UNSETTLED = "unsettled", "not settled"  # asked for while an older program may still write there
        MISSING = "missing"  # confirmed as sent, but the store does not have it
        MISMATCH = "mismatch"  # the store has the key with other content
        FAILED = "failed"  # the client gave up and said so
        EXPIRED = "expired"  # the grant ran out and nothing had come
        MOVED = "moved"
        REMOVED = "removed"

    LIVE = (Status.GRANTED, Status.VERIFIED, Status.UNPROVEN)
    # The same; with other words the planner would not know the constraint's index by it.
    LIVE_SQL = f"status IN ({', '.join(repr(str(status)) for status in LIVE)})"
    PROVEN = (Status.VERIFIED, Status.PRESENT)
    WATCHED = (*PROVEN, Status.UNPROVEN)  # the store had the object: each count looks whether it still is as it was
    LOST = (Status.MISSING, Status.MISMATCH)  # what a watched row becomes when it is not, by the codes:
    DRIFTED = ("changed", "vanished")

    # Rows are written from their session's row, locked, and a trigger refuses every DELETE on both tables: so the
    # references hold without a check per row, which would make a grant a fifth slower.
    session = models.ForeignKey(
        UploadSession, on_delete=models.PROTECT, related_name="files", db_index=False, db_constraint=False
    )
    # The session's own deployment and data type, repeated for the sake of the constraint below.
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    data_type = models.CharField(max_length=40, choices=DataType.choices)
    filename = models.CharField(max_length=255, db_collation="C")
    path_on_card = models.TextField(blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    md5 = models.CharField("MD5", max_length=32, blank=True, help_text="As the client computed it, in hex.")
    multipart_md5 = models.CharField(
        "MD5 of the parts",
        max_length=40,
        blank=True,
        db_default="",
        help_text="For a file sent in parts: the MD5 of its parts' MD5s and their number, which stores give as ETag.",
    )
    damage = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        help_text="Why the content cannot be right, as the client read it; it is stored as it is on the card.",
    )
    device_time = models.DateTimeField(
        null=True, blank=True, help_text="What the device's clock said, in the deployment's time zone."
    )
    status = models.CharField(max_length=10, choices=Status.choices)
    granted_at = models.DateTimeField(null=True, blank=True)
    grant_expires_at = models.DateTimeField(null=True, blank=True)
    stored_at = models.DateTimeField(null=True, blank=True, help_text="When the store was first seen to hold it.")
    verified_at = models.DateTimeField(null=True, blank=True)
    etag = models.CharField("ETag", max_length=80, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    whole_read_at = models.DateTimeField(
        "MD5 read",
        null=True,
        blank=True,
        help_text="For a file sent in parts: when the portal read the whole object and found this MD5.",
    )
    unsettled_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until then a URL that binds no MD5 may overwrite this key; empty once it was compared after that.",
    )
    beside_key = models.CharField(
        max_length=400,
        blank=True,
        db_default="",
        help_text="Where the URL of a second file of one name wrote to, until it is sorted in under its own name.",
    )

    class Meta:
        ordering = ["-id"]
        verbose_name = "uploaded file"
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "data_type", "filename"],
                condition=Q(status__in=["granted", "verified", "unproven"]),
                name="one_live_row_per_key",
            ),
            models.UniqueConstraint(
                fields=["session", "filename"],
                condition=Q(status="present"),
                name="one_present_row_per_session",
            ),
            # A process of before an upgrade would write it: a row that holds no key, and that nobody watches.
            models.CheckConstraint(condition=~Q(status="stored"), name="stored_is_no_state"),
            models.CheckConstraint(condition=Q(md5="") | Q(md5__regex=r"^[0-9a-f]{32}$"), name="md5_is_hex"),
            models.CheckConstraint(
                condition=~Q(status__in=["verified", "present"])
                | (~Q(md5="") & Q(size_bytes__isnull=False, verified_at__isnull=False) & ~Q(etag="")),
                name="proof_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(status="granted") | Q(granted_at__isnull=False, grant_expires_at__isnull=False),
                name="grant_has_its_times",
            ),
        ]
        indexes = [
            models.Index(fields=["session", "id"], name="ledger_by_session"),
            # As the live rows' constraint: for the counts of the store, which read both in the order of names.
            models.Index(
                fields=["deployment", "data_type", "filename"],
                condition=Q(status="present"),
                name="ledger_present_by_key",
            ),
            models.Index(fields=["filename"], name="ledger_by_filename"),
            # For pages of the ledger, see uploads.ledger.pages. A grant's row enters the first only when it is settled.
            models.Index(fields=["status", "id"], condition=~Q(status="granted"), name="ledger_by_state"),
            models.Index(fields=["status", "session", "id"], name="ledger_by_state_session"),
            models.Index(fields=["session", "filename", "id"], name="ledger_by_session_name"),
            # Rows come in the order of their grants, so a range of days is a range of pages.
            BrinIndex(fields=["granted_at"], name="ledger_by_day", autosummarize=True),
            models.Index(fields=["grant_expires_at"], condition=Q(status="granted"), name="ledger_open_grants"),
            models.Index(
                fields=["id"],
                condition=Q(status__in=["verified", "present"], etag=F("multipart_md5"), whole_read_at__isnull=True),
                name="ledger_proven_by_parts",
            ),
            models.Index(
                # The last column, too, for those that are due: they are few, and a second index would cost each grant.
                fields=["deployment", "data_type", "filename", "unsettled_until"],
                condition=Q(unsettled_until__isnull=False),
                name="ledger_unsettled_keys",
            ),
            models.Index(fields=["deployment", "session"], condition=~Q(damage=""), name="ledger_damaged"),
            models.Index(
                fields=["deployment", "data_type", "path_on_card"],
                condition=~Q(beside_key=""),
                name="ledger_beside",
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def granted_until(self) -> datetime:
        """`grant_expires_at` of a granted row, which has one (grant_has_its_times). Raises ValueError for others."""
        if self.grant_expires_at is None:
            raise ValueError(f"row {self.pk} of the ledger has no grant")
        return self.grant_expires_at

    @property
    def proven_by(self) -> str:
        """What the proof of a proven row speaks of: "md5", the whole file's, or "parts"; "" for all others.

        By its parts: the store holds the very parts that were sent, by an MD5 over the MD5s of all of them. So each
        byte of the file is bound; the MD5 of the whole is what the client says it is until the portal has read it.
        """
        if self.status not in self.PROVEN:
            return ""
        by_parts = self.etag == self.multipart_md5 and self.whole_read_at is None
        return "parts" if by_parts else "md5"


class MultipartUpload(models.Model):
    """A large file on its way in parts. It outlives sessions: the parts in the store wait for whoever goes on."""

    class Status(models.TextChoices):
        OPEN = "open"
        COMPLETED = "completed"
        ABORTED = "aborted"

    session = models.ForeignKey(UploadSession, on_delete=models.PROTECT, related_name="+", help_text="That began it.")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, related_name="+")
    data_type = models.CharField(max_length=40, choices=DataType.choices)
    filename = models.CharField(max_length=255, db_collation="C")
    size_bytes = models.PositiveBigIntegerField()
    md5 = models.CharField("MD5", max_length=32)
    multipart_md5 = models.CharField("MD5 of the parts", max_length=40)
    part_size_bytes = models.PositiveIntegerField()
    store_upload_id = models.CharField(max_length=1_000)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    started_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "file in parts"
        verbose_name_plural = "files in parts"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "data_type", "filename", "md5", "size_bytes"],
                condition=Q(status="open"),
                name="one_open_multipart_per_content",
            ),
        ]
        indexes = [
            models.Index(fields=["last_used_at"], condition=Q(status="open"), name="multipart_open_by_use"),
        ]

    def __str__(self) -> str:
        return self.filename


class UploadConflict(models.Model):
    """A file that was answered with a conflict. It withholds its session's verdict until its content is proven there.

    Not a row of the ledger: that file has no key. Mended when the same content is proven under any name.
    """

    session = models.ForeignKey(UploadSession, on_delete=models.PROTECT, related_name="conflicts")
    filename = models.CharField(max_length=255, db_collation="C")
    path_on_card = models.TextField(blank=True)
    size_bytes = models.PositiveBigIntegerField()
    md5 = models.CharField("MD5", max_length=32)
    code = models.CharField(max_length=40)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "filename", "md5"], name="one_conflict_per_content"),
        ]

    def __str__(self) -> str:
        return self.filename


class UploadFailure(models.Model):
    """What a client could not do and reported by itself, so that maintainers need not be written to."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    session = models.ForeignKey(UploadSession, on_delete=models.PROTECT, null=True, blank=True, related_name="failures")
    deployment = models.ForeignKey(Deployment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    step = models.CharField(max_length=40, blank=True, help_text="What the client was at, such as send or scan.")
    link = models.CharField(max_length=200, blank=True, help_text="What the client knew of its connection.")
    client = models.CharField(max_length=200, blank=True, help_text="Program and version.")
    filename = models.CharField(max_length=255, blank=True)
    code = models.CharField(max_length=40)
    message = models.CharField(max_length=500, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    reported_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "failure"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.code} {self.filename}".strip()
