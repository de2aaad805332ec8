"""How much a run adds to the state: bytes are exact, so they are held to their bounds (issue 13)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sync.apply.executor import Pace
from sync.apply.run import plan_of_run, result_from, results_of, row_as_planned
from sync.call import Result
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Item, Row, Status, Value
from sync.plan.by_row import ByRow
from sync.state.item_history import rows_of
from sync.state.run_counts import count_results
from tests.apply.fake_channel import FakeChannel, Runner
from tests.clocks import FakeClock

ROWS = 200
CHANGED, FURTHER, UNCHANGED = 1500, 500, 100
"""Bytes a row and run; `FURTHER`: of each call but the first."""


def item(n: int) -> Item:
    return {
        OUTER_ID: f"MJ-{n:06d}",
        ITEM_ID: str(7_627_361_738_101 + n),
        TITLE: f"日式猫眼美甲 春夏新款 显白 {n}",
        CATEGORY: ("丽人", "美甲"),
        PRICE: 19900 + n,
        INVENTORY: 120,
        STATUS: Status.ACTIVE,
        "品牌": "花间",
        "材质": "凝胶",
        "产地": "杭州",
    }


def sheet(changed: Mapping[str, Value] | None = None, rows: int = ROWS) -> Sequence[Row]:
    made = []
    for n in range(rows):
        cells = {**item(n), **(changed or {})}
        item_id = cells.pop(ITEM_ID)
        letters = {path: "ABCDEFGHIJ"[place] for place, path in enumerate(cells)}
        addresses = {path: f"{letter}{n + 2}" for path, letter in letters.items()}
        made.append(Row(n + 2, str(cells[OUTER_ID]), str(item_id), cells, addresses, columns=letters))
    return made


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    channel = FakeChannel(FakeClock())
    channel.load(*map(item, range(ROWS)))
    ready = Runner(channel, tmp_path / "state.db", Pace(connections=2))
    ready.apply(sheet())
    # What is made of it once: pages that the next runs fill up.
    ready.apply(sheet({PRICE: 2000}))
    return ready


def grown(runner: Runner, rows: Sequence[Row]) -> float:
    """Bytes that a run over `rows` adds to the state, by row."""
    before = used(runner.file)
    report = runner.apply(rows)
    assert report.finished
    return (used(runner.file) - before) / ROWS


def used(file: Path) -> int:
    with closing(sqlite3.connect(file)) as state:
        state.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (free,), (page,) = (state.execute(f"PRAGMA {name}").fetchone() for name in ("freelist_count", "page_size"))
    return file.stat().st_size - int(free) * int(page)


def test_a_changed_row_adds_little(runner: Runner) -> None:
    assert grown(runner, sheet({PRICE: 2100})) <= CHANGED
    assert grown(runner, sheet({PRICE: 2100, INVENTORY: 130})) <= CHANGED
    assert grown(runner, sheet({PRICE: 2100, INVENTORY: 130, "品牌": "花间 2"})) <= CHANGED
    assert grown(runner, sheet({PRICE: 2200, INVENTORY: 140, "品牌": "花间 2"})) <= CHANGED + FURTHER


def test_an_unchanged_row_adds_next_to_nothing_and_is_remembered(runner: Runner) -> None:
    assert grown(runner, sheet({PRICE: 2000})) <= UNCHANGED
    results = results_of(runner.store, 3)
    assert [(one.row, one.result, one.item_id) for one in results[:2]] == [
        (2, Result.NONE, item(0)[ITEM_ID]),
        (3, Result.NONE, item(1)[ITEM_ID]),
    ]
    assert (len(results), results[0].at) == (ROWS, runner.store.run(3).started_at)
    assert runner.store.run(3).results == {Result.NONE: ROWS}
    assert [run.id for run, _ in rows_of(runner.store, "MJ-000007")] == [3, 2, 1]


def test_an_unchanged_row_is_told_as_its_json_says(runner: Runner) -> None:
    rows = sheet({PRICE: 2100})
    runner.apply([*rows[:5], *sheet({PRICE: 2000})[5:]])
    results, every = results_of(runner.store, 3), [*runner.store.each_row(3)]
    assert [*results[5:]] == [result_from(row.ended or "") for row in every[5:]]
    plan = plan_of_run(runner.store, 3, results)
    assert [*plan.rows] == [row_as_planned(*both) for both in zip(every, results, strict=True)]
    assert (len(plan.busy), plan.summary.none, ByRow.of(plan.rows).unread_rows) == (5, ROWS - 5, 0)


def test_a_finished_run_bears_its_counts(runner: Runner) -> None:
    rows = sheet({PRICE: 2100})
    runner.apply([*rows[:5], *sheet({PRICE: 2000})[5:]])
    assert runner.store.run(3).results == {Result.DONE: 5, Result.NONE: ROWS - 5}
    with runner.store.engine.connect() as connection:
        assert count_results(connection, "shop", [1, 2, 3])[3] == runner.store.run(3).results
