"""Capabilities of buckets, of CORS, and of the store's clock."""

import secrets
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from amiportal.objectstore.client import client, has_no_such_call, our_errors
from amiportal.objectstore.cors import preflight_allows
from amiportal.objectstore.http import Answer, anonymous, attempt, call
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, said, unexpected
from amiportal.objectstore.roundtrip import clock_difference_s

CLOSE_CLOCK_S = 30.0  # a signature allows the clocks 15 minutes; URLs of a minute would not


def create_own_bucket(bench: Workbench) -> ProbeFinding:
    """Told only: what CreateBucket answers for a bucket of one's own."""
    answer = attempt("PUT", bucket=bench.bucket)
    words = {"BucketAlreadyOwnedByYou": "already_owned", "BucketAlreadyExists": "already_exists"}
    if answer.status == 200:
        return ProbeFinding("ok", "Answered as if it had been made again.")
    if answer.code in words:
        return ProbeFinding(words[answer.code], f"Answered {said(answer)}.")
    raise unexpected(answer, bench.bucket)


def missing_bucket_on_put(bench: Workbench) -> ProbeFinding:
    """Whether an upload into a bucket that does not exist makes it."""
    name = f"portal-probe-{secrets.token_hex(8)}"
    url = bench.signer.put_url(bucket=name, key="a", signed_headers={}, expires_in_s=60, now=datetime.now(UTC))
    answer = anonymous("PUT", url, body=b"a")
    try:
        made = call("HEAD", bucket=name).status != 404
    finally:
        attempt("DELETE", bucket=name, key="a")
        attempt("DELETE", bucket=name)
    if made:
        return ProbeFinding(
            "created", f"The bucket was made on the way ({said(answer)}): a mistyped name would be, too."
        )
    if answer.status < 400:
        return ProbeFinding("lost", f"Answered {said(answer)}, yet there is no such bucket.")
    return ProbeFinding("refused", f"Answered {said(answer)}.")


def cors_api(bench: Workbench) -> ProbeFinding:
    """Asked, not set: the bucket's rules are its own."""
    with our_errors(bucket=bench.bucket):
        try:
            client(bench.bucket).get_bucket_cors(Bucket=bench.bucket)
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code == "NoSuchCORSConfiguration":
                return ProbeFinding("present", "The bucket has no CORS rules; the store has the calls for them.")
            if has_no_such_call(error):
                return ProbeFinding("missing", f"The store has no such calls ({code}); its operator sets the rules.")
            raise
    return ProbeFinding("present", "The bucket has CORS rules.")


def cors_preflight(bench: Workbench) -> ProbeFinding:
    if not bench.origins:
        return ProbeFinding("unknown", "The portal's own origins are not set.")
    barred = [origin for origin in bench.origins if not preflight_allows(bench.bucket, origin=origin)]
    if barred:
        return ProbeFinding("barred", f"Pages of {', '.join(barred)} may not upload.")
    return ProbeFinding("allowed", f"Pages of {', '.join(bench.origins)} may upload.")


def cors_on_success(bench: Workbench) -> ProbeFinding:
    """Whether the page may read that its upload succeeded, and the ETag."""
    if not bench.origins:
        return ProbeFinding("unknown", "The portal's own origins are not set.")
    answer = bench.put_by_url(bench.key("cors"), unsigned={"Origin": bench.origins[0]})
    if answer.status != 200:
        raise unexpected(answer, bench.bucket)
    if not _readable(answer, bench.origins[0]):
        return ProbeFinding("lacking", "The answer to an upload carries no CORS headers: the page sees a failure.")
    exposed = answer.headers.get("Access-Control-Expose-Headers", "").lower()
    if "etag" in exposed or exposed.strip() == "*":
        return ProbeFinding("sent", "The page may read the answer and its ETag.")
    return ProbeFinding("no_etag", "The page may read the answer, but not its ETag.")


def cors_on_errors(bench: Workbench) -> ProbeFinding:
    """Whether the page may read why its upload was refused."""
    if not bench.origins:
        return ProbeFinding("unknown", "The portal's own origins are not set.")
    key, origin = bench.key("cors-error"), {"Origin": bench.origins[0]}
    answers = [
        bench.put_by_url(key, unsigned=origin, altered=lambda url: url[:-64] + "0" * 64),
        bench.put_by_url(key, unsigned=origin, signed={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}),
    ]
    refusals = [answer for answer in answers if answer.status >= 400]
    unreadable = [said(answer) for answer in refusals if not _readable(answer, bench.origins[0])]
    if unreadable:
        return ProbeFinding("lacking", f"Without CORS headers: {', '.join(unreadable)}. The page cannot read why.")
    if not refusals:
        return ProbeFinding("unknown", "The store refused nothing.")
    return ProbeFinding("sent", f"Readable: {', '.join(map(said, refusals))}.")


def clock(bench: Workbench) -> ProbeFinding:
    difference_s = clock_difference_s(bench.bucket)
    if difference_s is None:
        return ProbeFinding("unknown", "The store does not tell its time.")
    if abs(difference_s) <= CLOSE_CLOCK_S:
        return ProbeFinding("close", f"The store's clock differs from the portal's by {difference_s:+.0f} s.")
    return ProbeFinding("off", f"The store's clock differs from the portal's by {difference_s:+.0f} s: URLs may fail.")


def _readable(answer: Answer, origin: str) -> bool:
    return answer.headers.get("Access-Control-Allow-Origin") in ("*", origin)


CHECKS = (
    create_own_bucket,
    missing_bucket_on_put,
    cors_api,
    cors_preflight,
    cors_on_success,
    cors_on_errors,
    clock,
)
