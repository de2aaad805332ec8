"""What a command loads before it answers: nothing that it doesn't need, so that a person never waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.small_shop import line, write

NEVER = (
    "asyncio", "filelock", "http.client", "jinja2", "keyring", "openpyxl", "pandas", "pydantic",
    "requests", "rich.markdown", "sqlalchemy", "starlette", "tenacity", "uvicorn", "xlsxwriter",
    "sync.gateway", "sync.state", "sync.sandbox", "sync.demo",
)  # fmt: skip
"""Libraries and rooms that neither a page of help nor a look at a sheet needs."""
PROBE = """
import sys
from sync.cli import run
code = run(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
raise SystemExit(code)
"""


@pytest.mark.parametrize(
    ("args", "never"),
    [(("--help",), (*NEVER, "lxml", "python_calamine", "sync.sheet", "sync.plan")), (("check", "a.xlsx"), NEVER)],
    ids=["help", "check"],
)
def test_only_what_is_needed_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], never: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ITEMSYNC_STATE", str(tmp_path / "state.db"))
    write(tmp_path / "a.xlsx", line("A-1"), line("A-2"), line("A-3"))
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    loaded = ran.stderr.split()
    assert "sync.cli.app" in loaded
    assert [name for name in loaded if name in never or name.startswith(tuple(f"{room}." for room in never))] == []


def test_a_plan_loads_no_database_server() -> None:
    probe = "import sys, sync.service.planning, sync.service.connection; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    loaded = ran.stdout.split()
    assert "sync.state.usage_ledger" in loaded
    assert [name for name in loaded if name.startswith(("psycopg", "sqlalchemy.dialects.postgresql"))] == []
