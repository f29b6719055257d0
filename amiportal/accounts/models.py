"""People and scripts that sign in, and contacts who never do."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

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


class User(AbstractUser):
    """An account. `buckets` limits where it may upload; a maintainer's empty list means everywhere."""

    organisation = models.CharField(max_length=200, blank=True)
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

    objects = PortalUserManager()

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
