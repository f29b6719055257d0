"""Whether a call, or a style of credentials, of the old clients is still answered: switched by maintainers."""

from django.core.cache import cache
from django.db import transaction

from amiportal.accounts.models import LegacySwitch, User
from amiportal.accounts.permissions import check_may_look_after
from amiportal.core.history import recorded

KNOWN_FOR_S = 5  # how long another process may go on answering after a switch was turned
_REMEMBERED_AS = "legacy-switches-off"
Kind = LegacySwitch.Kind
STYLES = {
    "form": "user name and password as form fields",
    "json": "user name and password in a JSON body",
    "basic": "HTTP Basic header",
    "token": "token header",
    "session": "signed in by a browser",
    "none": "no credentials (asks only whether a file exists)",
}


def _off() -> dict[tuple[str, str], str]:
    """{(kind, name): whom to ask} of what is switched off. One query every few seconds in each process."""
    off = cache.get(_REMEMBERED_AS)
    if off is None:
        off = {(row.kind, row.name): _whom_to_ask(row) for row in LegacySwitch.objects.filter(is_on=False)}
        cache.set(_REMEMBERED_AS, off, KNOWN_FOR_S)
    return off


def refusal_of(*, call: str, style: str) -> str | None:
    """What a caller is told whose call, or style of credentials, is switched off; None for one that is answered."""
    off = _off()
    if not off:
        return None
    if whom := off.get((Kind.CALL, call)):
        return f"The call {call} has been switched off. Ask {whom} how to go on."
    if whom := off.get((Kind.STYLE, style)):
        told = STYLES.get(style, style)
        return f"This way to sign in ({told}) has been switched off. Ask {whom} how to go on."
    return None


def turn(*, actor: User, kind: LegacySwitch.Kind, name: str, is_on: bool, reason: str) -> LegacySwitch:
    """Answer it, or answer it no more. In this process at once, in others within KNOWN_FOR_S.

    Raises Forbidden unless the actor is a maintainer.
    """
    check_may_look_after(actor=actor)
    with transaction.atomic():
        switch = LegacySwitch.objects.select_for_update().filter(kind=kind, name=name).first()
        switch = switch or LegacySwitch(kind=kind, name=name)
        switch.is_on = is_on
        with recorded(switch, actor=actor, reason=reason):
            switch.save()
    cache.delete(_REMEMBERED_AS)
    return switch


def _whom_to_ask(switch: LegacySwitch) -> str:
    """Whoever turned it off, if they can be written to."""
    newest = switch.history.select_related("history_user").first()
    person = newest.history_user if newest else None
    if person is None or not person.is_active or not person.email:
        return "a maintainer of the portal"
    return f"{person} <{person.email}>"
