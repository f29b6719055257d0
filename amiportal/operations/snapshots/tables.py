"""What a snapshot holds, table by table, and how a row of it is told to people.

Not the ledger, the sessions or the inventories: the ledger is only ever added to, each of its rows proves a file, and
ten million of them have no place in a copy that is taken daily; the others are found again from the store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models import Field, OuterRef, QuerySet

from amiportal.accounts.models import User
from amiportal.objectstore.models import Allocation
from deployments.models import Bucket, Deployment, HardwareConfig

Row = dict[str, Any]  # values by name, as Python has them or as JSON does

# Of an account: who it is and what it may do. By name, so that what lets a person in (password, second factor) is in no
# snapshot, whatever columns the account will have; tests/snapshots/test_tables.py asks for a decision on each new one.
KEPT_OF_PEOPLE = frozenset(
    {
        "id",
        "username",
        "first_name",
        "last_name",
        "email",
        "organisation",
        "country",
        "language",
        "is_active",
        "is_staff",
        "is_superuser",
        "is_service_account",
        "date_joined",
    }
)


@dataclass(frozen=True)
class Table:
    """One table of a snapshot. `columns` are attribute names of the model's own columns; `key` is the primary key's.

    lists: what a row has several of, by name: a subquery of an id or a name per member.
    fixed: columns that say which thing a row is: rows of one id that differ here are two different things.
    unique: columns of which no two rows may have the same value; None is shared freely.
    told: how a row is named to people, from its values.
    """

    name: str
    title: str
    model: type[models.Model]
    columns: tuple[str, ...]
    told: Callable[[Row], str]
    fixed: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    lists: dict[str, QuerySet] = field(default_factory=dict, repr=False)

    @cached_property
    def fields(self) -> dict[str, Field]:
        return {f.attname: f for f in self.model._meta.concrete_fields if f.attname in self.columns}

    @property
    def names(self) -> tuple[str, ...]:
        """Every name of a row's values: columns, then lists."""
        return (*self.columns, *self.lists)

    def name_of(self, row: Row) -> str:
        """A row's name for people, also where an old snapshot has not what the name is made of."""
        try:
            return self.told(row)
        except KeyError:
            return f"{self.title}, no. {row['id']}"

    def label(self, name: str) -> str:
        """What people call a column or a list."""
        column = self.fields.get(name)
        return str(column.verbose_name) if column is not None else name.replace("_", " ")

    def refers_to(self, name: str) -> "Table | None":
        """The table whose ids the column has."""
        column = self.fields.get(name)
        model = column.related_model if column is not None else None
        return next((table for table in TABLES if table.model is model), None) if model else None

    def rows(self) -> QuerySet:
        """Its rows as dictionaries by `names`, in the order of their ids."""
        lists = {name: ArraySubquery(members) for name, members in self.lists.items()}
        return self.model._default_manager.order_by("pk").annotate(**lists).values(*self.names)


def _columns(model: type[models.Model], *, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    return tuple(f.attname for f in model._meta.concrete_fields if f.name not in without)


_SAID_BY_THE_STORE = frozenset({"exists_in_store", "cors_ok", "public_access", "checked_at", "store_error"})
_role_names = Group.objects.filter(user=OuterRef("pk")).order_by("name").values("name")
_bucket_names = Bucket.objects.filter(uploaders=OuterRef("pk")).order_by("name").values("name")

# In the order in which a restore writes them.
TABLES: tuple[Table, ...] = (
    Table(
        name="buckets",
        title="Buckets",
        model=Bucket,
        columns=_columns(Bucket, without=_SAID_BY_THE_STORE),
        told=lambda row: f"{row['title']} ({row['name']})",
        fixed=("name",),
        unique=("name", "title"),
    ),
    Table(
        name="hardware",
        title="Hardware",
        model=HardwareConfig,
        columns=_columns(HardwareConfig),
        told=lambda row: f"Hardware {row['number']}",
        unique=("number",),
    ),
    Table(
        name="people",
        title="People",
        model=User,
        columns=tuple(name for name in _columns(User) if name in KEPT_OF_PEOPLE),
        told=lambda row: " ".join(filter(None, (row["first_name"], row["last_name"], f"({row['username']})"))),
        unique=("username",),
        lists={"roles": _role_names, "upload_buckets": _bucket_names},
    ),
    Table(
        name="deployments",
        title="Deployments",
        model=Deployment,
        columns=_columns(Deployment),
        told=lambda row: f"{row['deployment_id']} · {row['location_name']}",
        fixed=("deployment_id",),
        unique=("deployment_id", "previous_season_id"),
    ),
    Table(
        name="allocation",
        title="Allocation",
        model=Allocation,
        columns=_columns(Allocation),
        told=lambda row: f"{row['size_tb']} TB until {row['ends_on']}",
    ),
)
BY_NAME = {table.name: table for table in TABLES}


def current_lines() -> Iterator[tuple[str, str]]:
    """(table, row as JSON) of all tables as they are at one moment.

    One statement, hence one state of the database, whatever is written meanwhile and whatever transaction it is
    read in: what REPEATABLE READ gives to several.
    """
    parts: list[str] = []
    parameters: list[Any] = []
    for number, table in enumerate(TABLES):
        sql, given = table.rows().query.sql_with_params()
        parts.append(f"SELECT {number} AS n, row_number() OVER () AS i, row_to_json(q)::text FROM ({sql}) q")
        parameters += given
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(parts)} ORDER BY n, i", parameters)
        for number, _, line in cursor:
            yield TABLES[number].name, line
