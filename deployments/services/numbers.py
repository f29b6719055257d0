"""Deployment ids: allocated by a sequence of the database, never given twice."""

from django.db import connection

from deployments.domain.names import deployment_id_for

# Held to the end of the transaction: an import that moves the sequence forward, and an allocation, take turns.
_TURN = 727_001


def allocate_id() -> str:
    """The next id. A number given to a transaction that fails is not given again. Needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        cursor.execute("SELECT nextval('deployment_number_seq')")
        return deployment_id_for(cursor.fetchone()[0])


def reserve_up_to(number: int) -> None:
    """See that no number up to `number` is allocated from now on. Needs an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TURN])
        cursor.execute(
            "SELECT setval('deployment_number_seq', %s) FROM deployment_number_seq"
            " WHERE last_value < %s OR (last_value = %s AND NOT is_called)",
            [number, number, number],
        )
