"""Sixteen moves of stock are under way as the process dies: none is made twice, none is called done that isn't."""

from __future__ import annotations

from pathlib import Path
from random import Random
from threading import Lock

import pytest
from sqlalchemy import event

from sync.apply.executor import MOVES, Pace
from sync.call import Call, Result
from sync.fields import INVENTORY
from tests.apply.fake_channel import FakeChannel, PowerCut, Runner
from tests.apply.rows import item, row_of
from tests.clocks import FakeClock

ROWS = range(40)
CONNECTIONS = 4
BY = 5


@pytest.mark.parametrize("seed", range(3))
def test_cut_off(tmp_path: Path, seed: int) -> None:
    cut_off_and_resumed(tmp_path, Random(seed))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3, 400))
def test_cut_off_at_many_moments(tmp_path: Path, seed: int) -> None:
    cut_off_and_resumed(tmp_path, Random(seed))


def cut_off_and_resumed(tmp_path: Path, dice: Random) -> None:
    channel = FakeChannel(FakeClock())
    channel.load(*map(item, ROWS))
    run = Runner(channel, tmp_path / "state.db", Pace(CONNECTIONS))
    cut(run, dice)
    with pytest.raises(PowerCut):
        run.apply([row_of(n, {}, change=BY) for n in ROWS])
    run.store.close()
    channel.watch = lambda _: None
    run.open()
    report = run.resume()
    assert report is not None and report.finished
    unknown = [one for one in report.results if one.result is Result.UNKNOWN]
    assert len(unknown) <= CONNECTIONS * MOVES
    for one in report.results:
        moved = channel.executed[one.item_id or ""]
        hold = run.store.baselines()[one.outer_id].hold
        assert hold is not None and hold.unknown is (one.result is Result.UNKNOWN), one
        assert moved == 1 if one.result is Result.DONE else moved == 0, one
        assert (channel.held(one.outer_id) or {})[INVENTORY] == 10 + BY * moved


def cut(run: Runner, dice: Random) -> None:
    """Let the process die at a move, before or after it was made, or before a commit."""
    lock, left, executed = Lock(), dice.randrange(len(ROWS)), dice.random() < 0.5
    if dice.random() < 0.3:
        commits = [0] * dice.randrange(1, 5)

        def count(_: object) -> None:
            if not commits:
                raise PowerCut
            commits.pop()

        event.listen(run.store.engine, "commit", count)
        return

    def watch(call: Call) -> None:
        nonlocal left
        with lock:
            left -= call.is_move
            if left >= 0 or not call.is_move:
                return
            if left == -1 and executed:
                run.channel.execute(call)
        raise PowerCut

    run.channel.watch = watch
