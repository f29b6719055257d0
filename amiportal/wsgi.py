"""The WSGI entry point: Django, under a path prefix where SCRIPT_NAME gives one."""

import os
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import set_script_prefix

PROBES = ("/healthz", "/readyz")


def under_prefix(application: Callable, prefix: str) -> Callable:
    """Serves `prefix`/path and path alike: some proxies strip the prefix, some pass it on."""

    def serve(environ: dict, start_response: Callable) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if prefix and (path == prefix or path.startswith(prefix + "/")):
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        environ["SCRIPT_NAME"] = prefix
        return application(environ, start_response)

    return serve


def probed_by_address(application: Callable, allowed_hosts: list[str]) -> Callable:
    """Whoever probes health asks an address, whose name is in no ALLOWED_HOSTS; these answers depend on no host."""
    named = [host.lstrip(".") for host in allowed_hosts if host != "*"]

    def serve(environ: dict, start_response: Callable) -> Iterable[bytes]:
        if named and environ.get("PATH_INFO") in PROBES:
            environ["HTTP_HOST"] = named[0]
            environ.pop("HTTP_X_FORWARDED_HOST", None)
        return application(environ, start_response)

    return serve


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amiportal.settings")
# Whoever reads STATIC_URL first fixes it for the process, and that is before any request has set the prefix.
set_script_prefix(settings.FORCE_SCRIPT_NAME or "/")
application = under_prefix(
    probed_by_address(get_wsgi_application(), settings.ALLOWED_HOSTS), settings.FORCE_SCRIPT_NAME or ""
)
# gunicorn reads this variable too, and refuses every request that lacks the prefix.
os.environ.pop("SCRIPT_NAME", None)
