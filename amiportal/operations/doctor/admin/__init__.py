from amiportal.operations.doctor.admin.jobs import JobAdmin
from amiportal.operations.doctor.admin.left_over import LeftOverAdmin

__all__ = ["JobAdmin", "LeftOverAdmin"]
