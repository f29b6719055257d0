"""Writing back what a snapshot says: all of a plan in one transaction, or nothing."""

from collections import defaultdict

from django.contrib.auth.models import Group
from django.db import DataError, IntegrityError, OperationalError, connection, models, transaction

from amiportal.accounts.models import User
from amiportal.core.errors import Conflict, PortalError
from amiportal.core.history import recorded
from amiportal.operations.snapshots.contents import Contents, current_contents
from amiportal.operations.snapshots.models import Snapshot
from amiportal.operations.snapshots.services.planning import (
    INSERT,
    RETIRE,
    UPDATE,
    Effect,
    RestorePlan,
    Selection,
    make_plan,
)
from amiportal.operations.snapshots.services.reading import read_snapshot
from amiportal.operations.snapshots.services.taking import take_snapshot
from amiportal.operations.snapshots.tables import TABLES, Table
from deployments.domain.names import deployment_number
from deployments.models import Bucket, Deployment, Status
from deployments.permissions import require_maintainer
from deployments.services import numbers
from deployments.services.deployments import mark_status_change

_BATCH = 500
_LOCK_TIMEOUT_MS = 10_000  # a person waits; whoever else writes is done long before


class PlanChanged(Conflict):
    """What the plan stands on is not as it was when it was shown. `plan` is how it would be now."""

    code = "plan_changed"

    def __init__(self, plan: RestorePlan):
        self.plan = plan
        super().__init__(
            "The rows changed after this was shown: nothing was restored. Look again at what would change."
        )


class RestoreRefused(PortalError):
    """Nothing was restored; the message says why."""

    code = "restore_refused"
    http_status = 409


def plan_restore(*, actor: User | None, snapshot: Snapshot, chosen: Selection) -> RestorePlan:
    """What restoring `chosen` would change now. Writes nothing. Raises as read_snapshot does."""
    require_maintainer(actor)
    return _plan(actor, snapshot, read_snapshot(snapshot), chosen)


def restore(*, actor: User | None, snapshot: Snapshot, chosen: Selection, digest: str) -> tuple[RestorePlan, Snapshot]:
    """Do what plan_restore showed, after a snapshot of how things are now; (what was done, that snapshot).

    `digest` is of the plan that was shown: PlanChanged where it would be another by now. Raises RestoreRefused for a
    plan with faults or without effects, and for what the database refuses; SnapshotFailed. Nothing is written then.
    """
    require_maintainer(actor)
    then = read_snapshot(snapshot)
    plan = _plan(actor, snapshot, then, chosen)
    if plan.digest != digest:
        raise PlanChanged(plan)
    if plan.faults:
        raise RestoreRefused(f"Nothing was restored. {' '.join(plan.faults)}")
    if not plan.effects:
        raise RestoreRefused("There is nothing to restore.")
    way_back = take_snapshot(actor=actor, reason=Snapshot.Reason.RESTORE)
    try:
        with transaction.atomic():
            _lock_tables()
            plan = _plan(actor, snapshot, then, chosen)
            if plan.digest != digest:
                raise PlanChanged(plan)
            _write(plan, actor)
            _prove(plan)
    except IntegrityError as error:
        raise RestoreRefused(f"Nothing was restored: the database refused it. {_why(error)}") from error
    except OperationalError as error:
        raise RestoreRefused("Nothing was restored: the database was busy or went away. Try again.") from error
    except DataError as error:
        raise RestoreRefused("Nothing was restored: the database takes some value for none of its column.") from error
    return plan, way_back


def _plan(actor: User | None, snapshot: Snapshot, then: Contents, chosen: Selection) -> RestorePlan:
    return make_plan(actor=actor, snapshot=snapshot, then=then, now=current_contents(), chosen=chosen)


def _lock_tables() -> None:
    """Nobody else writes to the tables until the transaction ends; all may read."""
    names = [table.model._meta.db_table for table in TABLES]
    names += [User.groups.through._meta.db_table, User.buckets.through._meta.db_table]
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {_LOCK_TIMEOUT_MS}")
        cursor.execute(f"LOCK TABLE {quoted} IN SHARE ROW EXCLUSIVE MODE")
    # An upload that begins now waits: whether a deployment has any decides whether its bucket may change.
    list(Deployment.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def _write(plan: RestorePlan, actor: User | None) -> None:
    by_table: dict[str, list[Effect]] = defaultdict(list)
    for effect in plan.effects:
        by_table[effect.table.name].append(effect)
    for table in TABLES:
        effects = by_table[table.name]
        kinds = {kind: [e for e in effects if e.kind == kind] for kind in (RETIRE, UPDATE, INSERT)}
        instances = table.model._default_manager.in_bulk([e.row_id for e in kinds[RETIRE] + kinds[UPDATE]])
        _make_way(table, kinds[UPDATE])
        for kind in (RETIRE, UPDATE):  # retired first: an older deployment may take the place again
            _update(table, kinds[kind], instances, plan, actor)
        instances |= {effect.row_id: _insert(effect, plan, actor) for effect in kinds[INSERT]}
        for effect in effects:
            _write_lists(effect, instances[effect.row_id], plan, actor)
        _keep_sequences(table, kinds[INSERT])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # references, else looked at by the commit


def _make_way(table: Table, updated: list[Effect]) -> None:
    """Values that no two rows may have may change hands: whoever gives one up does so before anybody takes it."""
    rows = table.model._default_manager
    if table.name == "deployments":
        rows.filter(pk__in=[effect.row_id for effect in updated]).update(status=Status.INACTIVE, previous_season=None)
    for name in table.unique:
        column = table.fields[name]
        if name in table.fixed or column.null:
            continue
        for place, effect in enumerate(effect for effect in updated if name in effect.names):
            # Nobody's: above every hardware ID, or with a mark that no name may have.
            nobodys = 32_767 - place if isinstance(column, models.IntegerField) else f"\x01{effect.row_id}"
            rows.filter(pk=effect.row_id).update(**{name: nobodys})


def _update(
    table: Table, effects: list[Effect], instances: dict[int, models.Model], plan: RestorePlan, actor: User | None
) -> None:
    if not effects:
        return
    changed = {name for effect in effects for name in effect.names}
    if table.name == "deployments":
        changed |= {"status", "previous_season_id", "retired_at", "retired_by_id", "retire_reason"}
    for effect in effects:
        instance = instances[effect.row_id]
        for name in table.columns:
            setattr(instance, name, effect.after[name])
        if effect.kind == RETIRE and isinstance(instance, Deployment):
            mark_status_change(instance, actor=actor, reason=f"Not in the {plan.snapshot}")
    written = [instances[effect.row_id] for effect in effects]
    if table.lists:  # one by one: a history in bulk would forget roles and buckets
        for instance in written:
            with recorded(instance, actor=actor, reason=plan.reason):
                instance.save()
        return
    columns = [table.fields[name].name for name in table.columns if name in changed]
    table.model._default_manager.bulk_update(written, columns, batch_size=_BATCH)
    _tell_history(table, written, plan, actor, update=True)


def _tell_history(
    table: Table, written: list[models.Model], plan: RestorePlan, actor: User | None, *, update: bool
) -> None:
    if hasattr(table.model, "history"):
        table.model.history.bulk_history_create(
            written, batch_size=_BATCH, update=update, default_user=actor, default_change_reason=plan.reason
        )


def _insert(effect: Effect, plan: RestorePlan, actor: User | None) -> models.Model:
    """With its old id. Raw, since a save would date a deployment's making today; hence the history by hand."""
    model = effect.table.model
    instance = model(**{name: effect.after[name] for name in effect.table.columns if name in effect.after})
    if isinstance(instance, User):
        instance.set_unusable_password()
    instance.save_base(raw=True, force_insert=True)
    _tell_history(effect.table, [instance], plan, actor, update=False)
    return instance


def _write_lists(effect: Effect, instance: models.Model, plan: RestorePlan, actor: User | None) -> None:
    if not isinstance(instance, User):
        return
    with recorded(instance, actor=actor, reason=plan.reason):
        if "roles" in effect.names:
            instance.groups.set(Group.objects.filter(name__in=effect.after["roles"]))
        if "upload_buckets" in effect.names:
            instance.buckets.set(Bucket.objects.filter(name__in=effect.after["upload_buckets"]))


def _keep_sequences(table: Table, inserted: list[Effect]) -> None:
    """No id that came back is given to anything else, also where the sequences begin again in a new database."""
    if not inserted:
        return
    name = table.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [name])
        (sequence,) = cursor.fetchone()
        cursor.execute(
            f"SELECT setval(%s, greatest((SELECT max(id) FROM {name}), (SELECT last_value FROM {sequence})))",
            [sequence],
        )
    if table.model is Deployment:
        numbers.reserve_up_to(max(deployment_number(e.after["deployment_id"]) or 1 for e in inserted))


def _prove(plan: RestorePlan) -> None:
    """Success is what the tables say, not what was sent to them. Raises RestoreRefused."""
    now = current_contents()
    for effect in plan.effects:
        found = now.rows[effect.table.name].get(effect.row_id)
        if found is None or any(found[name] != effect.after[name] for name in effect.names):
            raise RestoreRefused(f"Nothing was restored: {effect.told} did not come out as it should.")


def _why(error: IntegrityError) -> str:
    """The sentence of the constraint that was hurt, else its name."""
    hurt = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "a constraint"
    for table in TABLES:
        for constraint in table.model._meta.constraints:
            if (
                constraint.name == hurt
                and constraint.violation_error_message != constraint.default_violation_error_message
            ):
                return str(constraint.violation_error_message)
    return f"It says: {hurt}."
