"""Tables of other packages, as maintainers need them: tokens and locked accounts."""

from collections.abc import Sequence
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from knox.models import AuthToken
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import minute

# The last two show what signs a person in.
for _model in (AuthToken, AccessAttempt, AccessLog, AccessFailureLog, TOTPDevice, StaticDevice):
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class _Revocable(ReadOnlyAdmin):
    """Looked at and removed, never made or changed here."""

    actions: Sequence[Any] | None = ["delete_selected"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.delete_{self.opts.model_name}")


@admin.register(AuthToken)
class TokenAdmin(_Revocable):
    """To delete a token is to revoke it, at once. Made on a person's page."""

    list_display = ["beginning", "user", "made", "ends"]
    list_select_related = ["user"]
    list_filter = [("user", AutocompleteSelectFilter)]
    list_filter_submit = True
    search_fields = ["token_key__startswith", "user__username"]
    search_help_text = "Beginning of the token, or account"
    fields = [("beginning", "user"), ("made", "ends")]
    readonly_fields = ["beginning", "user", "made", "ends"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthToken]:
        """A superuser's tokens are superusers' business."""
        tokens = super().get_queryset(request).select_related("user")
        return tokens if request.user.is_superuser else tokens.filter(user__is_superuser=False)

    @display(description="Token begins with")
    def beginning(self, token: AuthToken) -> str:
        return token.token_key[:8]

    @display(description="Made (UTC)", ordering="created")
    def made(self, token: AuthToken) -> str:
        return minute(token.created)

    @display(description="Ends (UTC)", ordering="expiry")
    def ends(self, token: AuthToken) -> str:
        return minute(token.expiry) if token.expiry else "when it is revoked"


@admin.register(AccessAttempt)
class LockedOutAdmin(_Revocable):
    """Failed sign-ins. To delete a row is to unlock that account."""

    list_display = ["username", "state", "failures_since_start", "last", "ip_address"]
    search_fields = ["username", "ip_address"]
    search_help_text = "Account or address"
    ordering = ["-attempt_time"]
    fields = [("username", "state"), ("failures_since_start", "last"), "ip_address", "path_info", "user_agent"]
    readonly_fields = ["username", "state", "failures_since_start", "last", "ip_address", "path_info", "user_agent"]

    @display(description="State", label={"locked": "danger", "counting": "default"})
    def state(self, attempt: AccessAttempt) -> str:
        return "locked" if attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT else "counting"

    @display(description="Last (UTC)", ordering="attempt_time")
    def last(self, attempt: AccessAttempt) -> str:
        return minute(attempt.attempt_time)
