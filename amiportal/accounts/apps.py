from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_migrate
from django.utils import timezone


def note_sign_in(sender: Any, user: Any, **_: Any) -> None:
    sender.objects.filter(pk=user.pk).update(last_login=timezone.now())


class AccountsConfig(AppConfig):
    name = "amiportal.accounts"
    label = "accounts"
    verbose_name = "Access"

    def ready(self) -> None:
        from amiportal.accounts.role_permissions import grant_role_permissions  # noqa: PLC0415 (needs the app registry)

        self._name_what_is_of_other_packages()
        # For every app, after Django has made that app's permissions.
        post_migrate.connect(grant_role_permissions, dispatch_uid="grant_role_permissions")
        # Django's own saves the account, and each sign-in would become a change in its history.
        user_logged_in.disconnect(dispatch_uid="update_last_login")
        user_logged_in.connect(note_sign_in, dispatch_uid="note_sign_in")

    def _name_what_is_of_other_packages(self) -> None:
        """Pages and breadcrumbs say what it is for; whose package it is concerns nobody there."""
        for app, model, one, many in (
            ("knox", "AuthToken", "token", "tokens"),
            ("axes", "AccessAttempt", "failed sign-in", "failed sign-ins"),
        ):
            apps.get_app_config(app).verbose_name = self.verbose_name
            options = apps.get_model(app, model)._meta
            options.verbose_name, options.verbose_name_plural = one, many
        # Its own text is the whole digest, and another package's class is given ours.
        token_class = apps.get_model("knox", "AuthToken")
        token_class.__str__ = lambda token: f"{token.token_key[:8]}… of {token.user}"  # type: ignore[method-assign]
