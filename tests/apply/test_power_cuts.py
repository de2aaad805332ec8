"""A process that is killed at any instant loses nothing, and does nothing twice (docs/reference/outcomes.md#cut-off).

The run is cut off at each of its commits and each of its calls in turn, and taken up from the same state file.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from sync.apply.executor import Pace
from sync.apply.run import RunReport
from sync.call import Call, Op, Outcome, Result, RowResult
from sync.fields import INVENTORY, ITEM_ID
from sync.item import Row
from sync.plan.diff import wanted
from sync.plan.plan import Action
from tests.apply.fake_channel import FakeChannel, Fault, PowerCut, Runner, with_ids
from tests.apply.rows import SHOP, WEEK
from tests.clocks import FakeClock

COMMITS = range(13)
CALLS = range(32)
"""As many as an undisturbed run makes, and one more: that one finds the run at its end."""
MOST_RESUMES = 60
MOVES = ("I-3", "I-4")


def runner(tmp_path: Path, connections: int = 1) -> Runner:
    channel = FakeChannel(FakeClock())
    channel.load(*SHOP)
    return Runner(channel, tmp_path / "state.db", Pace(connections))


def cut_at(run: Runner, commit: int) -> None:
    """Let the power fail just before the state file takes its `commit`-th commit from now, counted from 0."""
    left = commit

    def count(_: Connection) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise PowerCut

    event.listen(run.store.engine, "commit", count)


def survive(run: Runner, work: Callable[[], RunReport | None]) -> RunReport | None:
    """Do `work`; None: it was cut off. Whatever follows opens the file anew."""
    try:
        return work()
    except PowerCut:
        return None
    finally:
        run.store.close()
        run.open()


def to_the_end(run: Runner) -> RunReport:
    """Do as a person does after a crash: resume, or apply where nothing was begun."""
    report = survive(run, run.resume) or survive(run, lambda: run.apply(WEEK))
    assert report is not None
    return report


def check(run: Runner, report: RunReport) -> None:
    """Whatever happened on the way: nothing twice, nothing lost, and the results are true."""
    assert report.finished and report.refused is None
    assert run.store.unfinished() is None
    results = {result.outer_id: result for result in report.results}
    assert list(results) == [row.outer_id for row in WEEK]
    assert set(run.channel.codes().values()) == {1}
    for row in WEEK:
        result = results[row.outer_id]
        expected = {"I-9": Result.NONE, "N-3": Result.INVALID}.get(row.outer_id, Result.DONE)
        assert result.result is expected or row.outer_id in MOVES
        check_row(run, row, result)
    check_nothing_is_left(run, report)


def check_row(run: Runner, row: Row, result: RowResult) -> None:
    """What was moved was moved once, and what is called done is so."""
    held = run.channel.held(row.outer_id)
    if row.outer_id in MOVES:
        check_move(run, row, result.result)
    if row.outer_id == "I-7":
        assert (held is None) is (result.result is Result.DONE)
    elif result.result is Result.DONE:
        assert held is not None
        assert {path: held.get(path) for path in row.cells} == {p: wanted(cell) for p, cell in row.cells.items()}
        assert result.item_id == held[ITEM_ID]


def check_move(run: Runner, row: Row, result: Result) -> None:
    by, moved = row.stock_change or 0, run.channel.executed[row.item_id or ""]
    hold = run.store.baselines()[row.outer_id].hold
    assert hold is not None and hold.by == by
    assert (run.channel.held(row.outer_id) or {})[INVENTORY] == 10 + by * moved
    if result is Result.DONE:
        assert (moved, hold.unknown) == (1, False)
    else:
        assert (result, hold.unknown) == (Result.UNKNOWN, True)
        assert moved <= 1


def check_nothing_is_left(run: Runner, report: RunReport) -> None:
    """The next run has nothing to do but wait for a person's answers."""
    sent = len(run.channel.sent)
    actions = {row.row.outer_id: row.action for row in run.plan(with_ids(WEEK, report)).rows}
    unknown = {result.outer_id for result in report.results if result.result is Result.UNKNOWN}
    assert {code for code, action in actions.items() if action is Action.BLOCKED} == unknown
    assert {code for code, action in actions.items() if action is Action.INVALID} == {"N-3"}
    assert set(actions.values()) <= {Action.NONE, Action.BLOCKED, Action.INVALID}
    assert len(run.channel.sent) == sent


@pytest.mark.one_in(3)
@pytest.mark.parametrize("connections", [1, 3])
@pytest.mark.parametrize("commit", COMMITS)
def test_cut_off_before_a_commit(tmp_path: Path, commit: int, connections: int) -> None:
    run = runner(tmp_path, connections)
    cut_at(run, commit)
    first = survive(run, lambda: run.apply(WEEK))
    check(run, first or to_the_end(run))
    if connections == 1:
        assert (first is not None) is (commit == COMMITS[-1])


@pytest.mark.one_in(5)
@pytest.mark.parametrize("executed", [False, True], ids=["before it is executed", "after it was executed"])
@pytest.mark.parametrize("call", CALLS)
def test_cut_off_in_a_call(tmp_path: Path, call: int, executed: bool) -> None:
    run = runner(tmp_path)

    def watch(sent: Call) -> None:
        if len(run.channel.sent) == call + 1:
            run.channel.watch = lambda _: None
            if executed:
                run.channel.execute(sent)
            raise PowerCut

    run.channel.watch = watch
    first = survive(run, lambda: run.apply(WEEK))
    check(run, first or to_the_end(run))
    assert (first is not None) is (call == CALLS[-1])


@pytest.mark.one_in(3)
@pytest.mark.parametrize("lifetime", range(3, 12))
def test_cut_off_again_and_again(tmp_path: Path, lifetime: int) -> None:
    """Every process lives for no more than so many commits, and the run still comes to its end."""
    run = runner(tmp_path)
    for _ in range(MOST_RESUMES):
        cut_at(run, lifetime)
        report = survive(run, run.resume if run.store.unfinished() else lambda: run.apply(WEEK))
        if report is not None:
            check(run, report)
            return
    raise AssertionError("the run never came to its end")


@pytest.mark.one_in(5)
@pytest.mark.parametrize("fault", [Fault.NEVER_ARRIVED, Fault.NO_ANSWER, Fault.LATE], ids=str)
@pytest.mark.parametrize("commit", range(2, 20, 3))
def test_cut_off_in_bad_weather(tmp_path: Path, commit: int, fault: Fault) -> None:
    """Every third write is lost too. Nobody needs an answer of a person but for the moves."""
    run = runner(tmp_path)
    run.channel.fault_for = lambda n, call: (
        fault if n % 3 == 0 and call.writes and call.op is not Op.GENERATE else None
    )
    cut_at(run, commit)
    report = survive(run, lambda: run.apply(WEEK)) or to_the_end(run)
    run.channel.catch_up()
    check(run, report)


def test_what_a_resumed_run_reports_is_what_an_undisturbed_one_would(tmp_path: Path) -> None:
    undisturbed = runner(tmp_path).apply(WEEK)
    (tmp_path / "again").mkdir()
    run = runner(tmp_path / "again")
    run.channel.fault_for = lambda n, _: Fault.CLOSED if n == 6 else None
    run.apply(WEEK)
    run.channel.fault_for = lambda _, __: None
    run.open()
    resumed = run.resume()
    assert resumed is not None
    # What was carried out before no call passed any more, could not be read back.
    assert {problem.code for result in resumed.results for problem in result.note} - {"readback.unread"} == {
        problem.code for result in undisturbed.results for problem in result.note
    }
    assert [replace(result, calls=(), note=()) for result in resumed.results] == [
        replace(result, calls=(), note=()) for result in undisturbed.results
    ]
    not_sent = [call for result in resumed.results for call in result.calls if call.outcome is Outcome.NOT_SENT]
    assert len(not_sent) >= 1
