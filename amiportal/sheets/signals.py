"""What other apps do at a step of an import: they connect in AppConfig.ready."""

from django.dispatch import Signal

# Sent with `actor` before an import writes, while no transaction of it is open. A receiver that raises a PortalError
# keeps the import from happening.
before_import = Signal()
