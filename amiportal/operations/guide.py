"""The maintainers' guide: each protocol as numbered steps, with pictures that the tests take from the real pages.

A protocol is a file of templates/admin/guide/. In it `<kbd class="label">` marks what a person presses or fills in and
`<q class="said">` what the pages then say; tests/browser/ walks every step and compares, so that the text cannot lie.
"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from amiportal.accounts.actor import actor_of

# Slug (the file's name, and the anchor) -> title, in two parts.
PARTS = {
    "When it is time": {
        "new-bucket": "A new bucket",
        "new-deployment": "A new deployment",
        "next-season": "The next season",
        "retiring": "Retiring a deployment",
        "access": "A partner asks for access",
        "upload-failed": "An upload failed",
        "changed-files": "Stored files have changed or vanished",
        "store-unreachable": "The store cannot be reached",
        "allocation": "The allocation comes to its end",
        "handing-over": "Handing over to a successor",
    },
    "In short": {
        "importing": "Importing a table",
        "restoring": "Going back to a snapshot",
        "who-uploaded": "Finding who uploaded what",
        "exporting": "Exporting",
    },
}


def template_of(slug: str) -> str:
    return f"admin/guide/{slug}.html"


@require_safe
def maintainers_guide(request: HttpRequest) -> HttpResponse:
    """For maintainers, one page: to be searched in the browser, and printed."""
    if not actor_of(request).is_maintainer:
        raise PermissionDenied
    parts = [
        (title, [(slug, heading, template_of(slug)) for slug, heading in protocols.items()])
        for title, protocols in PARTS.items()
    ]
    context = admin.site.each_context(request) | {"title": "Guide", "parts": parts}
    return TemplateResponse(request, "admin/guide/index.html", context)
