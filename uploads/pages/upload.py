"""The partner's pages: shells for the scripts under static/uploads/js, which do all else through the API."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from amiportal.accounts.actor import actor_of
from deployments.domain.names import DataType
from deployments.selectors import buckets_open_for_upload, buckets_visible_to
from uploads.domain.keys import CONTENT_TYPES

CLIENT = "upload page 2.0"  # how sessions of this page are named in the ledger


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect("upload")


@require_safe
@login_required
@ensure_csrf_cookie
def upload(request: HttpRequest) -> HttpResponse:
    context = {
        "has_buckets": buckets_open_for_upload(request.user).exists(),
        "page_config": _page_config(request),
    }
    return render(request, "uploads/upload.html", context)


@require_safe
@login_required
@ensure_csrf_cookie
def check_card(request: HttpRequest) -> HttpResponse:
    """Whether a card's files are all in the store; uploads nothing, so retired deployments may be asked about too."""
    context = {
        "has_buckets": buckets_visible_to(request.user).exists(),
        "page_config": _page_config(request),
    }
    return render(request, "uploads/check.html", context)


def _page_config(request: HttpRequest) -> dict:
    """What the page's script cannot know by itself; addresses carry the prefix that a proxy may put before them."""
    return {
        "apiRoot": reverse("upload-sessions").removesuffix("uploads/sessions/"),
        "csrfCookie": settings.CSRF_COOKIE_NAME,
        "pagesRoot": reverse("home"),
        "client": CLIENT,
        "account": request.user.get_username(),
        "uploaderName": actor_of(request).get_full_name(),
        "dataTypes": {data_type.value: {"extensions": list(CONTENT_TYPES[data_type])} for data_type in DataType},
    }
