"""The three roles: groups that a migration makes and that may always be found by these names."""

from django.db import models


class Role(models.TextChoices):
    MAINTAINERS = "Maintainers"
    PARTNERS = "Partners"
    SCRIPTS = "Scripts"
