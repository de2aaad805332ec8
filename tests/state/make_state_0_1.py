"""Makes `data/state-0.1.db`: what version 0.1 left behind, so that no later version fails to read it.

To be run with the code of 0.1 and never again: `python -m tests.state.make_state_0_1 tests/state/data/state-0.1.db`.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sync.call import Call, Op
from sync.cli import run
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli.conftest import SHEET, STATE, settle_in
from tests.cli.kills import killed
from tests.cli.small_shop import CODES, goods, line, moving, new_line, type_in, write

SETTINGS = {
    "ITEMSYNC_TIMEOUT": "0.5",
    "ITEMSYNC_CONNECTIONS": "1",
    "ITEMSYNC_CALLS_PER_SECOND": "1000",
    "ITEMSYNC_CALLS_PER_DAY": "5000",
}

DATA = Path(__file__).parent / "data"
KEPT = (DATA / "state-0.1.db", DATA / "state-0.1-last.db")
"""What 0.1 left, and what the last version without a schema version left of the same runs (with more tables)."""


def third_sheet(sheet: Path) -> Path:
    """Write the sheet of run 3, which died when A-1 was taken down: its price and all of B-1 are still to do."""
    return write(sheet, line("A-1", 价格=25, 目标状态="下架"), moving("A-2", 7), moving("A-3", 5), new_line("B-1"))


def make(folder: Path) -> Path:
    """Make three runs in `folder`; return the state's file.

    Run 1 is the first sync. Of run 2 the move of A-2 is done and its cell was typed into again, so that it is held;
    whether A-3's happened nobody knows. Run 3 is unfinished.
    """
    sheet = write(folder / SHEET, *map(line, CODES))
    _typed("apply", sheet, "--yes")
    write(sheet, line("A-1", 价格=21), moving("A-2", 5), moving("A-3", 5))
    with killed(_is(Op.STOCK), 2):
        _typed("apply", sheet, "--yes")
    type_in(sheet, "A-2", "库存增减", 7)
    _typed("resume")
    third_sheet(sheet)
    with killed(_is(Op.STATUS), after=True):
        _typed("apply", sheet, "--yes")
    return folder / STATE


def _is(op: Op) -> Callable[[Call], bool]:
    def wanted(call: Call) -> bool:
        return call.op is op

    return wanted


def _typed(*args: object) -> int:
    return run([str(arg) for arg in args])


def main() -> None:
    """Make the file that the command line names."""
    out = Path(sys.argv[1]).resolve()
    out.unlink(missing_ok=True)
    with Sandbox() as platform, TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        platform.shop = OpenItemShop()
        platform.shop.load(map(goods, CODES))
        settle_in(Path(name), platform, patch)
        for variable, value in SETTINGS.items():
            patch.setenv(variable, value)
        with closing(sqlite3.connect(make(Path(name)))) as state, state:
            state.execute("UPDATE runs SET sheet = ?", [SHEET])
            state.execute("UPDATE items SET hold = replace(hold, ?, ?)", [f"{name}/", ""])
            state.commit()
            state.execute("VACUUM INTO ?", [str(out)])
        patch.chdir(out.parent)


if __name__ == "__main__":
    main()
