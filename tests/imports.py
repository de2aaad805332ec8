"""The house's imports, read from its source: which module knows which, and which room knows which."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
Graph = Mapping[str, frozenset[str]]
"""A module or room → those it knows."""


@cache
def trees(folder: str) -> Mapping[str, ast.Module]:
    """Return the syntax of each module of a folder, such as `sync`, by its dotted name."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return {_dotted(file): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def _dotted(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def known_by(module: str, *, typing: bool) -> frozenset[str]:
    """Return the modules of the house that a module imports; those for the type checker alone if `typing`."""
    modules = trees("sync")
    names = (name for name, only in _imports_of(module) if only is typing)
    # `from sync import fields` names the module; `from sync.fields import PRICE` names what is in it.
    found = (name if name in modules else name.rpartition(".")[0] for name in names)
    return frozenset(name for name in found if name in modules and name != module)


@cache
def _imports_of(module: str) -> Sequence[tuple[str, bool]]:
    return [*_imports(trees("sync")[module], False)]


def _imports(node: ast.AST, typing: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _imports(ast.Module(child.body, []), True)
            yield from _imports(ast.Module(child.orelse, []), typing)
        elif isinstance(child, ast.Import):
            yield from ((alias.name, typing) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{alias.name}", typing) for alias in child.names)
        elif isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            # No expression imports anything.
            yield from _imports(child, typing)


@cache
def modules() -> Graph:
    """Return the graph of modules, with what they import for the type checker alone."""
    return {name: known_by(name, typing=False) | known_by(name, typing=True) for name in trees("sync")}


def room(module: str) -> str:
    """Return the room of a module: `cli` for `sync.cli.app`, `fields` for `sync.fields`, `sync` for `sync`."""
    return module.removeprefix("sync.").partition(".")[0]


def rooms() -> Graph:
    """Return the graph of rooms."""
    found: dict[str, set[str]] = {}
    for module, known in modules().items():
        found.setdefault(room(module), set()).update(map(room, known))
    return {name: frozenset(known - {name}) for name, known in found.items()}


def circle(graph: Graph) -> tuple[str, ...]:
    """Return one circle of the graph, empty if it has none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(error.args[1])
    return ()


def drawn() -> str:
    """Draw the graph of rooms, a line a room; `~` stands before what is known for the type checker alone."""
    lines = []
    for name, known in sorted(rooms().items()):
        mine = [module for module in modules() if room(module) == name]
        at_work = {room(other) for module in mine for other in known_by(module, typing=False)}
        lines.append(
            f"{name:12} → " + " ".join(sorted(other if other in at_work else f"~{other}" for other in known))
        )
    return "\n".join(lines)
