from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.utils import timezone


def note_sign_in(sender, user, **_) -> None:
    sender.objects.filter(pk=user.pk).update(last_login=timezone.now())


class AccountsConfig(AppConfig):
    name = "amiportal.accounts"
    label = "accounts"
    verbose_name = "Access"

    def ready(self) -> None:
        from amiportal.accounts.role_permissions import grant_role_permissions  # noqa: PLC0415 (needs the app registry)

        # For every app, after Django has made that app's permissions.
        post_migrate.connect(grant_role_permissions, dispatch_uid="grant_role_permissions")
        # Django's own saves the account, and each sign-in would become a change in its history.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(note_sign_in, dispatch_uid="note_sign_in")
