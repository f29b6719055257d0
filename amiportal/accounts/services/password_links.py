"""Links by which people set a password: invitations, and new passwords for those who forgot theirs."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from axes.utils import reset as unlock
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from amiportal.accounts.models import PasswordLink, User
from amiportal.accounts.permissions import check_may_look_after
from amiportal.accounts.roles import Role
from amiportal.accounts.services.history import note
from amiportal.core.errors import Conflict, NotFound, PortalError
from amiportal.core.history import unrecorded

Purpose, State = PasswordLink.Purpose, PasswordLink.State

GOOD_FOR = {Purpose.INVITATION: timedelta(days=7), Purpose.RESET: timedelta(days=1)}
MOST_RESETS_AN_HOUR = 3  # mails that anybody can have sent to somebody else's address


class LinkClosed(PortalError):
    """The link was good once: `code` is the state (used, expired, revoked) that it is in now."""

    http_status = 410


def invite(
    *,
    actor: User,
    email: str,
    role: Role,
    first_name: str = "",
    last_name: str = "",
    username: str = "",
    organisation: str = "",
    country: str = "",
    language: str = "",
    buckets: Sequence = (),
) -> tuple[User, str]:
    """A new account without a password, and the secret of its invitation, which nothing else will tell again.

    Without a `username` one is made of the address. Raises Forbidden, Conflict (code "address_known") when an
    account has this address, and ValidationError for what the model refuses.
    """
    check_may_look_after(actor=actor, role=role)
    if not email:
        raise ValidationError({"email": "An invitation needs an address."})
    if User.objects.filter(email__iexact=email).exists():
        raise Conflict("Somebody has this address already: send the link from their own page.", code="address_known")
    person = User(
        username=username or free_username(email),
        email=email,
        first_name=first_name,
        last_name=last_name,
        organisation=organisation,
        country=country,
        language=language,
        is_staff=role == Role.MAINTAINERS,
    )
    person.set_unusable_password()
    person.full_clean()
    with transaction.atomic():
        with unrecorded(person):
            person.save()
            person.groups.set([Group.objects.get(name=role)])
            person.buckets.set(buckets)
        note(person, actor=actor, reason="Invited.", made=True)
        return person, _make(person, Purpose.INVITATION, made_by=actor)


def free_username(email: str) -> str:
    """The part before the @, with a number behind it when somebody has that."""
    base = "".join(c for c in email.partition("@")[0].lower() if c.isalnum() or c in ".+-_")[:140] or "person"
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    numbered = (f"{base}{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (base, *numbered) if name not in taken)


def purpose_for(person: User) -> PasswordLink.Purpose:
    return Purpose.RESET if person.has_usable_password() else Purpose.INVITATION


def make_link(*, actor: User, person: User) -> tuple[PasswordLink.Purpose, str]:
    """A link for this person: the invitation (again), or a new password; earlier ones end. Its secret is told once.

    Raises Forbidden for a superuser's account, Conflict for one that is closed or has no address.
    """
    check_may_look_after(actor=actor, person=person)
    if not person.is_active:
        raise Conflict("This account is closed. Open it again first.", code="account_closed")
    if not person.email:
        raise Conflict("There is no mail address on this page. Add it first.", code="no_address")
    purpose = purpose_for(person)
    return purpose, _make(person, purpose, made_by=actor)


def accounts_of_address(address: str) -> list[int]:
    """The open accounts of this address, by key; contacts and people who have not taken up their invitation are not
    among them: they have no password to forget."""
    people = User.objects.filter(email__iexact=address, is_active=True).exclude(email="")
    return [person.pk for person in people if person.has_usable_password()]


def links_for_forgotten(accounts: Sequence[int]) -> list[tuple[User, str]]:
    """A link for each of these accounts that is still open, at most MOST_RESETS_AN_HOUR for one."""
    made = []
    since = timezone.now() - timedelta(hours=1)
    for person in User.objects.filter(pk__in=accounts, is_active=True).exclude(email=""):
        if person.password_links.filter(purpose=Purpose.RESET, made_at__gt=since).count() < MOST_RESETS_AN_HOUR:
            made.append((person, _make(person, Purpose.RESET, made_by=None)))
    return made


def revoke_links(*, actor: User, person: User) -> int:
    """No link of this person opens anything any more; how many did."""
    check_may_look_after(actor=actor, person=person)
    return close_links(person)


def close_links(person: User) -> int:
    open_ones = PasswordLink.objects.filter(person=person, used_at=None, revoked_at=None)
    return open_ones.update(revoked_at=timezone.now())


def find_link(secret: str) -> PasswordLink:
    """The link that is still good. Raises NotFound for none of ours, LinkClosed for one that was good once."""
    link = PasswordLink.objects.select_related("person").filter(token_hash=_hash(secret)).first()
    if link is None:
        raise NotFound("There is no such link.", code="link_unknown")
    if link.state != State.OPEN or not link.person.is_active:
        code = State.REVOKED if link.state == State.OPEN else link.state
        raise LinkClosed("This link is not good any more.", code=code)
    return link


def set_password_by_link(*, secret: str, password: str) -> User:
    """The person, with this password from now on; every session and every other link of theirs has ended.

    Raises what `find_link` does, and ValidationError for a weak password, which leaves the link good.
    """
    person = find_link(secret).person
    validate_password(password, person)
    with transaction.atomic():
        # Decided by this UPDATE: of two who come at once by one link, one sets the password.
        used = PasswordLink.objects.filter(token_hash=_hash(secret), used_at=None, revoked_at=None)
        if not used.update(used_at=timezone.now()):
            raise LinkClosed("This link has been used.", code=State.USED)
        close_links(person)
        person.set_password(password)
        note(person, actor=person, reason="Set a password by a link.", fields=["password"])
    unlock(username=person.get_username())
    return person


def _make(person: User, purpose: PasswordLink.Purpose, *, made_by: User | None) -> str:
    secret = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=person.pk)  # two who click at once make one after the other
        close_links(person)
        PasswordLink.objects.create(
            person=person,
            purpose=purpose,
            token_hash=_hash(secret),
            made_by=made_by,
            made_at=now,
            expires_at=now + GOOD_FOR[purpose],
        )
    return secret


def _hash(secret: str) -> str:
    """Unsalted and quick will do: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
