"""What a restore would do, worked out in memory from the snapshot and the tables as they are. Asks, writes nothing.

A restore never deletes. What was made since the snapshot stays: of it, active deployments are retired, since when
the snapshot was taken they took no uploads.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from amiportal.accounts.models import User
from amiportal.accounts.roles import Role
from amiportal.operations.snapshots.contents import Contents, Difference, differences
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services.checking import faults_of
from amiportal.operations.snapshots.tables import BY_NAME, TABLES, Row, Table
from deployments.holdings import files_provider
from deployments.models import Deployment, Status
from deployments.services.deployments import deployments_with_uploads

INSERT, UPDATE, RETIRE = "insert", "update", "retire"
# Whether an account is open, and the powers over others, are decided on the person's page alone: going back to an old
# table must not open what was closed meanwhile.
NEVER_RESTORED_OF_PEOPLE = ("is_active", "is_staff", "is_superuser")
RESTORED_ROLES = frozenset({Role.PARTNERS.value, Role.SCRIPTS.value})
_ACCESS = "A restore opens or closes no account and gives nobody powers: do that on the person's page."


@dataclass(frozen=True)
class Selection:
    """What is to be restored: whole tables by name, and single rows as (table, id)."""

    tables: frozenset[str] = frozenset()
    rows: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def everything(cls) -> "Selection":
        return cls(tables=frozenset(BY_NAME))

    def __contains__(self, difference: Difference) -> bool:
        name = difference.table.name
        return name in self.tables or (name, difference.row_id) in self.rows


@dataclass(frozen=True)
class Effect:
    """One row that is written. `after` has all values of the row; `names` those that change (all, for a new row)."""

    kind: str
    table: Table
    row_id: int
    before: Row | None
    after: Row
    names: tuple[str, ...]

    @property
    def told(self) -> str:
        return self.table.name_of(self.after)


@dataclass(frozen=True)
class LeftAsIs:
    """What was chosen and stays as it is. `name` "" stands for the whole row."""

    table: Table
    row_id: int
    told: str
    why: str
    name: str = ""


@dataclass
class RestorePlan:
    """What a restore would do, or did. With any fault nothing is done.

    cautions: what speaks against it and does not bar it. digest: of all that it stands on.
    """

    snapshot: Snapshot
    then: Contents = field(repr=False)
    now: Contents = field(repr=False)
    effects: list[Effect] = field(default_factory=list)
    kept: list[LeftAsIs] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    digest: str = ""

    @property
    def reason(self) -> str:
        return f"Restored from the {self.snapshot}"

    def keep(self, difference: Difference, why: str, name: str = "") -> None:
        told = difference.table.name_of(difference.row)
        self.kept.append(LeftAsIs(difference.table, difference.row_id, told, why, name))


def make_plan(
    *, actor: User | None, snapshot: Snapshot, then: Contents, now: Contents, chosen: Selection
) -> RestorePlan:
    """`now` and what else is asked of the database must be of one moment: the caller sees to that where it matters."""
    plan = RestorePlan(snapshot, then, now)
    found = differences(now, then)  # from what is, to what was: the way a restore goes
    picked = [difference for table in TABLES for difference in found.get(table.name, ()) if difference in chosen]
    with_uploads = deployments_with_uploads(
        [d.row["deployment_id"] for d in picked if d.table.name == "deployments" and "bucket_id" in d.names]
    )
    for difference in picked:
        before, after = difference.before, difference.after
        if after is None:
            _of_what_was_made_since(plan, difference)
        elif before is None:
            _of_what_is_gone(plan, difference, after, actor, then)
        else:
            _of_what_changed(plan, difference, before, after, actor, with_uploads)
    final = _final_rows(now, plan.effects)
    _drop_dead_references(plan, final)
    plan.faults += faults_of(plan.effects, final)
    cut_off = _uploads_cut_off(plan)
    plan.cautions += [sentence for sentences in cut_off.values() for sentence in sentences]
    plan.digest = _digest(plan, cut_off)
    return plan


def _of_what_was_made_since(plan: RestorePlan, difference: Difference) -> None:
    row = difference.row
    if difference.table.name == "deployments" and row["status"] == Status.ACTIVE:
        after = {**row, "status": Status.INACTIVE.value}
        plan.effects.append(Effect(RETIRE, difference.table, difference.row_id, row, after, ("status",)))
    else:
        plan.keep(difference, "Made since the snapshot: a restore deletes nothing.")


def _of_what_is_gone(
    plan: RestorePlan, difference: Difference, then_row: Row, actor: User | None, then: Contents
) -> None:
    after = {name: then_row[name] for name in then.names[difference.table.name]}
    if difference.table.name == "people":
        if _is_out_of_reach(after, actor):
            plan.keep(difference, "A superuser's account is restored by superusers alone.")
            return
        after |= dict.fromkeys(NEVER_RESTORED_OF_PEOPLE, False)
        after["roles"] = [role for role in after.get("roles", ()) if role in RESTORED_ROLES]
        plan.keep(difference, f"Comes back closed and without a password. {_ACCESS}", "is_active")
    plan.effects.append(
        Effect(INSERT, difference.table, difference.row_id, None, after, tuple(n for n in after if n != "id"))
    )


def _of_what_changed(
    plan: RestorePlan, difference: Difference, before: Row, after: Row, actor: User | None, with_uploads: set[str]
) -> None:
    table = difference.table
    if any(before[name] != after.get(name, before[name]) for name in table.fixed):
        plan.keep(
            difference, f"Number {difference.row_id} is another one now: {table.name_of(after)} cannot take its place."
        )
        return
    if table.name == "people" and (_is_out_of_reach(before, actor) or _is_out_of_reach(after, actor)):
        plan.keep(difference, "A superuser's account is restored by superusers alone.")
        return
    values = {name: after[name] for name in difference.names}
    if table.name == "people":
        _leave_access(plan, difference, values)
    if "bucket_id" in values and before.get("deployment_id") in with_uploads:
        plan.keep(difference, "It has uploads: its files lie in the bucket that it has now.", "bucket_id")
        del values["bucket_id"]
    if values:
        plan.effects.append(Effect(UPDATE, table, difference.row_id, before, {**before, **values}, tuple(values)))


def _leave_access(plan: RestorePlan, difference: Difference, values: Row) -> None:
    for name in NEVER_RESTORED_OF_PEOPLE:
        if values.pop(name, None) is not None:
            plan.keep(difference, _ACCESS, name)
    if "roles" not in values:
        return
    now, then = set(difference.row["roles"]), set(values["roles"])
    if (now ^ then) - RESTORED_ROLES:
        plan.keep(difference, _ACCESS, "roles")
    values["roles"] = sorted((now - RESTORED_ROLES) | (then & RESTORED_ROLES))
    if values["roles"] == difference.row["roles"]:
        del values["roles"]


def _is_out_of_reach(row: Row, actor: User | None) -> bool:
    return bool(row.get("is_superuser")) and actor is not None and not actor.is_superuser


def _final_rows(now: Contents, effects: Iterable[Effect]) -> dict[str, dict[int, Row]]:
    final = {name: dict(rows) for name, rows in now.rows.items()}
    for effect in effects:
        final[effect.table.name][effect.row_id] = effect.after
    return final


def _drop_dead_references(plan: RestorePlan, final: dict[str, dict[int, Row]]) -> None:
    """Who made a deployment may be gone, and a bucket that somebody might upload to: both are left out, and told."""
    bucket_names = {row.get("name") for row in final["buckets"].values()}
    for effect in plan.effects:
        if effect.kind == RETIRE:
            continue
        for name in effect.names:
            value = effect.after[name]
            if name in ("created_by_id", "retired_by_id") and value is not None and value not in final["people"]:
                effect.after[name] = None
                plan.kept.append(LeftAsIs(effect.table, effect.row_id, effect.told, "That person is gone.", name))
            if name == "upload_buckets" and (gone := [bucket for bucket in value if bucket not in bucket_names]):
                effect.after[name] = [bucket for bucket in value if bucket in bucket_names]
                why = f"There is no bucket {', '.join(gone)} any more."
                plan.kept.append(LeftAsIs(effect.table, effect.row_id, effect.told, why, name))


def _uploads_cut_off(plan: RestorePlan) -> Mapping[int, Sequence[str]]:
    """Deployments that would take no more uploads while somebody is at it: a sentence for each upload."""
    closed = [
        e.row_id
        for e in plan.effects
        if e.table.name == "deployments" and e.before and "status" in e.names and e.after["status"] != Status.ACTIVE
    ]
    return files_provider().under_way(Deployment.objects.filter(pk__in=closed)) if closed else {}


def _digest(plan: RestorePlan, cut_off: Iterable[int]) -> str:
    stands_on = [
        plan.snapshot.pk,
        plan.snapshot.sha256,
        [[e.kind, e.table.name, e.row_id, e.before, e.after, e.names] for e in plan.effects],
        [[k.table.name, k.row_id, k.name, k.why] for k in plan.kept],
        plan.faults,
        sorted(cut_off),  # who uploads now, and not the sentences: they tell minutes
    ]
    return hashlib.sha256(json.dumps(stands_on, default=str, sort_keys=True).encode()).hexdigest()
