"""A run is taken up by its journal only where that holds the calls that its rows would make
(docs/reference/outcomes.md#cut-off)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sync.apply.executor import Pace
from sync.call import Call, Op, Reply, Result
from sync.fields import INVENTORY, OUTER_ID, PRICE, TITLE
from sync.item import Row
from sync.plan.plan import Action
from tests.apply.fake_channel import FakeChannel, Runner
from tests.apply.rows import SHOP, row_of
from tests.clocks import FakeClock

PRICE_AND_MOVE = row_of(3, {PRICE: 2590}, change=5)
EDIT = row_of(3, {PRICE: 2590, TITLE: "大"})
COUNT = row_of(3, {PRICE: 2590, INVENTORY: 57})

ODD = [
    ("another method", PRICE_AND_MOVE, "UPDATE calls SET method = 'taobao.open.item.status.modify' WHERE seq = 0"),
    ("a look for a write", PRICE_AND_MOVE, "UPDATE calls SET method = 'taobao.open.item.get' WHERE seq = 0"),
    ("a move by another number", PRICE_AND_MOVE, "UPDATE calls SET params = replace(params, '5', '6') WHERE seq = 1"),
    (
        "a move the other way",
        PRICE_AND_MOVE,
        "UPDATE calls SET method = replace(method, 'incr', 'decr') WHERE seq = 1",
    ),
    ("an edit's place taken by a move", EDIT, "UPDATE calls SET method = 'taobao.open.item.inventory.incr'"),
    ("a count's place taken", COUNT, "UPDATE calls SET method = 'taobao.open.item.modify' WHERE seq = 1"),
]


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    channel = FakeChannel(FakeClock())
    channel.load(*SHOP)
    return Runner(channel, tmp_path / "state.db")


def tamper(run: Runner, statement: str) -> None:
    with sqlite3.connect(run.file) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(("row", "statement"), [pytest.param(*case, id=name) for name, *case in ODD])
def test_a_row_whose_journal_holds_another_call_makes_no_further_one(run: Runner, row: Row, statement: str) -> None:
    made = len(run.plan([row]).rows[0].calls)
    cut(run, row, made)
    tamper(run, statement)
    sent = len(run.channel.sent)
    resumed = run.resume()
    assert resumed is not None and resumed.finished
    (result,) = resumed.results
    assert result.result is Result.UNKNOWN
    assert "replay.other_call" in [problem.code for problem in result.note]
    assert len(run.channel.sent) == sent
    moved = row.stock_change is not None
    assert (run.plan([row]).rows[0].action is Action.BLOCKED) is moved, "a move is held until a person answers"


def cut(run: Runner, row: Row, calls: int) -> None:
    """Let the process die after so many of the row's calls."""

    class Dead(Exception):
        pass

    def die(_: Call) -> None:
        if len(run.channel.sent) > calls:
            raise Dead

    run.channel.watch = die
    with pytest.raises(Dead):
        run.apply([row])
    run.store.close()
    run.open()
    run.channel.watch = lambda _: None


@pytest.mark.parametrize(("row", "statement"), [pytest.param(*case, id=name) for name, *case in ODD])
def test_an_undo_leaves_such_a_row_with_words(run: Runner, row: Row, statement: str) -> None:
    run.apply([row])
    tamper(run, statement)
    plan = run.undo_plan()
    (left,) = plan.rows
    assert (left.action, left.calls, [problem.code for problem in left.problems]) == (
        Action.BLOCKED,
        (),
        ["undo.unreadable"],
    )


class OldCopies(FakeChannel):
    """A platform whose readings tell, until a moment, what it held at the start."""

    until = 10.0

    def execute(self, call: Call) -> Reply:
        if call.op is Op.LOOK and self.clock.monotonic() < self.until and self.sent:
            start = {str(item["_sys@itemId"]): item for item in SHOP}
            return Reply(super().execute(call).outcome, item=start[call.item_id or ""])
        return super().execute(call)


@pytest.mark.parametrize("row", [EDIT, row_of(3, {}, change=5), COUNT], ids=["edit", "move", "count"])
def test_an_undo_right_after_a_run_believes_no_old_copy(tmp_path: Path, row: Row) -> None:
    channel = OldCopies(FakeClock())
    channel.load(*SHOP)
    run = Runner(channel, tmp_path / "state.db")
    run.pace = Pace(1, verify=False)
    run.apply([row])
    plan = run.undo_plan(settle=30)
    assert {change.path for change in plan.rows[0].changes} == ({*row.cells} - {OUTER_ID} or {INVENTORY})
    assert plan.rows[0].calls and channel.clock.monotonic() == 30
