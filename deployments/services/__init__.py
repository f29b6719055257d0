"""Every write of what stands where. `actor` None is whoever runs a management command on the server."""

from deployments.services.buckets import (
    create_bucket,
    make_bucket_in_store,
    open_bucket,
    refresh_bucket_state,
    update_bucket,
)
from deployments.services.deployments import (
    active_twin,
    check_new,
    create_deployment,
    update_deployment,
)
from deployments.services.hardware import create_hardware, update_hardware
from deployments.services.life import reactivate_deployment, retire_deployment, start_next_season
from deployments.services.reverting import revert_deployment
from deployments.services.setting_up import BucketNotMade, allow_uploaders, set_up_deployment
from deployments.services.table_import import ImportPlan, import_table, plan_import
from deployments.services.versions import keep_versions

__all__ = [
    "BucketNotMade",
    "ImportPlan",
    "active_twin",
    "allow_uploaders",
    "check_new",
    "create_bucket",
    "create_deployment",
    "create_hardware",
    "import_table",
    "keep_versions",
    "make_bucket_in_store",
    "open_bucket",
    "plan_import",
    "reactivate_deployment",
    "refresh_bucket_state",
    "retire_deployment",
    "revert_deployment",
    "set_up_deployment",
    "start_next_season",
    "update_bucket",
    "update_deployment",
    "update_hardware",
]
