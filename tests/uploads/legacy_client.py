"""A client as the scripts in the field are: form fields, credentials among them."""

from datetime import timedelta
from urllib.parse import quote

from django.db.models import F
from django.test import Client

from amiportal.accounts.models import User
from amiportal.accounts.services.tokens import make_token
from uploads.ledger.unsettled import RESERVATION_GRACE
from uploads.models import UploadLog

PASSWORD = "a password of the field"


class LegacyClient:
    """As the scripts in the field call: form fields, credentials among them."""

    def __init__(self, account, site, *, slash="/", multipart=False):
        self.slash, self.multipart = slash, multipart
        self.http = Client()
        self.fields = {
            "username": account.username,
            "password": PASSWORD,
            "name": "Field Person",
            "country": site.bucket.name.upper(),
            "deployment": site.deployment.deployment_id,
            "data_type": "snapshot_images",
        }

    def post(self, call: str, **fields):
        body = self.fields | fields
        body = {name: value for name, value in body.items() if value is not None}
        if self.multipart:
            return self.http.post(f"/{call}{self.slash}", body)
        form = "&".join(f"{quoted(name)}={quoted(value)}" for name, value in body.items())
        return self.http.post(f"/{call}{self.slash}", form, content_type="application/x-www-form-urlencoded")


def by_token(user: User) -> Client:
    """A client that signs in by a token: a browser's session counts on these calls only with a CSRF token."""
    return Client(headers={"Authorization": f"Token {make_token(actor=None, user=user)}"})


def urls_die() -> None:
    """As if all URLs had been given so long ago that none is alive, nor a PUT under way that one of them began."""
    long = RESERVATION_GRACE + timedelta(hours=1, minutes=1)
    UploadLog.objects.update(grant_expires_at=F("grant_expires_at") - long, unsettled_until=F("unsettled_until") - long)


def quoted(value: str) -> str:
    return quote(value, safe="")
