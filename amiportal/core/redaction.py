"""Secrets in no log and no error report, and one record per log line whatever the data contain."""

import logging
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

MASK = "***"
# Shorter values would mask half of every text.
SHORTEST_SECRET = 6

# Each pattern's first group is kept, the rest of the match is masked.
PATTERNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # A signed URL, plain or quoted, and the same parameters in a dict or JSON.
        r"(X-Amz-(?:Signature|Credential|Security-Token)(?:=|%3D|[\"']?\s*:\s*[\"']?))[^&\s\"'<>,;]+",
        # Amazon's Authorization header: Credential=.../..., Signature=...
        r"(\b(?:Credential|Signature)=)[^&\s\"'<>,;]+",
        r"(Authorization[\"']?\s*[:=]\s*[\"']?(?:[A-Za-z0-9-]+ +)?)[^\s\"',]+",
        r"(\b(?:Token|Bearer)\s+)[A-Za-z0-9+/=._~-]{16,}",
        r"(\bBasic\s+)[A-Za-z0-9+/=]{8,}",
        r"(\b(?:sessionid|csrftoken|csrfmiddlewaretoken)[\"']?\s*[:=]\s*[\"']?)[^;&\s\"',]+",
        r"([\"']?\b(?:password|passwd|passphrase|secret|secret_access_key|aws_secret_access_key|access_token)[\"']?"
        r"\s*[:=]\s*[\"']?)[^&\s\"',;]+",
        # The links by which people set a password.
        r"(/accounts/password/)[A-Za-z0-9_-]{20,}",
        # The user part of an address: postgresql://user:password@host
        r"(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@/]+(?=@)",
    )
]
# All that would end a line, move the cursor, or turn the reading direction (a forged line looks like ours), and
# halves of surrogate pairs, which no encoding writes.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def redact(text: str) -> str:
    """`text` without signatures, credentials, passwords and the configured secrets."""
    for pattern in PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    for value in configured_secrets():
        text = text.replace(value, MASK)
    return text


def configured_secrets() -> list[str]:
    """The longest first, as they stand and as they stand in a URL."""
    values = {
        settings.SECRET_KEY,
        settings.RECEIPT_KEY,
        settings.S3_SECRET_ACCESS_KEY,
        settings.S3_ACCESS_KEY_ID,
        settings.PORTAL_FILES_SECRET_ACCESS_KEY,
        settings.PORTAL_FILES_ACCESS_KEY_ID,
        settings.DATABASES["default"].get("PASSWORD") or "",
    }
    values |= {quote(value, safe="") for value in values}
    return sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)


def escape(text: str) -> str:
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape", "surrogatepass").decode("ascii"), text)


class RedactSecrets(logging.Filter):
    """Replaces a record's message, arguments and exception text by redacted ones. On handlers, not on loggers: a
    logger's filter does not see the records of its children."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redact(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


class OneLineFormatter(logging.Formatter):
    """`time level logger: message` on one line; a traceback follows on lines that begin with a bar."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = f"{when} {record.levelname} {record.name}: {escape(record.getMessage())}"
        if record.exc_info and not record.exc_text:
            record.exc_text = redact(self.formatException(record.exc_info))
        following = [text for text in (record.exc_text, record.stack_info) if text]
        return "\n".join([line, *(f"  | {escape(row)}" for text in following for row in text.split("\n"))])


class PortalExceptionReporterFilter(SafeExceptionReporterFilter):
    """Django's, and: no cookie, no posted value, no local variable that may hold a secret. Also under DEBUG."""

    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|CREDENTIAL|DATABASE|URL|HEADERS|COOKIES", re.IGNORECASE
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        cleansed = super().cleanse_setting(key, value)
        return redact(str(cleansed)) if isinstance(cleansed, str) else cleansed  # str(): some are lazy

    def get_safe_cookies(self, request: HttpRequest | None) -> dict:
        return dict.fromkeys(getattr(request, "COOKIES", {}), self.cleansed_substitute)

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        if request is None:
            return {}
        cleansed = request.POST.copy()
        for name in cleansed:
            cleansed[name] = self.cleansed_substitute
        return cleansed

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        variables = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, self.cleanse_setting(name, value)) for name, value in variables]
