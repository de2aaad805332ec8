"""`check` of 100,000 rows and 10 columns, against calamine alone reading that file; and a plan with nothing to do.

Each is a process of its own, start-up and all.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from math import log
from pathlib import Path

from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.fields import INVENTORY, ITEM_ID, STATUS, category_table
from sync.item import Baseline, LastCell, Status
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.resolve import ids_to_read, resolve
from sync.sheet.read import Sheet, read_sheet
from tests.bench.clock import seconds
from tests.bench.processes import spent, spent_in_turn
from tests.bench.ratio import Ratio

ROWS, ROUNDS = 100_000, 3
SIZES = (10, 1_000, 10_000, ROWS)
ALONE = """
import os, sys
from python_calamine import CalamineWorkbook
CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()
os._exit(0)
"""
"""As the command does, it leaves without taking to pieces what it read."""
HEADERS = (
    "商家编码",
    "商品ID",
    "标题",
    "一级类目",
    "二级类目",
    "价格",
    "库存",
    "目标状态",
    "自定义:品牌",
    "自定义:货架",
)
FILE = "weekly.xlsx"


def measured() -> Iterator[str | Ratio]:
    """Yield what reading, checking and planning cost."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = [written(Path(folder) / f"{rows}.xlsx", rows) for rows in SIZES]
        checks = [partial(spent, ("-m", "sync", "check", str(sheet)), folder) for sheet in sheets]
        alone, *checked = spent_in_turn(ROUNDS, partial(spent, ("-c", ALONE, str(sheets[-1])), folder), *checks)
        memory = _memory(sheets[-1])
        read = read_sheet(sheets[-1], category_table())
    yield f"{ROWS} rows × {len(HEADERS)} columns, processor time, medians of {ROUNDS}:"
    yield f"  calamine alone {alone:6.2f} s  check {checked[-1]:6.2f} s"
    yield Ratio(f"{ROWS:,} rows read and checked", "calamine alone", checked[-1] / alone, 2)
    yield "  check of " + ", ".join(f"{rows}: {took:.2f} s" for rows, took in zip(SIZES, checked, strict=True))
    yield Ratio(f"check of {SIZES[0]} to {ROWS:,} rows", "exponent where it is steepest", steepest(checked), 1.05)
    yield Ratio(f"check of {ROWS:,} rows, memory", "MB", memory, 300)
    yield f"  a plan with nothing changed {_planned(read):6.2f} s"


def steepest(took: Sequence[float]) -> float:
    """Return by which power of the rows the time grows, from one size to the next, where it grows most."""
    steps = zip(pairwise(SIZES), pairwise(took), strict=True)
    return max(log(later / sooner, more / fewer) for (fewer, more), (sooner, later) in steps)


def _memory(path: Path) -> int:
    """The most memory, in MB, that `check` takes; measured in a process of its own."""
    script = "import sys\nfrom sync.cli import run\nfrom tests.bench.memory import peak\n"
    script += "run(['check', sys.argv[1]])\nsys.stderr.write(str(round(peak())))"
    done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    return int(done.stderr)


def written(path: Path, rows: int = ROWS) -> Path:
    with Workbook(path, {"constant_memory": True}) as book:
        page = book.add_worksheet("商品")
        page.write_row(0, 0, HEADERS)
        for n in range(rows):
            line = (
                f"A-{n}",
                str(10**12 + n),
                f"猫眼美甲 {n}",
                "丽人",
                "美甲",
                19.9,
                n % 50 + 1,
                "上架",
                "OPI",
                f"{n % 90}",
            )
            page.write_row(n + 1, 0, line)
    return path


def raw(path: Path) -> int:
    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def _planned(sheet: Sheet) -> float:
    """Return how long it takes to find that nothing is to be done; the readings of the platform aside."""
    at = datetime(2026, 11, 14, tzinfo=UTC)
    memory: dict[str, Baseline] = {}
    found: dict[str, FoundItem] = {}
    for row in sheet.rows:
        item = {path: cell for path, cell in row.cells.items() if isinstance(cell, str | int | tuple)}
        held = {**item, ITEM_ID: row.item_id or "", STATUS: Status.ACTIVE, INVENTORY: item[INVENTORY]}
        cells = {path: LastCell(cell, FILE, at) for path, cell in row.cells.items()}
        memory[row.outer_id] = Baseline(row.item_id, cells, held)
        found[row.item_id or ""] = FoundItem(held)

    def plan() -> None:
        meant = resolve(sheet.rows, Memory(memory), Options(FILE))
        made = build(meant, {item_id: found[item_id] for item_id in ids_to_read(meant)}, Options(FILE))
        assert made.summary.none == ROWS

    return seconds(plan)
