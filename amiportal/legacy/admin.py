"""The old clients: what they still use, and a switch for each call and each style of credentials."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from amiportal.accounts.actor import actor_of
from amiportal.accounts.models import LegacySwitch
from amiportal.core.admin_bases import PortalAdmin
from amiportal.core.adminkit import EXPLAINED, ask, explanation, page
from amiportal.legacy.meter import meter
from amiportal.legacy.protocol import CALLS
from amiportal.legacy.switches import KNOWN_FOR_S, Kind, turn
from amiportal.legacy.usage import DAYS, SAFE_AFTER_DAYS, Use, callers, counting_since, uses


class TurnForm(forms.Form):
    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For the history: whoever comes after you reads it.",
    )


@admin.register(LegacySwitch)
class LegacySwitchAdmin(PortalAdmin):
    """The list is a page of its own; a switch is changed by turning it, and its history is that of every record."""

    def get_urls(self) -> list:
        return [
            page(self, "<str:kind>/<str:name>/turn/", turn_switch, name="legacy-turn", permission="view"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        meter.write()  # what this process has not told yet
        today = timezone.now().date()
        every = uses(calls=CALLS, today=today)
        context = {
            **self.admin_site.each_context(request),
            "title": "Old clients",
            "opts": self.opts,
            "enabled": settings.LEGACY_API_ENABLED,
            "tables": [
                ("Calls", "Call", [use for use in every if use.kind == Kind.CALL]),
                ("Styles of credentials", "Style", [use for use in every if use.kind == Kind.STYLE]),
            ],
            "callers": callers(today=today),
            "since": counting_since(),
            "days": DAYS,
            "safe_after": SAFE_AFTER_DAYS,
            "changes": LegacySwitch.history.select_related("history_user")[:10],
        }
        return TemplateResponse(request, "admin/accounts/legacy.html", context)


def turn_switch(model_admin: PortalAdmin, request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """`?to=on` or `?to=off`: asked first, with a reason."""
    known = {(use.kind, use.name): use for use in uses(calls=CALLS, today=timezone.now().date())}
    use, to = known.get((kind, name)), request.GET.get("to")
    if use is None or to not in ("on", "off"):
        raise Http404
    back = reverse("admin:accounts_legacyswitch_changelist")
    form = TurnForm(request.POST if request.method == "POST" else None)
    what = f"the call {use.name}" if kind == Kind.CALL else f"signing in by {use.told}"
    if not form.is_valid():
        return ask(
            model_admin,
            request,
            title=f"Switch {what} {to}?",
            text=_consequence(use, to),
            form=form,
            button=f"Switch it {to}",
            back=back,
            danger=to == "off",
        )
    try:
        turn(
            actor=actor_of(request),
            kind=Kind(kind),
            name=name,
            is_on=to == "on",
            reason=form.cleaned_data["reason"],
        )
    except EXPLAINED as error:
        messages.error(request, explanation(error))
    else:
        messages.success(request, f"Switched {to}: {what}. Every process of the portal knows in {KNOWN_FOR_S} s.")
    return HttpResponseRedirect(back)


def _consequence(use: Use, to: str) -> str:
    if to == "on":
        return "It is answered as before."
    used = f"It was used {use.calls:,} times in the last {DAYS} days" if use.calls else "Nobody has used it recently"
    return f"{used}. From then on it is refused with 403, and its callers are told to ask you."
