"""The house of DESIGN section 2: who may know whom."""

from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent


def test_who_may_know_whom(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    broken = lint_imports(no_cache=True, no_logo=True)
    assert broken == 0, capsys.readouterr().out


def test_the_rules_are_the_houses() -> None:
    names = [contract["name"] for contract in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]]
    for room in ("plan, sheet, gateway and state", "apply", "report", "sandbox", "nouns", "command line", "service"):
        assert any(room in name for name in names), room
