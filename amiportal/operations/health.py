"""Liveness and readiness. Both answer anyone, so they tell no more than that a part is unreachable."""

import logging

import psycopg
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from amiportal.core.errors import PortalError
from amiportal.objectstore import buckets

logger = logging.getLogger(__name__)

DATABASE_TIMEOUT_S = 2

OK = "ok"
UNREACHABLE = "unreachable"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives: nothing else is touched, so a restart is the right answer when this fails."""
    return HttpResponse(OK, content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database and store answer within seconds, else 503, with each one's state."""
    states = {"database": _database(), "store": _store()}
    return JsonResponse(states, status=200 if set(states.values()) == {OK} else 503)


def _database() -> str:
    """Over a connection of its own: one that hangs must not hold the probe, and the pooled one may be stale."""
    parameters = connection.get_connection_params() | {
        "connect_timeout": DATABASE_TIMEOUT_S,
        "options": f"-c statement_timeout={DATABASE_TIMEOUT_S * 1000}",
        "autocommit": True,
    }
    try:
        with psycopg.connect(**parameters) as probe:
            probe.execute("SELECT 1")
    except psycopg.Error as error:
        logger.warning("readiness: the database is unreachable: %s", type(error).__name__)
        return UNREACHABLE
    return OK


def _store() -> str:
    try:
        buckets.ping()
    except PortalError as error:
        logger.warning("readiness: the store is unreachable: %s", error.code)
        return UNREACHABLE
    return OK
