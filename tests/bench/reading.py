"""A sheet of 100,000 rows and 10 columns: read and checked, against calamine alone; and a plan with nothing to do."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
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
from tests.bench.clock import in_turn, seconds
from tests.bench.ratio import Ratio

ROWS, ROUNDS = 100_000, 3
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
        sheet, tenth = written(Path(folder) / FILE), written(Path(folder) / "tenth.xlsx", ROWS // 10)
        alone, checked, smaller = in_turn(ROUNDS, lambda: raw(sheet), lambda: _check(sheet), lambda: _check(tenth))
        memory = _memory(sheet)
        read = read_sheet(sheet, category_table())
    yield f"{ROWS} rows × {len(HEADERS)} columns, medians of {ROUNDS}:"
    yield f"  calamine alone {alone:6.2f} s  read and checked {checked:6.2f} s"
    yield Ratio(f"{ROWS:,} rows read and checked", "calamine alone", checked / alone, 2)
    yield f"  a tenth of the rows {smaller:6.2f} s  memory {memory} MB"
    yield Ratio(f"{ROWS:,} rows read and checked", "a tenth of the rows", checked / smaller, 11)
    yield f"  a plan with nothing changed {_planned(read):6.2f} s"


def _check(path: Path) -> Sheet:
    return read_sheet(path, category_table())


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
