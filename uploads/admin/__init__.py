"""How files got in and what the store holds, for maintainers: looked at, never changed here."""

from uploads.admin import failures, inventory, ledger, sessions

__all__ = ["failures", "inventory", "ledger", "sessions"]
