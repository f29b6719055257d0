"""People and scripts that sign in, and contacts who never do."""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from simple_history.models import HistoricalRecords

from amiportal.accounts.roles import Role


class PortalUserManager(UserManager["User"]):
    def active_with_role(self, *, pk: int) -> "User | None":
        """An active account that knows without a further query whether it is a maintainer's.

        Asked once per call by clients that call once per file, hence in SQL: building the query took longer than it.
        """
        query = """
            SELECT u.*, EXISTS (
                SELECT FROM accounts_user_groups m JOIN auth_group g ON g.id = m.group_id
                WHERE m.user_id = u.id AND g.name = %s
            ) AS in_maintainers
            FROM accounts_user u WHERE u.id = %s AND u.is_active
        """
        return next(iter(self.raw(query, [Role.MAINTAINERS, pk])), None)


class PeopleHistory(HistoricalRecords):
    """Also of roles and buckets that are given from the other side, as `bucket.uploaders.add(person)`."""

    def m2m_changed(self, instance: Any, action: Any, attr: Any, pk_set: Any, reverse: Any, **more: Any) -> None:
        if not reverse:
            super().m2m_changed(instance, action, attr, pk_set, reverse, **more)
        elif action in ("post_add", "post_remove"):
            for person in User.objects.filter(pk__in=pk_set):
                self.create_historical_record(person, "~")


class User(AbstractUser):
    """An account. `buckets` limits where it may upload; a maintainer's empty list means everywhere."""

    organisation = models.CharField(max_length=200, blank=True)
    country = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}\Z", "Three capital letters of ISO 3166, such as PAN.")],
        help_text="Where this person works: three letters of ISO 3166, such as PAN.",
    )
    buckets = models.ManyToManyField(
        "deployments.Bucket",
        blank=True,
        related_name="uploaders",
        help_text="Where this person may upload. Maintainers with an empty list may upload everywhere.",
    )
    is_service_account = models.BooleanField(
        "service account", default=False, help_text="A script rather than a person."
    )
    language = models.CharField(
        max_length=10, blank=True, choices=settings.LANGUAGES, help_text="Of the pages; empty follows the browser."
    )

    # A part of what every session of this person is signed with: counting it up ends them all at once.
    session_generation = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar[PortalUserManager] = PortalUserManager()
    history = PeopleHistory(
        excluded_fields=["password", "last_login", "session_generation"],
        m2m_fields=["buckets", "groups"],
        history_change_reason_field=models.TextField(null=True),
    )

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def is_maintainer(self) -> bool:
        """Asked at every scoping step of a request, so remembered for the life of this instance."""
        if not hasattr(self, "in_maintainers"):
            self.in_maintainers = self.groups.filter(name=Role.MAINTAINERS).exists()
        return self.is_active and (self.is_superuser or self.in_maintainers)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's, of the password, and of the generation beside it."""
        signed = f"{self.session_generation}:{self.password}"
        return salted_hmac("accounts.User.session", signed, secret=secret, algorithm="sha256").hexdigest()


class PasswordLink(models.Model):
    """A link by which a person sets a password: mailed, good once and for some days. Kept as the record of it.

    The database has a hash alone, so that a copy of it lets nobody in.
    """

    class Purpose(models.TextChoices):
        INVITATION = "invitation"
        RESET = "reset", "new password"

    class State(models.TextChoices):
        OPEN = "open"
        USED = "used"
        EXPIRED = "expired"
        REVOKED = "revoked"

    person = models.ForeignKey(User, models.CASCADE, related_name="password_links")
    purpose = models.CharField(max_length=10, choices=Purpose)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")  # null: the person asked for it
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose"],
                condition=models.Q(used_at=None, revoked_at=None),
                name="one_open_password_link",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} for {self.person}"

    @property
    def state(self) -> State:
        if self.used_at:
            return self.State.USED
        if self.revoked_at:
            return self.State.REVOKED
        return self.State.OPEN if self.expires_at > timezone.now() else self.State.EXPIRED


class LegacyCount(models.Model):
    """How often the clients from before the portal called on one day; written by amiportal.legacy.meter alone.

    The account is kept by its name: the table speaks of what happened, whatever became of the account.
    """

    day = models.DateField()
    account = models.CharField(max_length=150)
    call = models.CharField(max_length=40)
    style = models.CharField(max_length=10)
    client = models.CharField(max_length=30)
    calls = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0, help_text="Of these, refused because of a switch.")
    failed = models.PositiveBigIntegerField(
        default=0, help_text="Names in these calls that were refused, or had to be kept beside another file's."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "account", "call", "style", "client"], name="one_legacy_count"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.call}: {self.calls}"


class KnownPlace(models.Model):
    """An address from which an account has signed in with its password; see known_places."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_places")
    address = models.GenericIPAddressField()
    proven_at = models.DateTimeField(help_text="When the right password last came from there.")
    wrong = models.PositiveSmallIntegerField(default=0, help_text="Wrong passwords since then, within an hour.")
    under_way = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, help_text="When the first of these tries began.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address"], name="one_known_place")]

    def __str__(self) -> str:
        return f"{self.user} at {self.address}"


class LegacySwitch(models.Model):
    """Whether one call, or one style of credentials, of the old clients is still answered. No row: it is."""

    class Kind(models.TextChoices):
        CALL = "call"
        STYLE = "style", "style of credentials"

    kind = models.CharField(max_length=5, choices=Kind)
    name = models.CharField(max_length=40)
    is_on = models.BooleanField("answered", default=True)

    history = HistoricalRecords(history_change_reason_field=models.TextField(null=True))

    class Meta:
        verbose_name = "switch of the old clients"
        verbose_name_plural = "old clients"
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="one_legacy_switch")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
