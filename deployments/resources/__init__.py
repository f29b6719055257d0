"""What comes and goes as tables: deployments in the legacy shape, and hardware."""

from deployments.resources.hardware import HardwareTable
from deployments.resources.table import DeploymentTable

__all__ = ["DeploymentTable", "HardwareTable"]
