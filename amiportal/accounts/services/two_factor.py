"""Two-factor sign-in: an authenticator app (TOTP, RFC 6238) and recovery codes, kept by django-otp.

Recovery codes stand in the database as HMACs, so that a copy of it holds none. The app's key must be kept as it is:
whoever verifies a code has to compute it.
"""

import hashlib
import hmac
import math
import re
import secrets
from base64 import b32encode

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_otp.models import Device, VerifyNotAllowed
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from amiportal.accounts.models import User
from amiportal.accounts.permissions import check_may_look_after
from amiportal.accounts.services.history import note
from amiportal.core.errors import Conflict, PortalError

RECOVERY_CODES = 10
_TOTP_CODE = re.compile(r"[0-9]{6}")
_NAME = "two-factor sign-in"
new_key = default_key  # 160 random bits as hex, as the standard asks for


class WrongCode(PortalError):
    """The code is not good: mistyped, of another time, or used before."""

    code = "code_wrong"


class TooManyCodes(PortalError):
    """After wrong codes each next try has to wait, twice as long each time; `wait_s` is how long."""

    code = "code_throttled"
    http_status = 429

    def __init__(self, wait_s: int):
        super().__init__(f"After wrong codes there is a wait: {wait_s} s.")
        self.wait_s = wait_s


def has_two_factor(user: User) -> bool:
    return TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists()


def may_have_two_factor(user: User) -> bool:
    """For those who may enter the admin."""
    return user.is_staff


def provisioning(user: User, key: str) -> tuple[str, str]:
    """(the address that the app reads from a QR code, the same key in groups to type)."""
    device = TOTPDevice(user=user, key=key)
    text = b32encode(device.bin_key).decode()
    return device.config_url, " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def enrol(*, actor: User, key: str, code: str) -> tuple[Device, list[str]]:
    """From now on the actor's password alone signs nobody in. The recovery codes are told this once.

    Every other session of the actor's ends: it was opened by a password alone. Raises WrongCode unless `code` is
    what an app with this key shows now; Conflict when there is one already.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        if has_two_factor(actor):
            raise Conflict("Two-factor sign-in is set up already.", code="two_factor_known")
        verifier = TOTP(bytes.fromhex(key))
        if not _TOTP_CODE.fullmatch(_typed(code)) or not verifier.verify(int(_typed(code)), tolerance=1):
            raise WrongCode("That is not the code that the app shows now.")
        device = TOTPDevice.objects.create(
            user=actor, name=_NAME, key=key, last_t=verifier.t(), drift=verifier.drift, confirmed=True
        )
        codes = _new_codes(actor)
        _end_sessions(actor)
        note(actor, actor=actor, reason="Set up two-factor sign-in.")
    return device, codes


def verify(*, user: User, code: str) -> Device:
    """The device whose code this is: of the app, or a recovery code, which is used up by it.

    Raises WrongCode, or TooManyCodes while the last wrong one is too recent (told without looking at the code).
    """
    typed = _typed(code)
    of_app = bool(_TOTP_CODE.fullmatch(typed))
    devices = (TOTPDevice if of_app else StaticDevice).objects.filter(user=user, confirmed=True)
    with transaction.atomic():
        device = devices.select_for_update().first()
        if device is None:
            raise WrongCode("That is not the code.")
        allowed, why = device.verify_is_allowed()
        if allowed and device.verify_token(typed if of_app else _mac(user, typed)):
            return device
    # Outside the transaction, which has to keep that it went wrong.
    if not allowed and why["reason"] == VerifyNotAllowed.N_FAILED_ATTEMPTS:
        raise TooManyCodes(max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds())))
    raise WrongCode("That is not the code.")


def recovery_codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def new_recovery_codes(*, actor: User) -> list[str]:
    """Ten new ones, told this once; the earlier ones end. Raises Conflict without two-factor sign-in."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=actor.pk)
        if not has_two_factor(actor):
            raise Conflict("Two-factor sign-in is not set up.", code="two_factor_unknown")
        codes = _new_codes(actor)
        note(actor, actor=actor, reason="Made new recovery codes.")
    return codes


def remove(*, actor: User) -> None:
    """The actor's password alone signs in again. Presupposes that a password and a code were asked for just now."""
    with transaction.atomic():
        _forget(actor)
        note(actor, actor=actor, reason="Removed two-factor sign-in.")


def reset_for(*, actor: User | None, person: User, reason: str) -> None:
    """For somebody who lost the app and the codes: their password alone signs in, and they set it up again.

    Their sessions end. Raises Forbidden for a superuser's account, Conflict for one's own (that takes a code) and
    for an account without.
    """
    check_may_look_after(actor=actor, person=person)
    if actor is not None and actor.pk == person.pk:
        raise Conflict("For your own account: remove it on your two-factor page, with a code.", code="own_account")
    with transaction.atomic():
        if not has_two_factor(person):
            raise Conflict(f"{person} has no two-factor sign-in.", code="two_factor_unknown")
        _forget(person)
        _end_sessions(person)
        note(person, actor=actor, reason=f"Two-factor sign-in was reset: {reason}")


def _forget(user: User) -> None:
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(session_generation=F("session_generation") + 1)
    user.refresh_from_db(fields=["session_generation"])


def _new_codes(user: User) -> list[str]:
    """As people read them: two groups of five, 50 random bits, without the digits 0 and 1 that look like letters."""
    device, _ = StaticDevice.objects.get_or_create(user=user, defaults={"name": _NAME})
    device.token_set.all().delete()
    codes = [b32encode(secrets.token_bytes(7)).decode().lower()[:10] for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_mac(user, code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _typed(code: str) -> str:
    return re.sub(r"[\s-]", "", code).lower()


def _mac(user: User, code: str) -> str:
    """As long as the library's column: 16 letters of base 32, 80 bits. Other SECRET_KEY, other codes."""
    message = f"recovery code\0{user.pk}\0{code}".encode()
    return b32encode(hmac.digest(settings.SECRET_KEY.encode(), message, hashlib.sha256)).decode()[:16]
