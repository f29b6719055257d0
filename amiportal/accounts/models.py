"""People and scripts that sign in, and contacts who never do."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import RegexValidator
from django.db import models
from django.utils.crypto import salted_hmac
from simple_history.models import HistoricalRecords

from amiportal.accounts.roles import Role


class PortalUserManager(UserManager):
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

    def m2m_changed(self, instance, action, attr, pk_set, reverse, **more) -> None:
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

    objects = PortalUserManager()
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
