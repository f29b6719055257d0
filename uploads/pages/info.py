"""Pages that tell rather than show: the guide and the script client."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import select_template
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

SCRIPT_CLIENT = settings.BASE_DIR / "clients" / "ami_upload.py"
ADDRESS_LINE = 'PORTAL = ""'


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """In the reader's language; open to people who cannot sign in, who need it most."""
    texts = select_template([f"uploads/guide/{get_language()}.html", "uploads/guide/en.html"])
    return HttpResponse(texts.render({}, request))


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
