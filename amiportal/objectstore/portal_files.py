"""The portal's own files (snapshots, exports): kept in PORTAL_FILES_BUCKET, which no browser may read.

Written and removed through django-storages, read as a stream: its own reading holds a whole file in memory.
"""

from collections.abc import Callable

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header

from amiportal.core.errors import NotFound, PortalError
from amiportal.objectstore import http
from amiportal.objectstore.client import our_errors


def save_file(name: str, content: File) -> str:
    """Store `content` under `name`, or beside it where that name is taken; the name it has. Raises StoreError."""
    with our_errors(bucket=settings.PORTAL_FILES_BUCKET):
        return default_storage.save(name, content)


def delete_file(name: str) -> None:
    """See that there is no such file. Raises StoreError."""
    with our_errors(bucket=settings.PORTAL_FILES_BUCKET):
        default_storage.delete(name)


def read_file(name: str, consume: Callable[[bytes], object]) -> None:
    """Feed the file to `consume` in pieces. Raises NotFound, and StoreError, also in the middle."""
    for piece in _opened(name).pieces:
        consume(piece)


def stream_file(name: str, as_name: str, content_type: str) -> HttpResponseBase:
    """The file as a download called `as_name`; a page that says why not (404, 502, 503) where it cannot be had.

    Presupposes that the caller has checked who asks. A store that fails in the middle cuts the answer short of its
    Content-Length, which every browser shows as a failed download.
    """
    try:
        body = _opened(name)
    except PortalError as error:
        page = render_to_string("admin/portal_file_fault.html", {"message": error.message, "status": error.http_status})
        return HttpResponse(page, status=error.http_status, headers={"Cache-Control": "no-store"})
    response = StreamingHttpResponse(body.pieces, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=as_name)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    if body.size_bytes is not None:
        response["Content-Length"] = str(body.size_bytes)
    return response


def _opened(name: str) -> http.Body:
    body = http.open_body(bucket=settings.PORTAL_FILES_BUCKET, key=name, attempts=settings.S3_MAX_ATTEMPTS)
    if body is None:
        raise NotFound("This file is not in the portal's storage any more.")
    return body
