"""`plan --refresh changed` of 100,000 rows of which none changed, against calamine alone reading the same file.

The command as it is typed, in a process of its own: its processor time, its memory, how they grow, and where they go.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
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
from tests.bench.clock import seconds
from tests.bench.processes import spent, spent_in_turn
from tests.bench.ratio import Ratio
from tests.bench.reading import ALONE, FILE, ROWS, SIZES, steepest, written

ROUNDS = 3
AT = datetime(2026, 11, 14, tzinfo=UTC)
CHANGED = Options(FILE, choices=Choices(changed_only=True))
PEAK = """
import sys
from sync.cli import run
from tests.bench.memory import peak
run(sys.argv[1:])
sys.stderr.write(str(round(peak())))
"""


def measured() -> Iterator[str | Ratio]:
    """Yield what it costs to find that there is nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        homes = [_home(Path(folder) / str(rows), rows) for rows in SIZES]
        plans = [partial(spent, ("-m", "sync", *_command(home)), str(home), _settings(home)) for home in homes]
        largest = homes[-1]
        alone, *planned = spent_in_turn(ROUNDS, partial(spent, ("-c", ALONE, str(largest / FILE)), folder), *plans)
        memory = _memory(largest)
        parts = [f"{part} {took / alone:.2f}" for part, took in _parts(largest)]
    what = f"plan --refresh changed of {ROWS:,} unchanged rows"
    yield f"plan --refresh changed, {ROWS} rows, nothing changed, processor time, medians of {ROUNDS}:"
    yield f"  calamine alone {alone:6.2f} s  the command {planned[-1]:6.2f} s"
    yield Ratio(what, "calamine alone", planned[-1] / alone, 3)
    yield "  of " + ", ".join(f"{rows}: {took:.2f} s" for rows, took in zip(SIZES, planned, strict=True))
    yield Ratio(f"the same of {SIZES[0]} to {ROWS:,} rows", "exponent where it is steepest", steepest(planned), 1.05)
    yield Ratio(f"{what}, memory", "MB", memory, 300)
    yield "  of which " + ", ".join(parts)


def _home(folder: Path, rows: int) -> Path:
    """Make a folder with a sheet, and a state that remembers all of it."""
    folder.mkdir()
    sheet = read_sheet(written(folder / FILE, rows), category_table())
    _remember(sheet, folder / "state.db")
    return folder


def _remember(sheet: Sheet, state: Path) -> None:
    baselines = {}
    for row in sheet.rows:
        held: Item = {path: cell for path, cell in row.cells.items() if isinstance(cell, str | int | tuple)}
        cells = {path: LastCell(cell, FILE, AT) for path, cell in row.cells.items()}
        baselines[row.outer_id] = Baseline(row.item_id, cells, {**held, ITEM_ID: row.item_id or ""})
    store = Store(str(state), "default")
    store.put(baselines)
    store.close()


def _command(home: Path) -> tuple[str, ...]:
    return ("plan", str(home / FILE), "--refresh", "changed")


def _settings(home: Path) -> Mapping[str, str]:
    """Nobody listens at that gateway, and nobody is called."""
    return {
        "ITEMSYNC_GATEWAY": "http://127.0.0.1:9/router/rest",
        "ITEMSYNC_APP_KEY": "12345678",
        "ITEMSYNC_APP_SECRET": "secret",
        "ITEMSYNC_SESSION": "session",
        "ITEMSYNC_STATE": str(home / "state.db"),
    }


def _memory(home: Path) -> int:
    """The most memory, in MB, that the command takes."""
    settings = {**os.environ, **_settings(home)}
    args = [sys.executable, "-c", PEAK, *_command(home)]
    done = subprocess.run(args, env=settings, capture_output=True, text=True, check=True)
    return int(done.stderr)


def _parts(home: Path) -> Iterator[tuple[str, float]]:
    yield "reading the sheet", seconds(lambda: read_sheet(home / FILE, category_table()))
    rows, store = read_sheet(home / FILE, category_table()).rows, Store(str(home / "state.db"), "default")
    yield "reading the state", seconds(store.baselines)
    memory = Memory(store.baselines())
    yield "comparing", seconds(lambda: build(resolve(rows, memory, CHANGED), {}, CHANGED))
    plan = build(resolve(rows, memory, CHANGED), {}, CHANGED)
    assert (plan.summary.none, plan.busy) == (ROWS, ())
    yield "showing it", seconds(lambda: preview(plan, "en", Console(file=StringIO()), ()))
    store.close()
