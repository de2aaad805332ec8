"""What a command costs before it does anything: processor time of whole processes, against the libraries alone.

The modules' bytecode is there, as after an installation: a first round that isn't counted writes it.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from openpyxl import Workbook

from tests.bench.ratio import Ratio

ROUNDS = 11
LIBRARIES = ("-c", "import python_calamine, typer")
COMMANDS = (("-m", "sync", "--help"), ("-m", "sync", "check", "three.xlsx"))


def measured() -> Iterator[str | Ratio]:
    """Yield what a page of help and a look at three rows cost."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder) / "three.xlsx")
        _round(folder)
        rounds = [_round(folder) for _ in range(ROUNDS)]
    least, *ours = (median(column) for column in zip(*rounds, strict=True))
    yield f"processor time of {LIBRARIES[1]!r}: {least * 1000:.0f} ms"
    for command, spent in zip(COMMANDS, ours, strict=True):
        typed = f"itemsync {' '.join(command[2:])}"
        yield f"  {typed:27} {spent * 1000:5.0f} ms"
        yield Ratio(f"{typed}, processor time", "importing calamine and typer", spent / least, 2.5)


def _round(folder: str) -> Sequence[float]:
    return [_seconds(command, folder) for command in (LIBRARIES, *COMMANDS)]


def _seconds(command: Sequence[str], folder: str) -> float:
    """Return the user and system seconds of one process."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ITEMSYNC_", "PYTHONDONT"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**kept, "HOME": folder, "XDG_DATA_HOME": folder, "XDG_CONFIG_HOME": folder},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _write(file: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (("商家编码", "标题", "价格"), *((f"A-{n}", f"标题{n}", "9.90") for n in range(3))):
        sheet.append(row)
    book.save(file)
