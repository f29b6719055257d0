"""What the next run needs to go on with one that was stopped, kept on this computer."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator

from clients.ami_upload.lib.errors import NOT_ALL, Stop
from clients.ami_upload.lib.state import Lock, state_folder
from clients.ami_upload.selection.item import Item

KEPT_S = 7 * 86_400  # what a stopped run has read is of use to one that goes on within a week


class Journal:
    """What the next run needs to go on with one that was stopped: the session, and what was read of each file.

    Written before the effect that it records. It ends with its run: recorders whose clocks were reset write the same
    names, lengths and times on every card, so what is kept of one says nothing about the next. See `go_on`. That the
    store has a file is not believed from here: the portal is asked about each one in every run.
    """

    def __init__(self, *, portal: str, root: str, deployment: str, data_type: str):
        key = "\0".join([portal, os.path.abspath(root), deployment, data_type])
        folder = state_folder() / "journals"
        folder.mkdir(exist_ok=True)
        stem = folder / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self._lock = Lock(stem.with_suffix(".lock"))
        if not self._lock.take():
            self._lock.close()
            message = "Another run is at work on this folder and deployment. Wait for it to end."
            raise Stop(message, NOT_ALL, "locked")
        self._writing = threading.Lock()
        self._db = sqlite3.connect(stem.with_suffix(".sqlite"), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last moments: files are hashed again
        self._db.execute("CREATE TABLE IF NOT EXISTS notes (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        self._db.execute("DROP TABLE IF EXISTS files")  # of version 1.0, which kept them beyond the end of their run
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS readings (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER, md5 TEXT,"
            " parts BLOB, part_size INTEGER, name TEXT, folders INTEGER, verified INTEGER DEFAULT 0) WITHOUT ROWID"
        )
        if not 0 <= time.time() - float(self.note("read_at") or 0) <= KEPT_S:
            self.forget()

    def close(self) -> None:
        self._db.close()
        self._lock.close()

    def note(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM notes WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def write(self, **notes: str) -> None:
        with self._writing:
            self._db.executemany("REPLACE INTO notes VALUES (?, ?)", notes.items())

    def forget(self) -> None:
        """Ends the run: whatever is read after this is read from the card."""
        with self._transaction():
            self._db.execute("DELETE FROM readings")
            self._db.execute("DELETE FROM notes WHERE key IN ('session', 'selection')")

    def recall(self, items: Iterable[Item]) -> list[Item]:
        """What is known of files whose size and time are as they were; those files. To be proven before it is used."""
        by_path = {os.fsencode(item.path): item for item in items}
        recalled = []
        rows = self._db.execute("SELECT path, size, mtime_ns, md5, parts, part_size, verified FROM readings")
        for path, size, mtime_ns, md5, parts, part_size, verified in rows:
            item = by_path.get(path)
            if item is not None and (item.size, item.mtime_ns) == (size, mtime_ns):
                item.md5, item.part_md5s, item.part_size = md5, parts, part_size
                item.is_known, item.was_verified = True, bool(verified)
                recalled.append(item)
        return recalled

    def recall_names(self, items: Iterable[Item]) -> None:
        """The names that files were given when their own was taken in the store."""
        by_path = {os.fsencode(item.path): item for item in items}
        for path, name, folders in self._db.execute("SELECT path, name, folders FROM readings WHERE folders > 0"):
            item = by_path.get(path)
            if item is not None and item.is_known and folders > item.folders_in_name:
                item.name, item.folders_in_name = name, folders

    def keep(self, items: Iterable[Item]) -> None:
        rows = [
            (os.fsencode(i.path), i.size, i.mtime_ns, i.md5, i.part_md5s, i.part_size, i.name, i.folders_in_name)
            for i in items
        ]
        with self._transaction():
            self._db.execute("REPLACE INTO notes VALUES ('read_at', ?)", (str(time.time()),))
            self._db.executemany(
                "REPLACE INTO readings (path, size, mtime_ns, md5, parts, part_size, name, folders)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def keep_verified(self, items: Iterable[Item]) -> None:
        with self._transaction():
            self._db.executemany(
                "UPDATE readings SET verified = 1 WHERE path = ?", [(os.fsencode(item.path),) for item in items]
            )

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._writing:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
