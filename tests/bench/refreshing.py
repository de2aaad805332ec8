"""`plan --refresh changed` of 100,000 rows of which none changed, against calamine alone reading the same file.

The command as it is typed, in a process of its own, and where its time goes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from sync.fields import ITEM_ID, category_table
from sync.item import Baseline, Item, LastCell
from sync.plan.build import build
from sync.plan.identity import Memory
from sync.plan.options import Choices, Options
from sync.plan.resolve import resolve
from sync.report.terminal import preview
from sync.sheet.read import Sheet, read_sheet
from sync.state.store import Store
from tests.bench.clock import in_turn, seconds
from tests.bench.ratio import Ratio
from tests.bench.reading import FILE, ROWS, raw, written

ROUNDS = 3
AT = datetime(2026, 11, 14, tzinfo=UTC)
CHANGED = Options(FILE, choices=Choices(changed_only=True))


def measured() -> Iterator[str | Ratio]:
    """Yield what it costs to find that there is nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        file, state = written(Path(folder) / FILE), Path(folder) / "state.db"
        sheet = read_sheet(file, category_table())
        _remember(sheet, state)
        alone, whole = in_turn(ROUNDS, lambda: raw(file), lambda: _planned(file, state))
        yield f"plan --refresh changed, {ROWS} rows, nothing changed, medians of {ROUNDS}:"
        yield f"  calamine alone {alone:6.2f} s  the command {whole:6.2f} s"
        yield Ratio(f"plan --refresh changed of {ROWS:,} unchanged rows", "calamine alone", whole / alone, 3)
        yield "  of which " + ", ".join(f"{part} {took / alone:.2f}" for part, took in _parts(file, sheet, state))


def _remember(sheet: Sheet, state: Path) -> None:
    baselines = {}
    for row in sheet.rows:
        held: Item = {path: cell for path, cell in row.cells.items() if isinstance(cell, str | int | tuple)}
        cells = {path: LastCell(cell, FILE, AT) for path, cell in row.cells.items()}
        baselines[row.outer_id] = Baseline(row.item_id, cells, {**held, ITEM_ID: row.item_id or ""})
    store = Store(str(state), "default")
    store.put(baselines)
    store.close()


def _planned(file: Path, state: Path) -> None:
    """Run the command; nobody listens at that gateway, and nobody is called."""
    settings = {
        "ITEMSYNC_GATEWAY": "http://127.0.0.1:9/router/rest",
        "ITEMSYNC_APP_KEY": "12345678",
        "ITEMSYNC_APP_SECRET": "secret",
        "ITEMSYNC_SESSION": "session",
        "ITEMSYNC_STATE": str(state),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("ITEMSYNC_")}
    command = [sys.executable, "-m", "sync", "plan", str(file), "--refresh", "changed"]
    subprocess.run(command, env={**others, **settings}, check=True, stdout=subprocess.DEVNULL)


def _parts(file: Path, sheet: Sheet, state: Path) -> Iterator[tuple[str, float]]:
    yield "reading the sheet", seconds(lambda: read_sheet(file, category_table()))
    store = Store(str(state), "default")
    yield "reading the state", seconds(store.remembered)
    known = store.remembered()
    memory = Memory(known.baselines, known.said)
    yield "comparing", seconds(lambda: build(resolve(sheet.rows, memory, CHANGED), {}, CHANGED))
    plan = build(resolve(sheet.rows, memory, CHANGED), {}, CHANGED)
    assert plan.summary.none == sum(row.unread for row in plan.rows) == ROWS
    yield "showing it", seconds(lambda: preview(plan, "en", Console(file=StringIO()), ()))
    store.close()
