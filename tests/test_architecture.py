"""The house of docs/explanation/house.md: who may know whom, and how things are named."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports

from tests.imports import ROOT, circle, drawn, known_by, modules, rooms, trees

FLOORS = (
    {"sync", "__main__", "desk", "cli", "web", "demo"},
    {"fleet"},
    {"service"},
    {"apply", "report", "insight", "notify", "sandbox"},
    {"plan", "sheet", "gateway", "state", "config"},
)
"""From the top: faces, the fleet, service, engines, floors. All others are nouns, which may know each other."""
AMONG_FACES = {("__main__", "cli"), ("desk", "__main__"), ("cli", "demo"), ("cli", "sync"), ("cli", "web")}


def floor(name: str) -> int:
    """Return a room's floor, counted from the top; the nouns are below all."""
    return next((number for number, names in enumerate(FLOORS) if name in names), len(FLOORS))


def test_who_may_know_whom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    # It would silence the loggers of all others, whose tests may come after.
    monkeypatch.setattr("logging.config.dictConfig", lambda _: None)
    broken = lint_imports(no_cache=True, no_logo=True)
    assert broken == 0, capsys.readouterr().out


def test_the_rules_are_the_houses() -> None:
    names = [contract["name"] for contract in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]]
    for name in ("plan, sheet, gateway and state", "apply", "report", "sandbox", "nouns", "command line", "service"):
        assert any(name in one for one in names), name


def test_no_arrow_runs_up_or_along() -> None:
    """The graph of rooms is printed: `pytest -s -k arrow`."""
    print(f"\n{drawn()}")
    arrows = {(name, other) for name, known in rooms().items() for other in known}
    wrong = {(name, other) for name, other in arrows if floor(other) <= floor(name) < len(FLOORS)}
    assert wrong - AMONG_FACES == set()
    assert len(arrows) > 50, "the house is read"


@pytest.mark.parametrize("face", ["cli", "web", "demo"])
def test_a_face_knows_the_service_the_reports_and_the_nouns(face: str) -> None:
    below = {name for name in rooms()[face] if 0 < floor(name) < len(FLOORS)}
    assert below <= {"fleet", "service", "report", "sandbox"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """What is imported for the type checker alone may: two types can tell of each other."""
    assert circle({name: known_by(name, typing=False) for name in modules()}) == ()
    assert circle({"a": frozenset("b"), "b": frozenset("a")}), "a circle is found"


@pytest.mark.parametrize("folder", ["sync", "tests"])
def test_no_class_name_stands_twice(folder: str) -> None:
    nodes = (node for tree in trees(folder).values() for node in tree.body)
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))
    assert [name for name, times in names.items() if times > 1] == []


def test_names_of_tests_have_fewer_than_80_characters() -> None:
    nodes = (node for tree in trees("tests").values() for node in tree.body)
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert [name for name in names if len(name) >= 80] == []
