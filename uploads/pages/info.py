"""Pages that tell rather than show: the guide and the script client."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

SCRIPT_CLIENT = settings.BASE_DIR / "clients" / "ami_upload.py"
GUIDE_PICTURES = settings.BASE_DIR / "uploads" / "static" / "uploads" / "guide"
ADDRESS_LINE = 'PORTAL = ""'


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """Open to people who cannot sign in, who need it most. A language without pictures of its own shows the English."""
    language = get_language()
    pictures = language if (GUIDE_PICTURES / language).is_dir() else "en"
    return render(request, "uploads/guide.html", {"pictures": f"uploads/guide/{pictures}/"})


@require_safe
@login_required
def script(request: HttpRequest) -> HttpResponse:
    return render(request, "uploads/script.html", {"portal": _own_address(request)})


@require_safe
@login_required
def script_download(request: HttpRequest) -> HttpResponse:
    """The script client, knowing the address it was fetched from."""
    source = with_address(_script_source(SCRIPT_CLIENT), _own_address(request))
    response = HttpResponse(source, content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="ami_upload.py"'
    return response


def with_address(source: str, address: str) -> str:
    """The script with its one line ADDRESS_LINE filled in; as a Python literal, whatever the address holds."""
    lines = source.split("\n")
    (at,) = [number for number, line in enumerate(lines) if line.startswith(ADDRESS_LINE)]
    lines[at] = f"PORTAL = {ascii(address)}" + lines[at].removeprefix(ADDRESS_LINE)
    return "\n".join(lines)


@lru_cache(maxsize=1)
def _script_source(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _own_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("home")).rstrip("/")
