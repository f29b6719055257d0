from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "amiportal.accounts"
    label = "accounts"
    verbose_name = "Access"

    def ready(self) -> None:
        from amiportal.accounts.role_permissions import grant_role_permissions  # noqa: PLC0415 (needs the app registry)

        # For every app, after Django has made that app's permissions.
        post_migrate.connect(grant_role_permissions, dispatch_uid="grant_role_permissions")
