"""Starting the embedded parts together, shared by all processes of one var directory."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from amiportal.dev.embedded.layout import Layout, Secrets, load_or_make_secrets
from amiportal.dev.embedded.part import Part
from amiportal.dev.embedded.postgres import Postgres
from amiportal.dev.embedded.seaweedfs import SeaweedFS


class Parts:
    """A context in which the chosen parts of one var directory run; see Part for who stops them.

    `variables` then holds what settings.py needs to find them. The two start side by side.
    """

    def __init__(self, layout: Layout, *, database: bool = True, store: bool = True):
        self.layout = layout
        self.variables: dict[str, str] = {}
        self.secrets: Secrets  # from __enter__ on
        self.parts: list[Part] = []
        self._classes = [SeaweedFS] * store + [Postgres] * database

    def __enter__(self) -> "Parts":
        self.layout.prepare()
        with self._lock():
            self.secrets = load_or_make_secrets(self.layout.var_dir)
            self.parts = [part(self.layout, self.secrets) for part in self._classes]
            try:
                for part in self.parts:
                    part.join()
                for part in self.parts:
                    part.wait_until_ready()
            except BaseException:
                self._leave()
                raise
        for part in self.parts:
            self.variables |= part.variables()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        with self._lock():
            self._leave()

    def _leave(self) -> None:
        for part in self.parts:
            part.leave()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """One process at a time decides what to start and what to stop."""
        with open(self.layout.run_dir / "parts.lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
