"""`itemsync state prune`: the state gets smaller, and what went is told in words."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sync import Shop
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import line, write


def test_old_runs_are_pruned_and_say_so(synced: Path, itemsync: Command, folder: Path) -> None:
    write(synced, line("A-1", 价格=21), line("A-2"))
    assert itemsync("apply", synced, "--yes").code == 0
    with closing(sqlite3.connect(folder / STATE)) as state, state:
        for column in ("started_at", "finished_at", "told_at"):
            state.execute(f"UPDATE runs SET {column} = replace({column}, '20', '19') WHERE id = 2")
    ran = itemsync("state", "prune", "--keep", "400d", "--json")
    assert {name: ran.json[name] for name in ("runs", "rows", "calls")} == {"runs": 1, "rows": 2, "calls": 1}
    assert ran.json["bytes"] == (folder / STATE).stat().st_size
    for command in (("show", 2), ("undo", 2, "--yes")):
        ran = itemsync(*command)
        assert ran.code == 2
        assert "第 2 次运行的明细已在" in ran.err
    told = itemsync("history", "--json").json["runs"]
    assert [one["results"] for one in told] == [{"done": 1, "none": 1}, {"none": 3}]
    assert [run["run"] for run in itemsync("item", "A-1", "--json").json["runs"]] == [1]
    assert itemsync("show", 1).code == 0
    assert itemsync("plan", synced).code == 0


def test_how_long_is_told_in_days(synced: Path, itemsync: Command) -> None:
    for keep in ("400", "0d", "1y"):
        assert itemsync("state", "prune", "--keep", keep).code == 2
    with Shop.open() as shop:
        assert shop.prune_state(timedelta(days=1)).runs == 0
