"""Three result columns into a sheet of 100,000 rows and 10 columns, against openpyxl's loading and saving of it; and
the rehearsal of that, which each `check` and `plan` makes, against calamine alone.

All by processor time. Each writer is measured in a process of its own, because only so its peak memory can be told:
`python -m tests.bench.writing` does one of the two. Both are given the same results, which somebody else has made and
holds. So the memory that counts is what the process takes beyond what it had with these in it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from time import process_time

from openpyxl import load_workbook

from sync.call import Result, RowResult
from sync.fields import ITEM_ID, OUTER_ID, category_table
from sync.item import SHOP_TIME, clock_face
from sync.messages import say
from sync.sheet.columns import Layout
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from sync.sheet.writeback.rehearsal import rehearse
from tests.bench.memory import peak
from tests.bench.ratio import Ratio

ROWS, COLUMNS, ROUNDS = 100_000, 10, 3
PEER = "openpyxl's loading and saving"
AT = datetime(2026, 11, 21, 9, 30, tzinfo=SHOP_TIME)


def measured() -> Iterator[str | Ratio]:
    """Yield what writing results costs, and trying it out."""
    # They bring along what the measured processes needn't have in memory.
    from tests.bench.reading import raw, written

    with tempfile.TemporaryDirectory() as folder:
        sheet = written(Path(folder) / "weekly.xlsx")
        (ours, our_peak), (theirs, their_peak) = (_in_a_process(how, sheet) for how in HOW)
        read = read_sheet(sheet, category_table())
        rehearsed, alone = _medians(lambda: rehearse(sheet, read), lambda: raw(sheet))
    yield f"three result columns into {ROWS} rows × {COLUMNS} columns, once:"
    yield f"  write-back {ours:6.2f} s    openpyxl {theirs:6.2f} s"
    yield f"  write-back {our_peak:6.1f} MB   openpyxl {their_peak:6.1f} MB   beyond the results"
    yield f"  its rehearsal {rehearsed:6.2f} s    calamine alone {alone:6.2f} s"
    yield Ratio(f"results into {ROWS:,} rows, times faster", PEER, theirs / ours, 20, more=True)
    yield Ratio(f"results into {ROWS:,} rows, times less memory", PEER, their_peak / our_peak, 16, more=True)
    yield Ratio(f"results into {ROWS:,} rows, rehearsed", "calamine alone", rehearsed / alone, 0.5)


def _medians(*whats: Callable[[], object]) -> list[float]:
    times = [[_processor_seconds(what) for what in whats] for _ in range(ROUNDS)]
    return [median(column) for column in zip(*times, strict=True)]


def _processor_seconds(what: Callable[[], object]) -> float:
    began = process_time()
    what()
    return process_time() - began


def _in_a_process(how: str, sheet: Path) -> tuple[float, float]:
    """Return the seconds that it takes, and the megabytes of memory that its process takes for it at most."""
    command = [sys.executable, "-m", "tests.bench.writing", how, str(sheet)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    time, memory = done.stdout.split()
    return float(time), float(memory)


def _results() -> Sequence[RowResult]:
    told = (say("code.missing"),)
    return [RowResult(n + 2, f"A-{n}", Result.DONE, achieved=told, at=AT) for n in range(ROWS)]


def _ours(sheet: Path, results: Sequence[RowResult]) -> None:
    write_back(sheet, Layout("商品", 1, {OUTER_ID: "A", ITEM_ID: "B"}, COLUMNS, "zh"), results, "zh")


def _openpyxl(sheet: Path, results: Sequence[RowResult]) -> None:
    book = load_workbook(sheet)
    page = book["商品"]
    for result in results:
        page.cell(result.row, 11, result.result.words("zh"))
        page.cell(result.row, 12, result.story[0].words("zh"))
        page.cell(result.row, 13, clock_face(AT))
    book.save(sheet.with_name("other.xlsx"))


HOW: dict[str, Callable[[Path, Sequence[RowResult]], None]] = {"ours": _ours, "openpyxl": _openpyxl}


def _one(how: str, source: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / source.name
        sheet.write_bytes(source.read_bytes())
        results = _results()
        before = peak()
        time = _processor_seconds(lambda: HOW[how](sheet, results))
    print(time, peak() - before)


if __name__ == "__main__":
    _one(sys.argv[1], Path(sys.argv[2]))
