"""Writes the one file that people download, clients/ami_upload.py, from the modules beside it: `make client`.

The modules stand in it floor by floor, each after all that it imports. The imports between them are dropped, and those
of the standard library stand once at the top. So every name has to mean the same in its module and in the built file,
and what is imported has to be there: where it would not, nothing is built. See CannotBuild.
"""

from __future__ import annotations

import ast
import builtins
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = "clients/ami_upload.py"
PACKAGE = "clients.ami_upload"
START = f"{PACKAGE}.__main__"
FLOORS = ("lib", "portal", "selection", "context", "engine", "commands", "__main__")  # of the package, lowest first
# The portal's own, which the script carries whole; they import nothing of ours.
SHARED = ("uploads.domain.shared", "uploads.receipts.check")
FUTURE = "from __future__ import annotations"
BUILT = "# Built by clients/build.py from the modules in clients/ami_upload/. Change those, then run `make client`."
WIDTH = 120
OF_A_MODULE = {"__doc__", "__file__", "__name__", "__package__", "__spec__"}


class CannotBuild(Exception):
    """Why a module would not be the same in the built file: where, and what."""


@dataclass(frozen=True)
class Module:
    """A module's parts, as the built file needs them."""

    name: str
    path: str
    head: str
    """The comments before its docstring."""
    docstring: str
    ours: dict[str, list[str]]
    """The modules of ours that it imports from, in the order of its imports, and which names."""
    imported: dict[str, tuple[str, str]]
    """What it has from the standard library: its name here, the module, and the name there ("" for the module)."""
    defined: frozenset[str]
    """What it defines at its top, for others to import."""
    body: str
    begins_with_definition: bool

    @property
    def floor(self) -> int:
        """-1 for a shared one."""
        part = self.name.removeprefix(PACKAGE + ".").partition(".")[0]
        return -1 if self.name in SHARED else FLOORS.index(part)


def built(root: Path = ROOT) -> str:
    """The text of the one file. Raises CannotBuild."""
    modules = in_order({name: read(root, name) for name in names_of_modules(root)})
    defined: dict[str, str] = {}
    imported: dict[str, tuple[str, str]] = {}
    for module in modules:
        for name in sorted(module.defined):
            if name in defined:
                raise CannotBuild(f"{module.path}: {name} stands in {defined[name]} too")
            if hasattr(builtins, name):
                raise CannotBuild(f"{module.path}: {name} would take the place of Python's own in all modules")
            defined[name] = module.path
        for name, origin in module.imported.items():
            if imported.setdefault(name, origin) != origin:
                raise CannotBuild(f"{module.path}: {name} is imported from elsewhere in another module")
    for name in sorted(defined.keys() & {name.split(".")[0] for name in imported}):
        raise CannotBuild(f"{defined[name]}: {name} is imported in another module, and something else there")
    start = modules[-1]
    top = f'#!/usr/bin/env python3\n{BUILT}\n{start.head}"""{start.docstring}"""\n\n{FUTURE}\n\n'
    sections = "\n\n\n".join(map(section, modules))
    return top + "\n".join(import_lines(imported)) + f"\n\n{sections}\n"


def names_of_modules(root: Path) -> list[str]:
    """All of the package, but the __init__.py of folders, which hold no code; and the shared ones."""
    folder = root / PACKAGE.replace(".", "/")
    paths = (path.relative_to(root) for path in sorted(folder.rglob("*.py")) if path.stem != "__init__")
    return [".".join(path.with_suffix("").parts) for path in paths] + list(SHARED)


def read(root: Path, name: str) -> Module:
    path = name.replace(".", "/") + ".py"
    source = (root / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree, clean=False)
    if docstring is None:
        raise CannotBuild(f"{path}: it has no docstring")
    imports, rest = parts_of(tree.body[1:], path)
    lines = source.splitlines(keepends=True)
    end = imports[-1].end_lineno
    if any(line.startswith("#") for line in lines[tree.body[0].end_lineno : end]):
        raise CannotBuild(f"{path}: a comment among its imports would be lost")
    if name != START:
        check_means_the_same(rest, path)
    ours: dict[str, list[str]] = {}
    for node in imports:
        if module := own_module(node, path):
            ours.setdefault(module, []).extend(alias.name for alias in node.names)
    imported = dict(pair for node in imports[1:] for pair in from_the_library(node, path))
    return Module(
        name=name,
        path=path,
        head="".join(lines[: tree.body[0].lineno - 1]),
        docstring=docstring,
        ours=ours,
        imported=imported,
        defined=names_defined("".join(lines[end:]), path),
        body="".join(lines[end:]).strip("\n"),
        begins_with_definition=isinstance(rest[0], ast.FunctionDef | ast.ClassDef),
    )


def parts_of(body: list[ast.stmt], path: str) -> tuple[list[ast.Import | ast.ImportFrom], list[ast.stmt]]:
    """Of what follows the docstring: imports (the first is FUTURE) and all else."""
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = body[len(imports) :]
    if not rest or imports != body[: len(imports)]:
        raise CannotBuild(f"{path}: its imports do not stand before all else")
    if not imports or ast.unparse(imports[0]) != FUTURE:
        raise CannotBuild(f"{path}: its first import is not `{FUTURE}`")
    return imports, rest


def check_means_the_same(body: list[ast.stmt], path: str) -> None:
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Name) and node.id in OF_A_MODULE:
            raise CannotBuild(f"{path}: {node.id} is another in the built file")
        if isinstance(node, ast.Import | ast.ImportFrom) and own_module(node, path):
            raise CannotBuild(f"{path}: `{ast.unparse(node)}` does not stand at the top")


def own_module(node: ast.Import | ast.ImportFrom, path: str) -> str | None:
    """The module of ours whose names are imported; None if they are of others."""
    if not any(map(is_ours, modules_of(node))):
        return None
    is_renamed = any(alias.asname or alias.name == "*" for alias in node.names)
    if isinstance(node, ast.Import) or node.level or is_renamed:
        raise CannotBuild(f"{path}: `{ast.unparse(node)}` is not of the form `from {PACKAGE}.MODULE import NAME`")
    return node.module


def modules_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    """Those that an import names; "." in front of relative ones."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return ["." * node.level + (node.module or "")]


def is_ours(module: str) -> bool:
    return module in SHARED or module.split(".")[0] in ("", PACKAGE.split(".")[0])


def from_the_library(node: ast.Import | ast.ImportFrom, path: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """What an import takes from the standard library, as `Module.imported` has it."""
    if own_module(node, path):
        return
    for module in modules_of(node):
        if module.split(".")[0] not in sys.stdlib_module_names:
            raise CannotBuild(f"{path}: {module} is not of the standard library, and the script must do without it")
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            yield alias.asname or alias.name, (module, alias.name)
        elif alias.asname:
            raise CannotBuild(f"{path}: `{ast.unparse(node)}` gives a module another name")
        else:
            yield alias.name, (alias.name, "")


def names_defined(body: str, path: str) -> frozenset[str]:
    """At the top of a module, also inside its `if` and `try`; `body` is what stands below its imports."""
    symbols = symtable.symtable(body, path, "exec").get_symbols()
    return frozenset(symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported())


def in_order(modules: dict[str, Module]) -> list[Module]:
    """Floor by floor, each after those that it imports; the start is the last."""
    ordered: dict[str, Module] = {}

    def put(module: Module, way: tuple[str, ...]) -> None:
        if module.name in way:
            raise CannotBuild(f"{module.path}: it imports itself by way of {' -> '.join(way)}")
        if module.name in ordered:
            return
        for name, wanted in module.ours.items():
            other = modules.get(name)
            if other is None:
                raise CannotBuild(f"{module.path}: there is no module {name}")
            for each in wanted:
                if each not in other.defined:
                    raise CannotBuild(f"{module.path}: it imports {each}, which {other.path} does not define")
            put(other, (*way, module.name))
        ordered[module.name] = module

    for floor in range(len(FLOORS)):
        for module in modules.values():
            if module.floor == floor:
                put(module, ())
    used = {name for module in ordered.values() for name in module.ours} | {START}
    for module in modules.values():
        if module.name not in used:
            raise CannotBuild(f"{module.path}: no module imports it")
    return list(ordered.values())


def import_lines(imported: dict[str, tuple[str, str]]) -> Iterator[str]:
    """As ruff sorts and wraps them."""
    yield from sorted(f"import {module}" for module, name in imported.values() if not name)
    for module in sorted({module for module, name in imported.values() if name}):
        names = [as_written(here, name) for here, (of, name) in imported.items() if of == module and name]
        names.sort(key=lambda name: (not name.isupper(), not name[0].isupper(), name.lower()))
        line = f"from {module} import {', '.join(names)}"
        if len(line) > WIDTH:
            line = "\n".join([f"from {module} import (", *(f"    {name}," for name in names), ")"])
        yield line


def as_written(here: str, name: str) -> str:
    return name if here == name else f"{name} as {here}"


def section(module: Module) -> str:
    heading = f"# --- {module.path.removeprefix(PACKAGE.replace('.', '/') + '/')} "
    lines = [heading + "-" * (WIDTH - len(heading))]
    if module.name != START:
        lines += [f"# {line}".rstrip() for line in module.docstring.strip().splitlines()]
    return "\n".join([*lines, "", *[""] * module.begins_with_definition, module.body])


def main() -> None:
    (ROOT / TARGET).write_text(built(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
