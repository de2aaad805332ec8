"""How a state grows, and whether the commands that read it do: 500 runs of 1,000 rows against 5 (issue 13)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Table, insert, select

from sync.apply.executor import Pace
from sync.fields import INVENTORY, PRICE
from sync.item import Baseline
from sync.state.learned_tables import CHANGES
from sync.state.store import Store
from sync.state.tables import CALLS, ROWS, RUNS, UNCHANGED
from sync.state.upkeep import info
from tests import clocks
from tests.apply.fake_channel import FakeChannel, Runner
from tests.apply.test_growth import CHANGED, FURTHER, item, sheet, used
from tests.apply.test_growth import UNCHANGED as SAME
from tests.bench.clock import in_turn, seconds
from tests.bench.ratio import Ratio
from tests.clocks import FakeClock

FEW, MANY, ROUNDS = 5, 500, 3
SETTINGS = {
    "ITEMSYNC_GATEWAY": "http://127.0.0.1:9/router/rest",
    "ITEMSYNC_APP_KEY": "1",
    "ITEMSYNC_APP_SECRET": "-",
    "ITEMSYNC_SESSION": "-",
    "ITEMSYNC_LANG": "en",
}


def measured() -> Iterator[str | Ratio]:
    """Yield bytes by row and run, and what a hundred times as many runs cost."""
    clocks.OFTEN = sys.maxsize
    with tempfile.TemporaryDirectory() as folder:
        yield from _bytes(Path(folder) / "bytes.db")
        yield from _commands(Path(folder))
        yield from _taking_up(Path(folder))
        yield from _long_run(Path(folder) / "long.db")


def _runner(file: Path, rows: int) -> Runner:
    channel = FakeChannel(FakeClock())
    channel.load(*map(item, range(rows)))
    return Runner(channel, file, Pace(connections=4))


def _bytes(file: Path) -> Iterator[str]:
    runner = _runner(file, 1000)
    runner.apply(sheet(rows=1000))
    runner.apply(sheet({PRICE: 2000}, rows=1000))
    was = used(file)
    for what, changes, most in (
        ("one field changed", {PRICE: 2100}, CHANGED),
        ("two, by two calls", {PRICE: 2200, INVENTORY: 99}, CHANGED + FURTHER),
        ("unchanged", {PRICE: 2200, INVENTORY: 99}, SAME),
    ):
        runner.apply(sheet(changes, rows=1000))
        now = used(file)
        yield f"a row and run, {what}: {(now - was) / 1000:.0f} bytes (at most {most})"
        was = now


def _commands(folder: Path) -> Iterator[str | Ratio]:
    few, many = folder / "few.db", folder / "many.db"
    for file, times in ((few, 1), (many, MANY // FEW)):
        runner = _runner(file, 1000)
        for price in range(FEW):
            runner.apply(sheet({PRICE: 2000 + 100 * price}, rows=1000))
        _multiply(runner.store, times)
        runner.store.close()
    sizes = [info(str(file)).bytes / 1e6 for file in (many, few)]
    yield f"{MANY} runs of 1,000 changed rows: {sizes[0]:.0f} MB; {FEW}: {sizes[1]:.0f} MB"
    for command in (("history",), ("show", "3"), ("history", "--json"), ("show", "3", "--json")):
        long, short = in_turn(ROUNDS, partial(_typed, many, *command), partial(_typed, few, *command))
        yield f"  {' '.join(command)}: {long:5.2f} s after {MANY} runs, {short:5.2f} s after {FEW}"
        yield Ratio(f"{' '.join(command)} after {MANY} runs", f"after {FEW} runs", long / short, 2)


def _multiply(store: Store, times: int) -> None:
    """Write the runs that are there again and again, under the next numbers."""
    with store.engine.begin() as connection:
        for table, column in ((RUNS, "id"), (ROWS, "run"), (CALLS, "run"), (CHANGES, "run"), (UNCHANGED, "run")):
            _copy(connection, table, column, times)


def _copy(connection: Connection, table: Table, column: str, times: int) -> None:
    names = [each.name for each in table.c if not (table is CALLS and each.name == "id")]
    for more in range(1, times):
        moved = [table.c[name] + FEW * more if name == column else table.c[name] for name in names]
        first = select(*moved).where(table.c[column] <= FEW)
        connection.execute(insert(table).from_select(names, first))


def _long_run(file: Path) -> Iterator[str]:
    runner = _runner(file, 20_000)
    runner.apply(sheet(rows=20_000))
    runner.apply(sheet({PRICE: 2000}, rows=20_000))
    runner.store.close()
    yield f"show of 20,000 changed rows: {seconds(lambda: _typed(file, 'show', '2')):.2f} s (at most 3)"


def _taking_up(folder: Path) -> Iterator[str]:
    times = []
    for remembered in (0, 100_000):
        runner = _runner(folder / f"{remembered}.db", 10)
        runner.store.put({f"B-{n}": Baseline(str(n), {}, item(n)) for n in range(remembered)})
        runner.apply(sheet(rows=10))
        runner.stop.set()
        runner.apply(sheet({PRICE: 2000}, rows=10))
        runner.open()
        times.append(seconds(runner.resume))
    yield f"a run of ten rows taken up: {times[0]:.3f} s; with 100,000 items remembered: {times[1]:.3f} s"


def _typed(file: Path, *command: str) -> None:
    args = [sys.executable, "-m", "sync", "--profile", "shop", "--state", str(file), *command]
    subprocess.run(args, env={**os.environ, **SETTINGS}, stdout=subprocess.DEVNULL, check=True)
