"""What a command loads before it answers: nothing that it doesn't need, so that a person never waits for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sync.fields import ITEM_ID, category_table
from sync.item import Baseline, LastCell
from sync.sheet.read import read_sheet
from sync.state.store import Store
from tests.cli.small_shop import line, write
from tests.clocks import START

NEVER = (
    "asyncio", "filelock", "http.client", "jinja2", "keyring", "openpyxl", "pandas", "pydantic",
    "requests", "rich.markdown", "sqlalchemy", "starlette", "tenacity", "uvicorn", "xlsxwriter",
    "sync.gateway", "sync.state", "sync.sandbox", "sync.demo",
)  # fmt: skip
"""Libraries and rooms that neither a page of help nor a look at a sheet needs."""
NOT_FOR_A_PLAN = (
    "psycopg", "pydantic", "requests", "sqlalchemy.dialects.postgresql", "urllib.request", "urllib3",
)  # fmt: skip
"""What a plan doesn't need that asks nobody."""
NOBODY = {
    "GATEWAY": "http://127.0.0.1:9/router/rest", "APP_KEY": "1", "APP_SECRET": "secret", "SESSION": "session",
}  # fmt: skip
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


def test_a_plan_of_nothing_new_loads_no_way_to_the_network_or_to_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = write(tmp_path / "a.xlsx", line("A-1"), line("A-2"))
    for name, value in {**NOBODY, "STATE": str(tmp_path / "state.db")}.items():
        monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    _remember(sheet, tmp_path / "state.db")
    ran = subprocess.run(
        [sys.executable, "-c", PROBE, "plan", str(sheet), "--refresh", "changed"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = ran.stderr.split()
    assert "sync.state.usage_ledger" in loaded
    assert [name for name in loaded if name.startswith(NOT_FOR_A_PLAN)] == []


def _remember(sheet: Path, state: Path) -> None:
    """Let the state know of the sheet's rows, as if all had been carried out."""
    store = Store(str(state), "default")
    for row in read_sheet(sheet, category_table()).rows:
        cells = {path: LastCell(cell, sheet.name, START) for path, cell in row.cells.items()}
        store.put({row.outer_id: Baseline(row.item_id, cells, {ITEM_ID: row.item_id or ""})})
    store.close()
