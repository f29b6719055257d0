"""No secret and no forged line in a log; no cookie, password or key in an error report."""

import io
import logging

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.views.debug import ExceptionReporter
from hypothesis import given
from hypothesis import strategies as st

from amiportal.core.redaction import OneLineFormatter, RedactSecrets, redact

CANARY = "canary0123456789canary0123456789"


@pytest.fixture
def log():
    """A logger with the project's handler, and what it has written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RedactSecrets())
    handler.setFormatter(OneLineFormatter())
    logger = logging.getLogger("tests.redaction")
    logger.addHandler(handler)
    yield logger, written.getvalue
    logger.removeHandler(handler)


@pytest.mark.parametrize(
    "text",
    [
        f"PUT http://s/b/k?X-Amz-Credential={CANARY}%2F20260101%2Fus-east-1&X-Amz-Signature={CANARY} failed",
        f"/b/k?x-amz-signature={CANARY}",
        f"next=%2Fb%3FX-Amz-Signature%3D{CANARY}",
        f"{{'X-Amz-Signature': '{CANARY}', 'a': 1}}",
        f"Authorization: Token {CANARY}",
        f"Authorization: Basic {CANARY}=",
        f"{{'Authorization': 'Bearer {CANARY}'}}",
        f"AWS4-HMAC-SHA256 Credential={CANARY}/20260101/us-east-1/s3/aws4_request, Signature={CANARY}",
        f"token refused: Token {CANARY}",
        f"postgresql://portal:{CANARY}@127.0.0.1:5432/portal",
        f"Cookie: sessionid={CANARY}; csrftoken={CANARY}",
        f'{{"username": "ann", "password": "{CANARY}"}}',
        f"username=ann&password={CANARY}&next=/",
        f"Forbidden (CSRF token missing.): /ami-data-upload/accounts/password/{CANARY}/",
    ],
)
def test_what_looks_like_a_secret_is_masked(text):
    assert CANARY not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize("name", ["SECRET_KEY", "RECEIPT_KEY", "S3_SECRET_ACCESS_KEY", "S3_ACCESS_KEY_ID"])
def test_configured_secrets_are_masked_wherever_they_stand(name):
    assert getattr(settings, name) not in redact(f"x{getattr(settings, name)}y")


def test_the_database_password_is_masked():
    assert settings.DATABASES["default"]["PASSWORD"] not in redact(f"as {settings.DATABASES['default']['PASSWORD']}")


def test_what_people_need_to_read_stays():
    text = "granted dep000001/snapshot_images/20240918032339-snapshot.jpg to Token authentication of 'ann'"
    assert redact(text) == text


def test_arguments_and_tracebacks_are_masked(log):
    logger, written = log
    try:
        raise ValueError(f"Authorization: Token {CANARY}")
    except ValueError:
        logger.exception("failed for %s", f"X-Amz-Signature={CANARY}")
    assert CANARY not in written()
    assert "ValueError" in written()
    assert [line[:4] for line in written().splitlines()[1:]] == ["  | "] * (len(written().splitlines()) - 1)


@given(st.text())
def test_one_record_is_one_line(text):
    record = logging.LogRecord("uploads", logging.INFO, "", 0, "name %s", (text,), None)
    line = OneLineFormatter().format(record)
    assert len(line.splitlines()) == 1
    line.encode()


def test_a_forged_line_stays_part_of_its_record(log):
    logger, written = log
    logger.warning("refused %s", "a.jpg\r\n2026-01-01T00:00:00.000+00:00 INFO uploads: verified\u202e")
    assert written().count("\n") == 1
    assert "\\r\\n2026" in written()
    assert "\\u202e" in written()


def test_an_error_report_holds_no_secret():
    request = RequestFactory().post(
        "/accounts/login/",
        {"username": "ann", "password": CANARY},
        headers={"Authorization": f"Token {CANARY}", "Cookie": f"sessionid={CANARY}; other={CANARY}"},
    )
    try:
        signed_url = f"http://s/b/k?X-Amz-Signature={CANARY}"
        raise RuntimeError(str(len(signed_url)))
    except RuntimeError as error:
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
        reports = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert "RuntimeError" in reports
    assert CANARY not in reports
    for secret in (settings.SECRET_KEY, settings.S3_SECRET_ACCESS_KEY, settings.DATABASES["default"]["PASSWORD"]):
        assert secret not in reports
