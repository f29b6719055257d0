"""What the portal itself runs on: database, disk, mail."""

import shutil
import smtplib
from collections.abc import Iterator

from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from amiportal.operations.doctor.alone import alone
from amiportal.operations.doctor.observations import Observation, State

DISK_WARN_FREE = 0.15
DISK_BAD_FREE = 0.05
MAIL_TIMEOUT_S = 10


def examine_machine() -> Iterator[Observation]:
    yield from alone(_database, ("database", "Database"))
    yield from alone(_disk, ("disk", "Disk"))
    yield from alone(_mail, ("mail", "Mail"))


def _database() -> Observation:
    told = ("database", "Database")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
            version, size_bytes = cursor.fetchone()
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Observation(
            *told,
            State.BAD,
            f"PostgreSQL does not answer ({type(error).__name__}).",
            "Look at the database server and at DATABASE_URL; nothing works without it.",
        )
    if waiting:
        return Observation(
            *told,
            State.BAD,
            f"{len(waiting)} migrations have not been applied.",
            "Run `python manage.py migrate` and restart the portal.",
            is_certain=True,
        )
    return Observation(*told, State.OK, f"PostgreSQL {version.split()[0]}, {size_bytes / 1e6:,.0f} MB.")


def _disk() -> Observation:
    told = ("disk", "Disk")
    try:
        usage = shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR)
    except OSError as error:
        return Observation(*told, State.BAD, f"The disk cannot be read ({error.strerror}).", "Look at the machine.")
    free = usage.free / usage.total
    text = f"{usage.free / 1e9:,.0f} GB of {usage.total / 1e9:,.0f} GB free."
    remedy = "Make room: old logs, and what other services keep on this disk."
    if free < DISK_BAD_FREE:
        return Observation(*told, State.BAD, text, remedy)
    return Observation(*told, State.WARN if free < DISK_WARN_FREE else State.OK, text, remedy)


def _mail() -> Observation:
    told = ("mail", "Mail")
    if not settings.EMAIL_HOST:
        return Observation(
            *told,
            State.WARN,
            "No mail server is set, so nobody is told when something breaks.",
            "Set EMAIL_HOST and the variables beside it (see .env.example).",
        )
    try:
        with get_connection(timeout=MAIL_TIMEOUT_S):
            pass
    except (OSError, smtplib.SMTPException) as error:
        return Observation(
            *told,
            State.BAD,
            f"The mail server does not take mail from us ({type(error).__name__}).",
            "Look at EMAIL_HOST, EMAIL_PORT and the account; invitations and alerts wait for it.",
        )
    return Observation(*told, State.OK, f"{settings.EMAIL_HOST} takes mail from us.")
