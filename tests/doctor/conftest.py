"""What the tests of the doctor share."""

import pytest

from amiportal.operations.doctor import telling
from tests.smtpserver import SmtpServer


@pytest.fixture
def post(settings, monkeypatch, maintainer, outsider):
    """The mail server; of the maintainer and a partner, who is never written to. Slow as the machine may be."""
    monkeypatch.setattr(telling, "MAIL_TIMEOUT_S", 120)
    with SmtpServer() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", server.port, False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.PORTAL_ORIGINS = ["https://portal.example.org"]
        yield server
