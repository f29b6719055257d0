"""What migrations put into the database, kept beside it, so that a test that commits can be undone.

Django's way, TRUNCATE of every table and the rows of the migrations again through the ORM, costs half a second of both
processors, hundreds of times. Most tests touch a few tables: a function in the database finds those and mends them.
"""

from django.db import connection

SCHEMA = "tests_baseline"


def take() -> None:
    """Call it when the migrations have run and no test has."""
    with connection.cursor() as cursor:
        # Those that Django's flush would empty: of the models it manages. Procrastinate's stay as they are.
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        steps = [_step(cursor, table) for table in sorted(tables)]
        # As a replica it fires no triggers: foreign keys hold again at the end, and what refuses deletion is the
        # portal's rule, not ours. The lock waits for requests that still write; those that only read are left alone.
        cursor.execute(f"""
            CREATE FUNCTION {SCHEMA}.restore() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
            AS $restore$ BEGIN
            LOCK TABLE {", ".join(f'"{table}"' for table in sorted(tables))} IN SHARE ROW EXCLUSIVE MODE;
            {"".join(steps)}
            END $restore$""")


def restore() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {SCHEMA}.restore()")


def _step(cursor, table: str) -> str:
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}")')
    (has_rows,) = cursor.fetchone()
    if not has_rows:
        return f'IF EXISTS (SELECT FROM "{table}") THEN DELETE FROM "{table}"; END IF;\n'
    kept = f'{SCHEMA}."{table}"'
    cursor.execute(f'CREATE TABLE {kept} AS TABLE "{table}"')
    # By name: a migration that a test runs back and forth may change the order of the columns.
    columns = ", ".join(f'"{column.name}"' for column in connection.introspection.get_table_description(cursor, table))
    now, then = f'SELECT {columns} FROM "{table}"', f"SELECT {columns} FROM {kept}"
    return f"""
        IF EXISTS (({now} EXCEPT ALL {then}) UNION ALL ({then} EXCEPT ALL {now})) THEN
            DELETE FROM "{table}";
            INSERT INTO "{table}" ({columns}) {then};
        END IF;
        """
