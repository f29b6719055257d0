"""Which pages may send into a bucket: its CORS rules, beside those of other applications."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from django.conf import settings

from amiportal.core.errors import StoreError, StoreUnavailable
from amiportal.objectstore.client import client, has_no_such_call, our_errors
from amiportal.objectstore.http import anonymous
from amiportal.objectstore.presign import plain_signer

MAX_AGE_S = 86_400
if TYPE_CHECKING:
    from types_boto3_s3.type_defs import CORSRuleOutputTypeDef, CORSRuleTypeDef

    Rule = CORSRuleTypeDef | CORSRuleOutputTypeDef

# What the page sends with a PUT, and what it reads from the answer.
METHODS = ["PUT", "GET", "HEAD"]
REQUEST_HEADERS = ["content-type", "content-md5", "if-none-match"]
EXPOSED_HEADERS = ["ETag", "Retry-After"]  # the page waits as long as the store asks it to
_PREFLIGHT_URL_LIFETIME_S = 60


def let_in(bucket: str, origins: Sequence[str]) -> bool:
    """Lets pages of `origins` send, beside the rules that are there; False where the store has no such call.

    A bucket is often read by pages of others, and a portal for trials may share it with the real one. Origins that a
    rule lets in already need none. Raises StoreError where the rules cannot be read: what was not seen is not replaced.
    """
    with our_errors(bucket=bucket):
        try:
            rules = _rules(bucket)
            lacking = [origin for origin in origins if not any(_covers(rule, origin) for rule in rules)]
            if lacking:
                # First, since some stores look at the first rule that names the origin, and at no other.
                rules = [_rule_for(lacking), *rules]
                client(bucket).put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
        except ClientError as error:
            if not has_no_such_call(error):
                raise
            return False
    return True


def barred(bucket: str, origins: Sequence[str]) -> list[str]:
    """Those of `origins` whose pages may not send, by the answer to a preflight or, where none comes, by the rules."""
    closed = [origin for origin in origins if not preflight_allows(bucket, origin=origin)]
    if not closed:
        return []
    try:
        with our_errors(bucket=bucket):
            rules = _rules(bucket)
    except StoreUnavailable:
        raise
    except StoreError:
        return closed  # no such call, or no right to read them
    # The store may hold a moment before preflights follow its rules, or they cannot be asked from here.
    return closed if any(not any(_lets_send(rule, origin) for rule in rules) for origin in closed) else []


def preflight_allows(bucket: str, *, origin: str) -> bool:
    """Asks as a browser on `origin` would before a PUT, where browsers ask: a signed URL of the public endpoint.

    Signed because some stores answer nothing else: Swift's s3api says 400 to a preflight of a bare address.
    """
    url = plain_signer().put_url(
        bucket=bucket,
        key="preflight",
        signed_headers={},
        expires_in_s=_PREFLIGHT_URL_LIFETIME_S,
        now=datetime.now(UTC),
    )
    try:
        answer = anonymous(
            "OPTIONS",
            url,
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "PUT",
                "Access-Control-Request-Headers": ",".join(REQUEST_HEADERS),
            },
            timeout_s=settings.S3_CONNECT_TIMEOUT_S,
        )
    except StoreUnavailable:
        return False
    allowed_headers = _words(answer.headers.get("Access-Control-Allow-Headers"))
    return (
        200 <= answer.status < 300
        and answer.headers.get("Access-Control-Allow-Origin") in ("*", origin)
        and bool({"put", "*"} & _words(answer.headers.get("Access-Control-Allow-Methods")))
        and ("*" in allowed_headers or allowed_headers >= set(REQUEST_HEADERS))
    )


def _rules(bucket: str) -> "list[Rule]":
    """As botocore reads them; none where there are none. Raises ClientError."""
    try:
        # A store without the call may answer as to another one, and its answer then holds no rules.
        return list(client(bucket).get_bucket_cors(Bucket=bucket).get("CORSRules", []))
    except ClientError as error:
        if error.response["Error"].get("Code") == "NoSuchCORSConfiguration":
            return []
        raise


def _rule_for(origins: Sequence[str]) -> "Rule":
    return {
        "AllowedOrigins": list(origins),
        "AllowedMethods": METHODS,
        "AllowedHeaders": REQUEST_HEADERS,
        "ExposeHeaders": EXPOSED_HEADERS,
        "MaxAgeSeconds": MAX_AGE_S,
    }


def _covers(rule: "Rule", origin: str) -> bool:
    """Whether the rule gives pages of `origin` all that ours would."""
    exposed = {header.lower() for header in rule.get("ExposeHeaders", ())}
    return (
        _lets_send(rule, origin)
        and set(METHODS) <= set(rule.get("AllowedMethods", ()))
        and ("*" in exposed or exposed >= {header.lower() for header in EXPOSED_HEADERS})
    )


def _lets_send(rule: "Rule", origin: str) -> bool:
    headers = {header.lower() for header in rule.get("AllowedHeaders", ())}
    return (
        bool({origin, "*"} & set(rule.get("AllowedOrigins", ())))
        and "PUT" in rule.get("AllowedMethods", ())
        and ("*" in headers or headers >= set(REQUEST_HEADERS))
    )


def _words(header: str | None) -> set[str]:
    return {word.strip().lower() for word in (header or "").split(",")}
