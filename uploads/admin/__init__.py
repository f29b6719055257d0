"""How files got in and what the store holds, for maintainers: looked at, never changed here."""

from uploads.admin import inventory, ledger

__all__ = ["inventory", "ledger"]
