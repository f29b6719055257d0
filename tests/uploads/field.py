"""A client as the scripts in the field are: form fields, credentials among them."""

from urllib.parse import quote

from django.test import Client

PASSWORD = "a password of the field"


class FieldClient:
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


def quoted(value: str) -> str:
    return quote(value, safe="")
