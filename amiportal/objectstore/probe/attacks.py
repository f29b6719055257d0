"""What the holder of an upload URL could do with it beyond its upload: tried, as an attacker would.

Amazon's store refuses every x-amz-* header that the URL does not bind; others heed them. The doctor tries the same.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5

from django.conf import settings

from amiportal.objectstore import public_access
from amiportal.objectstore.buckets import create
from amiportal.objectstore.http import Answer, anonymous, attempt, call
from amiportal.objectstore.presign import binding_signer
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, said, unexpected
from amiportal.objectstore.public_access import PublicAccess
from amiportal.objectstore.signing import quote_key

OWN, OTHER = b"own bytes", b"of somebody else"
_ALL_USERS = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'
_PUBLISHING: tuple[Mapping[str, str], ...] = ({"x-amz-acl": "public-read"}, {"x-amz-grant-read": _ALL_USERS})
_BOUND = {"Content-MD5": b64encode(md5(OWN, usedforsecurity=False).digest()).decode()}
# The URLs that the portal hands out, by what they bind beside the content type: the second where the store does not
# heed the condition.
WITH_CONDITION, WITH_MD5, OF_OLD_CLIENT = "with MD5 and condition", "with MD5", "of an old client"
FORMS: Mapping[str, Mapping[str, str]] = {
    WITH_CONDITION: {**_BOUND, "If-None-Match": "*"},
    WITH_MD5: _BOUND,
    OF_OLD_CLIENT: {},
}


def absent_headers(bench: Workbench) -> ProbeFinding:
    """Whether a URL can demand that headers do not come. From here on the bench's URLs do, where that works."""
    plain, before = bench.key("absent"), bench.signer
    bench.signer = binding_signer()
    answer = bench.put_by_url(plain, OWN)
    if answer.status != 200 or bench.get(plain).body != OWN:
        bench.signer = before
        return ProbeFinding("refused", f"A URL that names headers which do not come is refused ({said(answer)}).")
    key = bench.key("absent-sent")
    answers = [bench.put_by_url(key, OWN, unsigned=headers) for headers in ({"Content-Encoding": "x"}, *_PUBLISHING)]
    if any(answer.status < 400 for answer in answers) or bench.head(key).status != 404:
        bench.signer = before
        return ProbeFinding("ignored", "A URL may name headers that do not come, and is taken with them anyway.")
    return ProbeFinding("bound", f"A URL can demand that headers do not come: refused with them ({said(answers[0])}).")


def unsigned_acl(bench: Workbench) -> ProbeFinding:
    """Whether the holder of an upload URL can make the object public."""
    refusals: list[str] = []
    for number, headers in enumerate(_PUBLISHING):
        key = bench.key(f"acl-{number}")
        answer = bench.put_by_url(key, unsigned=headers)
        if 400 <= answer.status < 500 or answer.status == 501:
            refusals.append(said(answer))
            continue
        if answer.status != 200:
            raise unexpected(answer, bench.bucket)
        seen = anonymous("GET", f"{settings.S3_PUBLIC_ENDPOINT_URL}/{bench.bucket}/{quote_key(key)}")
        if seen.status == 200:
            return ProbeFinding("applied", f"An uploader can make the object public ({', '.join(headers)}).")
    if len(refusals) == len(_PUBLISHING):
        return ProbeFinding("refused", f"A header that the URL does not bind is refused ({refusals[0]}).")
    return ProbeFinding("ignored", "The header is taken, the object is not public.")


def unsigned_copy_source(bench: Workbench) -> ProbeFinding:
    """Whether the holder of an upload URL can fill the object from another one."""
    source = _somebody_elses(bench)
    tried = {form: _copied(bench, bench.key(f"copied-{form}"), form, source) for form in FORMS}
    return _judged(bench, tried, "applied", "The object was filled from another by a URL")


def copy_onto_stored(bench: Workbench) -> ProbeFinding:
    """Whether a URL that has stored its bytes can then overwrite them with those of another object."""
    source = _somebody_elses(bench)
    tried: dict[str, tuple[Answer, bytes]] = {}
    for form, signed in FORMS.items():
        key = bench.key(f"overwritten-{form}")
        first = bench.put_by_url(key, OWN, signed=signed)
        if form == WITH_CONDITION and first.status in (400, 405, 501):
            continue  # a condition that the store does not take is in no URL either
        if first.status != 200:
            raise unexpected(first, bench.bucket)
        tried[form] = _copied(bench, key, form, source)
    return _judged(bench, tried, "overwritten", "What was stored was overwritten from another object by a URL")


def copy_of_portal_files(bench: Workbench) -> ProbeFinding:
    """Whether the holder of an upload URL can read the portal's own files."""
    bucket, key = settings.PORTAL_FILES_BUCKET, bench.prefix + "portal-file"
    if call("HEAD", bucket=bucket).status == 404:
        return ProbeFinding("unknown", "The bucket of the portal's own files is not made yet.")
    call("PUT", bucket=bucket, key=key, body=OTHER)
    try:
        source = quote_key(f"{bucket}/{key}")
        tried = {form: _copied(bench, bench.key(f"read-{form}"), form, source) for form in FORMS}
    finally:
        attempt("DELETE", bucket=bucket, key=key)
    return _judged(bench, tried, "applied", "A file of the portal's own was read by a URL")


def public_access_block(bench: Workbench) -> ProbeFinding:
    """What becomes of uploads, and of what they make public, in a bucket that is shut. In a bucket of its own."""
    if public_access.state(bench.bucket) == PublicAccess.NO_CALL:
        return ProbeFinding("missing", "The store has no call to shut a bucket to the public.")
    name = f"portal-probe-{secrets.token_hex(8)}"
    create(name)
    try:
        with Workbench(name) as own:  # whose URLs demand nothing, so that the block alone stands in the way
            return _in_shut_bucket(own)
    finally:
        attempt("DELETE", bucket=name)


def _in_shut_bucket(own: Workbench) -> ProbeFinding:
    if public_access.shut(own.bucket) != PublicAccess.SHUT:
        return ProbeFinding("missing", "The store does not shut a bucket to the public when told to.")
    answer = own.put_by_url(own.key("shut"), OWN)
    if answer.status != 200:
        return ProbeFinding(
            "breaks_uploads", f"A bucket that is shut takes no uploads ({said(answer)}): leave it open."
        )
    if unsigned_acl(own).value == "applied":
        return ProbeFinding("ineffective", "An uploader can make an object public in a bucket that is shut.")
    return ProbeFinding("works", "A bucket that is shut takes uploads, and none can be made public.")


def _somebody_elses(bench: Workbench) -> str:
    secret = bench.key("copy-source")
    bench.stored(secret, OTHER)
    return quote_key(f"{bench.bucket}/{secret}")


def _copied(bench: Workbench, key: str, form: str, source: str) -> tuple[Answer, bytes]:
    """The answer to a PUT with the unbound header, and what the key then holds."""
    headers = {"x-amz-copy-source": source}
    answer = bench.put_by_url(key, b"", signed=FORMS[form], unsigned=headers)
    if answer.status >= 400 and answer.status not in (403, 412):  # perhaps it misses the body whose MD5 is bound
        answer = bench.put_by_url(key, OWN, signed=FORMS[form], unsigned=headers)
    got = bench.get(key)
    return answer, got.body if got.status == 200 else b""


def _judged(bench: Workbench, tried: Mapping[str, tuple[Answer, bytes]], done: str, what: str) -> ProbeFinding:
    if by := [form for form, (_, held) in tried.items() if held == OTHER]:
        return ProbeFinding(done, f"{what}: one {', one '.join(by)}.")
    if odd := next((answer for answer, _ in tried.values() if answer.status >= 500 and answer.status != 501), None):
        raise unexpected(odd, bench.bucket)
    refusals = [said(answer) for answer, _ in tried.values() if answer.status >= 400]
    if len(refusals) == len(tried):
        return ProbeFinding("refused", f"A header that the URL does not bind is refused ({refusals[0]}).")
    return ProbeFinding("ignored", "The header is not heeded; the bytes sent were stored.")


# What is tried with an address as the portal signs it today, in the order of the harm, and the words for "it worked".
BY_HOLDERS = (copy_onto_stored, unsigned_copy_source, copy_of_portal_files, unsigned_acl)
DONE = frozenset({"applied", "overwritten"})
# The order matters: those after the first try the URLs that it finds to be possible.
CHECKS = (
    absent_headers,
    unsigned_acl,
    unsigned_copy_source,
    copy_onto_stored,
    copy_of_portal_files,
    public_access_block,
)
