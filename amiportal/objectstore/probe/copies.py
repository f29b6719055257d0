"""Capabilities of copies, of multipart uploads and of deletes."""

import re
from hashlib import md5

from amiportal.core.errors import PortalError
from amiportal.objectstore.client import client, our_errors
from amiportal.objectstore.http import Answer, attempt
from amiportal.objectstore.objects import bare_etag
from amiportal.objectstore.probe.workbench import ProbeFinding, Workbench, condition_finding, unexpected

IF_ABSENT = {"If-None-Match": "*"}
_ETAG = re.compile(rb"<ETag>([^<]*)</ETag>")
_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


def copy_if_match(bench: Workbench) -> ProbeFinding:
    """A copy on condition that the source is what it is not."""
    source, target = bench.key("copy-match-source"), bench.key("copy-match-target")
    bench.stored(source, b"new")
    bench.stored(target, b"old")
    answer = bench.copy(source, target, {"x-amz-copy-source-if-match": '"0123456789abcdef0123456789abcdef"'})
    if answer.is_error_in_200:
        return ProbeFinding("error_in_200", f"Answered 200 with the error {answer.code} in its body.")
    return condition_finding(bench, answer, key=target, before=b"old")


def copy_if_none_match(bench: Workbench) -> ProbeFinding:
    """A copy on condition that the destination is absent, which it is not."""
    source, target = bench.key("copy-absent-source"), bench.key("copy-absent-target")
    bench.stored(source, b"new")
    bench.stored(target, b"old")
    answer = bench.copy(source, target, IF_ABSENT)
    if answer.is_error_in_200:
        return ProbeFinding("error_in_200", f"Answered 200 with the error {answer.code} in its body.")
    return condition_finding(bench, answer, key=target, before=b"old")


def copy_etag(bench: Workbench) -> ProbeFinding:
    source, target = bench.key("copy-etag-source"), bench.key("copy-etag-target")
    bench.stored(source, b"same bytes")
    answer = bench.copy(source, target)
    if answer.status != 200 or answer.is_error_in_200:
        raise unexpected(answer, bench.bucket)
    told, quoted = _told_etag(answer)
    if not told:
        return ProbeFinding("empty", "The answer to a copy has no ETag.")
    original, copied = (bare_etag(bench.head(key).headers.get("ETag")) for key in (source, target))
    form = "with" if quoted else "without"
    if told == original == copied:
        return ProbeFinding("same", f"A copy has its source's ETag, told {form} quotes.")
    return ProbeFinding("other", f"A copy's ETag differs from its source's, told {form} quotes.")


def multipart_etag(bench: Workbench) -> ProbeFinding:
    body = b"one part"
    answer = completed(bench, bench.key("multipart"), body)
    if answer.status != 200 or answer.is_error_in_200:
        raise unexpected(answer, bench.bucket)
    part_md5 = md5(body, usedforsecurity=False)
    stored = bare_etag(bench.head(bench.key("multipart")).headers.get("ETag"))
    told = "" if _told_etag(answer)[0] == stored else " The answer that completes it tells another, or none."
    if stored == f"{md5(part_md5.digest(), usedforsecurity=False).hexdigest()}-1":
        return ProbeFinding("md5_of_md5s", f"The MD5 of the parts' MD5s, and their number.{told}")
    if stored == part_md5.hexdigest():
        return ProbeFinding("md5", f"The MD5 of the whole.{told}")
    return ProbeFinding("other" if stored else "empty", f"Neither of the known forms.{told}")


def multipart_if_none_match(bench: Workbench) -> ProbeFinding:
    key = bench.key("multipart-condition")
    bench.stored(key, b"old")
    answer = completed(bench, key, b"new", IF_ABSENT)
    if answer.is_error_in_200:
        return ProbeFinding("error_in_200", f"Answered 200 with the error {answer.code} in its body.")
    return condition_finding(bench, answer, key=key, before=b"old")


def delete_objects(bench: Workbench) -> ProbeFinding:
    """Deleting several at once, as boto3 sends it."""
    keys = [bench.key(f"delete-{number}") for number in range(3)]
    for key in keys:
        bench.stored(key)
    try:
        with our_errors(bucket=bench.bucket):
            client(bench.bucket).delete_objects(Bucket=bench.bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    except PortalError as error:
        return ProbeFinding("refused", f"Objects have to be deleted one by one ({error.code}).")
    left = sum(bench.head(key).status == 200 for key in keys)
    if left:
        return ProbeFinding("ignored", f"Answered as done, yet {left} of {len(keys)} objects are there.")
    return ProbeFinding("works", f"{len(keys)} objects were deleted in one call.")


def completed(bench: Workbench, key: str, body: bytes, headers: dict[str, str] | None = None) -> Answer:
    """The answer to completing an upload of one part."""
    begun = attempt("POST", bucket=bench.bucket, key=key, query={"uploads": ""})
    found = _UPLOAD_ID.search(begun.body)
    if begun.status != 200 or not found:
        raise unexpected(begun, bench.bucket)
    upload_id = found.group(1).decode()
    bench.note_upload(key, upload_id)
    part = attempt("PUT", bucket=bench.bucket, key=key, query={"partNumber": "1", "uploadId": upload_id}, body=body)
    if part.status != 200:
        raise unexpected(part, bench.bucket)
    document = (
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
        f"<ETag>{part.headers.get('ETag', '')}</ETag></Part></CompleteMultipartUpload>"
    )
    return attempt(
        "POST", bucket=bench.bucket, key=key, query={"uploadId": upload_id}, body=document.encode(), headers=headers
    )


def _told_etag(answer: Answer) -> tuple[str, bool]:
    """The ETag in an answer's body, and whether it stood in quotes."""
    found = _ETAG.search(answer.body)
    told = found.group(1).decode().replace("&quot;", '"').replace("&#34;", '"') if found else ""
    return bare_etag(told), told.startswith('"')


CHECKS = (
    copy_if_match,
    copy_if_none_match,
    copy_etag,
    multipart_etag,
    multipart_if_none_match,
    delete_objects,
)
