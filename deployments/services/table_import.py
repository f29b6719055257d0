"""A table of deployments into the database: what would change, and the change itself, all of it or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from amiportal.accounts.models import User
from amiportal.sheets.common import Fault
from amiportal.sheets.plan import carry_out
from deployments.domain.fields import IN_TABLE
from deployments.formats.table import Row, Table, Twin
from deployments.models import Bucket, Deployment, HardwareConfig, Status
from deployments.permissions import require_maintainer
from deployments.services import numbers
from deployments.services.buckets import usual_data_types
from deployments.services.deployments import deployments_with_uploads, mark_status_change

REASON = "Imported table"
_WRITTEN = [*IN_TABLE, "retired_at", "retired_by", "retire_reason"]
_COPIED = [name for name in IN_TABLE if name not in ("bucket", "hardware")]  # as the row has them
_BATCH = 500


@dataclass(frozen=True)
class ChangedDeployment:
    """One row of the table against the database. `before` is None for a new deployment; neither is saved."""

    row: Row
    before: Deployment | None
    after: Deployment

    @property
    def differs(self) -> bool:
        return self.before is None or any(getattr(self.before, f) != getattr(self.after, f) for f in IN_TABLE)


@dataclass
class ImportPlan:
    """What an import would do, or did. `notes` are for people; with any fault nothing is done."""

    changes: list[ChangedDeployment] = field(default_factory=list)
    new_buckets: list[Bucket] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    twins: tuple[Twin, ...] = ()
    notes: list[str] = field(default_factory=list)

    @property
    def created(self) -> list[ChangedDeployment]:
        return [change for change in self.changes if change.before is None]

    @property
    def updated(self) -> list[ChangedDeployment]:
        return [change for change in self.changes if change.before is not None and change.differs]

    @property
    def unchanged(self) -> list[ChangedDeployment]:
        return [change for change in self.changes if not change.differs]

    @property
    def writes(self) -> bool:
        return bool(self.new_buckets) or any(change.differs for change in self.changes)


def plan_import(*, actor: User | None, table: Table) -> ImportPlan:
    """What importing `table` would change, with every fault that a row has. Reads in four queries, writes nothing."""
    require_maintainer(actor)
    return _plan(table, actor=actor, lock=False)


def import_table(*, actor: User | None, table: Table) -> ImportPlan:
    """Create and update the deployments of `table` in one transaction, each with a row of history.

    Buckets that are not known are made as rows, not in the store. Deployments that the table does not name stay as
    they are. The signal `before_import` is sent first, unless nothing would change. Raises
    SheetRefused, or Conflict when somebody else wrote at the same time: nothing is written then.
    """
    require_maintainer(actor)
    return carry_out(
        actor=actor,
        plan=lambda lock: _plan(table, actor=actor, lock=lock),
        write=lambda plan: _write(plan, actor=actor),
        busy="Somebody else changed deployments at the same time. Import the table again.",
    )


def _plan(table: Table, *, actor: User | None, lock: bool) -> ImportPlan:
    plan = ImportPlan(faults=list(table.faults), twins=table.twins)
    buckets = _buckets(table.rows, plan)
    hardware = {config.number: config for config in HardwareConfig.objects.all()}
    known = _known(table.rows, lock=lock)
    for row in table.rows:
        if row.hardware_number is not None and row.hardware_number not in hardware:
            message = f"There is no hardware {row.hardware_number}; known are {', '.join(map(str, sorted(hardware)))}."
            plan.faults.append(Fault(row.line, "hardware_id", message))
            continue
        before = known.get(row.deployment_id)
        after = _copy(before) if before else Deployment(deployment_id=row.deployment_id, created_by=actor)
        after.bucket = buckets[row.bucket_name]
        after.hardware = None if row.hardware_number is None else hardware.get(row.hardware_number)
        for name in _COPIED:
            setattr(after, name, getattr(row, name))
        if before and before.status != after.status:
            mark_status_change(after, actor=actor, reason=REASON)
        plan.changes.append(ChangedDeployment(row=row, before=before, after=after))
    _refuse_moves(plan)
    _refuse_clashes(plan, in_table={row.deployment_id for row in table.rows})
    plan.faults.sort(key=lambda fault: fault.line)
    return plan


def _known(rows: Iterable[Row], *, lock: bool) -> dict[str, Deployment]:
    known = Deployment.objects.filter(deployment_id__in=[row.deployment_id for row in rows])
    known = known.select_related("bucket", "hardware").order_by("pk")
    if lock:
        known = known.select_for_update(of=("self",))
    return {deployment.deployment_id: deployment for deployment in known}


def _copy(deployment: Deployment) -> Deployment:
    values = {f.attname: getattr(deployment, f.attname) for f in Deployment._meta.concrete_fields}
    copy = Deployment(**values)
    copy._state.adding, copy._state.db = False, deployment._state.db
    return copy


def _buckets(rows: Iterable[Row], plan: ImportPlan) -> dict[str, Bucket]:
    """Known and new buckets by name. A title that differs from the one known is only noted: the portal's stays."""
    buckets = {bucket.name: bucket for bucket in Bucket.objects.all()}
    owner_of_title = {bucket.title: bucket.name for bucket in buckets.values()}
    noted = set()
    for row in rows:
        bucket = buckets.get(row.bucket_name)
        if bucket is None:
            if row.bucket_title in owner_of_title:
                message = f"“{row.bucket_title}” is the title of bucket {owner_of_title[row.bucket_title]} already."
                plan.faults.append(Fault(row.line, "country", message))
            bucket = Bucket(
                name=row.bucket_name,
                title=row.bucket_title,
                country_code=row.country_code,
                data_types=usual_data_types(row.bucket_name),
            )
            buckets[bucket.name], owner_of_title[bucket.title] = bucket, bucket.name
            plan.new_buckets.append(bucket)
            plan.notes.append(f"Bucket {bucket.name} ({bucket.title}) is new.")
        elif bucket.title != row.bucket_title and (key := (bucket.name, row.bucket_title)) not in noted:
            noted.add(key)
            plan.notes.append(
                f"line {row.line}: bucket {bucket.name} keeps its title “{bucket.title}” "
                f"where the table says “{row.bucket_title}”."
            )
    return buckets


def _refuse_moves(plan: ImportPlan) -> None:
    moved = {
        c.row.deployment_id: (c.row, c.before.bucket)
        for c in plan.changes
        if c.before and c.before.bucket != c.after.bucket
    }
    for deployment_id in deployments_with_uploads(moved) if moved else ():
        row, bucket = moved[deployment_id]
        message = f"{deployment_id} has uploads in {bucket.name}: its bucket stays."
        plan.faults.append(Fault(row.line, "country_code", message))


def _refuse_clashes(plan: ImportPlan, *, in_table: set[str]) -> None:
    """Active deployments that the table does not name keep their site; the table's own twins are settled already."""
    held = {
        (name, place, camera): deployment_id
        for name, place, camera, deployment_id in Deployment.objects.filter(status=Status.ACTIVE).values_list(
            "bucket__name", "location_name", "camera_id", "deployment_id"
        )
        if deployment_id not in in_table
    }
    for change in plan.changes:
        if change.after.is_active and (other := held.get(change.row.site)):
            message = f"{other}, which the table does not name, is active with this bucket, place and camera."
            plan.faults.append(Fault(change.row.line, "status", message))


def _write(plan: ImportPlan, *, actor: User | None) -> None:
    if plan.new_buckets:
        bulk_create_with_history(plan.new_buckets, Bucket, default_user=actor, default_change_reason=REASON)
        for change in plan.changes:
            change.after.bucket = change.after.bucket  # takes over the key that the new bucket has by now
    created, updated = [c.after for c in plan.created], [c.after for c in plan.updated]
    if updated:
        # Sites may change hands among the rows: none is active while they do, or the constraint would object
        # to an order of writing that is nobody's business.
        Deployment.objects.filter(pk__in=[deployment.pk for deployment in updated]).update(status=Status.INACTIVE)
        bulk_update_with_history(
            updated,
            Deployment,
            _WRITTEN,
            batch_size=_BATCH,
            default_user=actor,
            default_change_reason=REASON,
        )
    if created:
        bulk_create_with_history(
            created, Deployment, batch_size=_BATCH, default_user=actor, default_change_reason=REASON
        )
    if plan.changes:
        numbers.reserve_up_to(max(change.row.number for change in plan.changes))
