"""How files got in and what the store holds, for maintainers: looked at, never changed here."""

from uploads.admin import drift, exports, failures, inventory, ledger, sessions

__all__ = ["drift", "exports", "failures", "inventory", "ledger", "sessions"]
