"""Different files that share a name, and copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from clients.ami_upload.selection.folder_names import former_name, name_by_path, name_with_folders
from clients.ami_upload.selection.item import Item
from clients.ami_upload.selection.names import NAME_FAULTS, name_fault
from clients.ami_upload.selection.plan import Plan


def namesakes_of(items: Sequence[Item], digest: Callable[[Item], str]) -> tuple[Plan, list[list[Item]]]:
    """Copies set aside, and the groups of different files that share a name. `digest` reads what must be compared."""
    plan, groups = Plan(), []
    by_name: dict[str, list[Item]] = {}
    for item in items:
        by_name.setdefault(item.name, []).append(item)
    for name in sorted(by_name):
        group = by_name[name]
        if len(group) > 1:
            group = _without_copies(group, plan, digest)
        if len(group) > 1:
            groups.append(group)
        else:
            plan.send += group
    return plan, groups


def _without_copies(group: list[Item], plan: Plan, digest: Callable[[Item], str]) -> list[Item]:
    sizes = Counter(item.size for item in group)
    kept: dict[tuple[int, str], Item] = {}
    for item in sorted(group, key=lambda item: item.path):
        content = (item.size, digest(item) if sizes[item.size] > 1 else "")
        if content in kept:
            plan.copies.append((item.path, kept[content].path))
        else:
            kept[content] = item
    return list(kept.values())


def settle_names(plan: Plan, groups: list[list[Item]], choice: str) -> Plan:
    """Carries out the choice about namesakes; the plan is then complete. The same selection gives the same names."""
    taken = {item.name for item in plan.send} | {group[0].name for group in groups}
    for group in groups:
        names, count = _names_that_tell_apart(group, taken) if choice == "folder" else ([], 0)
        if not names:
            for item in group:
                _set_aside(plan, item, "collision", "It shares its name with a different file.")
            continue
        for item, name in zip(group, names, strict=True):
            item.name, item.folders_in_name = name, min(count, item.path.count("/"))
            item.former_name = former_name(item.path, count)
            taken.add(name)
            plan.renamed.append(item)
            plan.send.append(item)
    for item in list(plan.send):
        fault = name_fault(item.name)
        if fault:
            plan.send.remove(item)
            _set_aside(plan, item, "name", NAME_FAULTS[fault])
    plan.renamed = [item for item in plan.renamed if not item.status]
    plan.send.sort(key=lambda item: item.path)
    return plan


def _set_aside(plan: Plan, item: Item, code: str, message: str) -> None:
    item.status, item.code, item.message, item.step = "left_out", code, message, "scan"
    plan.not_sent.append(item)


def _names_that_tell_apart(group: list[Item], taken: set[str]) -> tuple[list[str], int]:
    """A name of its own for each of the group, with as few folders as that takes, and their number; or none."""
    deepest = max(item.path.count("/") for item in group)
    for count in range(1, deepest + 2):
        names = [name_with_folders(i.path, count) if count <= deepest else name_by_path(i.path) for i in group]
        # A file outside every folder can only keep its name, which then is its own: the others have left it.
        is_free = all(name == item.name or name not in taken for item, name in zip(group, names, strict=True))
        if is_free and len(set(names)) == len(group):
            return names, count
    return [], 0
