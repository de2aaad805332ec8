"""What a command costs before it does anything: processor time of whole processes, against the libraries alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from openpyxl import Workbook

from tests.bench.processes import spent, spent_in_turn
from tests.bench.ratio import Ratio

ROUNDS = 11
LIBRARIES = ("-c", "import python_calamine, typer")
COMMANDS = (("-m", "sync", "--help"), ("-m", "sync", "check", "three.xlsx"))


def measured() -> Iterator[str | Ratio]:
    """Yield what a page of help and a look at three rows cost."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "three.xlsx")
        least, *ours = spent_in_turn(ROUNDS, *(partial(spent, typed, folder) for typed in (LIBRARIES, *COMMANDS)))
    yield f"processor time of {LIBRARIES[1]!r}: {least * 1000:.0f} ms"
    for command, took in zip(COMMANDS, ours, strict=True):
        typed = f"itemsync {' '.join(command[2:])}"
        yield f"  {typed:27} {took * 1000:5.0f} ms"
        yield Ratio(f"{typed}, processor time", "importing calamine and typer", took / least, 2.5)


def _write(file: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (("商家编码", "标题", "价格"), *((f"A-{n}", f"标题{n}", "9.90") for n in range(3))):
        sheet.append(row)
    book.save(file)
