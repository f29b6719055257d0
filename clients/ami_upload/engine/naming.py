"""Names of a run: no two files share one, also when a file takes another because its own is taken in the store."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from clients.ami_upload.engine.run import Run
from clients.ami_upload.engine.session_calls import SessionCalls
from clients.ami_upload.portal.answers import FilesAnswer
from clients.ami_upload.selection.folder_names import former_name, name_by_content, name_with_folders
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.names import name_fault


class Naming:
    """All names of a run, those that files take on the way among them."""

    def __init__(self, run: Run, calls: SessionCalls):
        self._calls, self._log = calls, run.log
        self._names = {item.name for item in run.items}
        self._names_lock = threading.Lock()
        self._may_have_former = True

    def rename(self, item: Item) -> bool:
        """Gives the file one folder more in its name, at last a mark of its content; False where no name is left."""
        deepest = item.path.count("/")
        for count in range(item.folders_in_name + 1, deepest + 2):
            by_folders = count <= deepest
            name = name_with_folders(item.path, count) if by_folders else name_by_content(item.path, item.md5)
            with self._names_lock:
                if name in self._names or name_fault(name):
                    continue
                self._names.add(name)
            self._log.note("renamed", f"{item.path} is sent as {name}: {item.name} is taken")
            item.name, item.folders_in_name, item.is_known = name, count, False
            item.former_name = former_name(item.path, count) if by_folders else ""
            return True
        return False

    def keep_former_names(self, items: Sequence[Item]) -> None:
        """Files that are stored already, from when the folder stood in front, keep that name and are not sent again."""
        asked = [item for item in items if item.former_name and item.former_name not in self._names]
        if not asked or not self._may_have_former:
            return
        files = [item.description | {"name": item.former_name} for item in asked]
        answer: FilesAnswer = self._calls.ask("check", {"files": files})
        found = False
        for item, row in zip(asked, answer["files"], strict=True):
            name, item.former_name = item.former_name, ""
            if row["name"] != name or row["status"] != "stored":
                continue
            with self._names_lock:
                if name in self._names:
                    continue
                self._names.add(name)
            self._log.note("renamed", f"{item.path} is stored as {name}, and keeps that name")
            item.name, item.is_known, found = name, False, True
        self._may_have_former = found  # a card that was sent in part has its first files there
