"""The guide, the script client with the portal's address in it, and the key that receipts are checked with."""

import ast
import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.urls import clear_script_prefix, set_script_prefix

from uploads.pages.info import ADDRESS_LINE, with_address
from uploads.receipts.check import canonical

pytestmark = pytest.mark.django_db


def portal_of(source: str) -> str:
    """What the constant PORTAL of a script says, without running the script."""
    assignments = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    (found,) = [node.value.value for node in assignments if ast.unparse(node.targets[0]) == "PORTAL"]
    return found


def test_the_key_is_open_to_all_as_page_and_as_text(client):
    text = client.get("/receipts/key/?format=txt")
    assert text["Content-Type"].startswith("text/plain")
    key = text.content.decode().strip()
    assert len(base64.b64decode(key, validate=True)) == 32
    page = client.get("/receipts/key/").content.decode()
    assert f"python ami_upload.py verify-receipt receipt.json --public-key {key}" in page


def test_the_key_of_the_page_checks_a_receipt(client, uploader):
    uploader.open(files=1)
    uploader.send("a.jpg", b"a")
    uploader.call("finish")
    response = uploader.http.get(f"/api/v1/uploads/sessions/{uploader.session_id}/receipt/")
    receipt = json.loads(b"".join(response.streaming_content))
    key = base64.b64decode(client.get("/receipts/key/?format=txt").content)
    signature = base64.b64decode(receipt["signature"])
    Ed25519PublicKey.from_public_bytes(key).verify(signature, canonical(receipt["summary"]).encode())


def test_the_script_knows_the_portal_it_came_from(client, colleague):
    client.force_login(colleague)
    response = client.get("/ami_upload.py", headers={"Host": "localhost"}, secure=True)
    assert response["Content-Disposition"] == 'attachment; filename="ami_upload.py"'
    assert portal_of(response.content.decode()) == "https://localhost"


def test_under_a_prefix_the_address_has_it(client, colleague):
    client.force_login(colleague)
    set_script_prefix("/ami-data-upload/")  # as the WSGI handler does for each request
    try:
        source = client.get("/ami_upload.py").content.decode()
    finally:
        clear_script_prefix()
    assert portal_of(source) == "http://testserver/ami-data-upload"


@pytest.mark.parametrize("address", ['https://x.org/"; import os', "https://x.org/\n\\", "https://ñandú.org"])
def test_no_address_becomes_code(address):
    source = f"import sys\n{ADDRESS_LINE}  # the portal's address\nprint(PORTAL)\n"
    filled = with_address(source, address)
    assert portal_of(filled) == address
    assert filled.count("\n") == source.count("\n")
    assert filled.isascii()


def test_a_script_without_its_line_is_not_handed_out_half_done():
    for source in ("PORTAL = 'elsewhere'\n", f"{ADDRESS_LINE}\n{ADDRESS_LINE}\n"):
        with pytest.raises(ValueError):
            with_address(source, "https://x.org")


def test_how_to_upload_from_a_terminal(client, colleague):
    client.force_login(colleague)
    page = client.get("/script/").content.decode()
    assert 'href="/ami_upload.py"' in page
    assert 'href="/accounts/tokens/"' in page
    assert "http://testserver" in page


@pytest.mark.parametrize(("language", "title"), [("en", "How to upload a card"), ("es", "Cómo subir una tarjeta")])
def test_the_guide_in_each_language_for_everybody(client, language, title):
    page = client.get("/guide/", headers={"Accept-Language": language}).content.decode()
    assert title in page
    assert f'<html lang="{language}"' in page
    assert f"uploads/guide/{language}/place" in page


def test_a_language_without_texts_and_pictures_of_its_own_reads_the_english_guide(client, settings):
    settings.LANGUAGES = [*settings.LANGUAGES, ("ja", "日本語")]
    page = client.get("/guide/", headers={"Accept-Language": "ja"}).content.decode()
    assert "How to upload a card" in page
    assert "uploads/guide/en/place" in page
