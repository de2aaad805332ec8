"""A run that is cut off, taken up and undone: the same with a state in SQLite and in PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import SHEET, Command
from tests.cli.kills import killed
from tests.cli.small_shop import CODES, held, line, moving, results, write

DIFFERING = re.compile(r"sandbox\d+|[0-9a-f]{32}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?(Z|\+\d\d:\d\d)?)?")


@pytest.mark.usefixtures("quick")
def test_both_databases_tell_the_same(
    folder: Path, itemsync: Command, sandbox: Sandbox, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    original = sandbox.shop
    for place in (str(folder / "state.db"), postgres):
        monkeypatch.setenv("ITEMSYNC_STATE", place)
        sandbox.shop = original
        sheet = write(folder / SHEET, *map(line, CODES))
        assert itemsync("apply", sheet, "--yes").code == 0
        write(sheet, line("A-1", 价格=25, 标题="新\t标题"), moving("A-2", 5), line("A-3"))
        with killed(number=1):
            itemsync("apply", sheet, "--yes")
        assert itemsync("apply", sheet, "--yes", "--json").error == "run.unfinished"
        assert itemsync("resume").code == 0
        assert results(sheet) == {"A-1": "完成", "A-2": "完成", "A-3": "无变化"}
        assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2500, 15)
        commands = ("history",), ("show", 2), ("plan", sheet)
        told.append([DIFFERING.sub("", itemsync(*command, "--json").out) for command in commands])
        assert itemsync("undo", 2, "--yes").code == 0
        assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2000, 10)
        assert itemsync("state", "info", "--json").json["runs"] == 3

    assert told[0] == told[1]
