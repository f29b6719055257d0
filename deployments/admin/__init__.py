from deployments.admin.buckets import BucketAdmin
from deployments.admin.deployments import DeploymentAdmin
from deployments.admin.hardware import HardwareConfigAdmin

__all__ = ["BucketAdmin", "DeploymentAdmin", "HardwareConfigAdmin"]
