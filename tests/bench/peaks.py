"""The most memory that each command takes at 100,000 rows: 300 MB at most, whichever it is.

One sheet, one state and one sandbox, which is another process; each command is typed as a person types it. Some are
typed once more for a sheet of which every row differs.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Baseline, Item, LastCell
from sync.sandbox.server import Sandbox
from sync.state.store import Store
from tests.bench.platform import FIRST_ID, platform
from tests.bench.ratio import Ratio

ROWS, CHANGED, WEEKS = 100_000, 50, 13
"""Rows of the sheet; each so many-th of them differs, as a rule; weeks in which each item was seen to differ."""
MOST = 300
"""Megabytes."""
HEADERS = ("商家编码", "商品ID", "标题", "价格", "库存", "目标状态")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("plan", "weekly.xlsx", "--output", "plan.json", "--csv", "plan.csv"),
    ("apply", "weekly.xlsx", "--yes", "--force", "all", "--refresh", "changed"),
    ("history", "--json"),
    ("show", "1", "--json"),
    ("item", "A-5"),
    ("doctor", "weekly.xlsx"),
    ("watch", "weekly.xlsx", "--once", "--drift"),
    ("pull", "pulled.xlsx", "--csv", "pulled.csv"),
    ("insight", "--out", "restock.xlsx", "--json"),
    ("resume", "--json"),
    ("undo", "1", "--yes", "--force", "all"),
    ("state", "info"),
    ("state", "prune", "--keep", "1d"),
    # The first run of all, of which every item is learned.
    ("--state", "first.db", "apply", "weekly.xlsx", "--yes", "--force", "all"),
)
EVERY_ROW: tuple[tuple[str, ...], ...] = (
    ("plan", "weekly.xlsx", "--output", "plan.json", "--csv", "plan.csv"),
    ("apply", "weekly.xlsx", "--yes", "--force", "all"),
    ("show", "1", "--json"),
)
_TYPED = """
import gc, sys
from sync.cli import run
from tests.bench.memory import peak
gc.set_threshold(1_000_000)
code = run(sys.argv[2:])
open(sys.argv[1], "w").write(f"{peak()} {code}")
"""


class Taken(NamedTuple):
    """What a command took."""

    command: str
    megabytes: float
    code: int


def measured() -> Iterator[str | Ratio]:
    """Yield the megabytes of each command, and the most of them all."""
    taken: list[Taken] = []
    for changed, commands in ((CHANGED, COMMANDS), (1, EVERY_ROW)):
        with tempfile.TemporaryDirectory() as folder, platform(items=ROWS) as gateway:
            prepare(Path(folder), changed)
            for command in commands:
                if command[0] == "resume":
                    cut_off(Path(folder))
                taken.append(typed(Path(folder), gateway, command))
                every = ", where every row differs" if changed == 1 else ""
                yield f"  {taken[-1].megabytes:4.0f} MB  {taken[-1].command}{every}"
                assert taken[-1].code in (0, 1), "the command didn't come to its end"
    worst = max(one.megabytes for one in taken)
    yield Ratio(f"the most memory of any command at {ROWS:,} rows", f"{MOST} MB", worst / MOST, 1)


def prepare(folder: Path, changed: int) -> None:
    """Write the sheet, of which each `changed`-th row differs, and a state that knows all its items."""
    now = datetime.now(UTC)
    with Workbook(folder / "weekly.xlsx", {"constant_memory": True}) as book:
        page = book.add_worksheet("商品")
        page.write_row(0, 0, HEADERS)
        for n in range(ROWS):
            price = 20.0 if n % changed else 21.0
            page.write_row(n + 1, 0, (f"A-{n}", str(FIRST_ID + n), "猫眼美甲", price, 10, "上架"))
    store = Store(str(folder / "state.db"), "default")
    store.put({f"A-{n}": _known(n, now - timedelta(weeks=1)) for n in range(ROWS)})
    store.close()
    week = timedelta(weeks=1)
    times = [int((now - week * (WEEKS - back)).timestamp() * 1000) for back in range(WEEKS)]
    seen = (
        ("default", f"A-{n}", "", at, 2000, 400 - 7 * k - n % 7, 1, "plan")
        for n in range(ROWS)
        for k, at in enumerate(times)
    )
    with closing(sqlite3.connect(folder / "state.db")) as database, database:
        database.executemany("INSERT INTO observations VALUES (?, ?, ?, ?, ?, ?, ?, ?)", seen)


def _known(n: int, at: datetime) -> Baseline:
    cells: Item = {OUTER_ID: f"A-{n}", TITLE: "猫眼美甲", PRICE: 2000, INVENTORY: 10, STATUS: 1}
    held: Item = {**cells, ITEM_ID: str(FIRST_ID + n), CATEGORY: ("丽人", "美甲")}
    return Baseline(
        str(FIRST_ID + n), {path: LastCell(cell, "weekly.xlsx", at) for path, cell in cells.items()}, held
    )


def cut_off(folder: Path) -> None:
    """Let the run be as if it had stopped half-way."""
    with closing(sqlite3.connect(folder / "state.db")) as database, database:
        database.execute("DELETE FROM calls WHERE row % 100 > 50 AND run = 1")
        database.execute("DELETE FROM changes WHERE row % 100 > 50 AND run = 1")
        database.execute("UPDATE rows SET result = NULL, ended = NULL WHERE row % 100 > 50 AND run = 1")
        database.execute("UPDATE runs SET finished_at = NULL, results = NULL, told_at = NULL WHERE id = 1")


def typed(folder: Path, gateway: str, command: Sequence[str]) -> Taken:
    """Run a command in a process of its own."""
    settings = {
        "ITEMSYNC_GATEWAY": gateway,
        "ITEMSYNC_APP_KEY": Sandbox.app_key,
        "ITEMSYNC_APP_SECRET": Sandbox.app_secret,
        "ITEMSYNC_SESSION": Sandbox.session,
        "ITEMSYNC_STATE": str(folder / "state.db"),
        "PYTHONPATH": str(Path.cwd()),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("ITEMSYNC_")}
    told = folder / "told.txt"
    subprocess.run(
        [sys.executable, "-c", _TYPED, str(told), *command],
        cwd=folder,
        env={**others, **settings},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    megabytes, code = told.read_text().split()
    return Taken(" ".join(command), float(megabytes), int(code))
