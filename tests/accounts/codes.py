"""An authenticator app, as far as tests need one. RFC 6238 written again: the library is no judge of itself."""

import base64
import hashlib
import hmac
import struct
import time

from django.test import Client
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

STEP_S = 30


def code_of(key: str, *, steps_ahead: int = 0) -> str:
    """The six digits that an app shows for the key as it is typed in: base 32, blanks allowed."""
    secret = base64.b32decode(key.replace(" ", ""))
    counter = int(time.time()) // STEP_S + steps_ahead
    digest = hmac.new(secret, struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def enrol(browser: Client) -> tuple[str, list[str]]:
    """(the app's key, recovery codes) of whoever is signed in."""
    key = browser.get("/accounts/two-factor/").context["typed"]
    answer = browser.post("/accounts/two-factor/", {"code": code_of(key)})
    return key, answer.context["codes"]


def forget_used_and_wrong_codes() -> None:
    """As if some minutes had passed."""
    TOTPDevice.objects.update(last_t=-1, throttling_failure_count=0, throttling_failure_timestamp=None)
    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
