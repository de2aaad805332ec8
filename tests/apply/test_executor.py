"""The executor over the real shop and a real state file: what is durable when, what runs beside what, what stops."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from sync.apply.executor import Pace
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS
from sync.item import Status
from tests.apply.fake_channel import LATE_BY, FakeChannel, Fault, FaultFor, PowerCut, Runner
from tests.apply.rows import NEW_CELLS, SHOP, WEEK, item, row_of
from tests.apply.rows import row as new_row
from tests.clocks import FakeClock

SETTLE_AFTER = Pace().settle_after


def runner(tmp_path: Path, *, connections: int = 1, fault_for: FaultFor = lambda _, __: None) -> Runner:
    channel = FakeChannel(FakeClock(), fault_for)
    channel.load(*SHOP)
    return Runner(channel, tmp_path / "state.db", Pace(connections, verify=False))


@pytest.mark.parametrize("connections", [1, 4])
def test_before_a_call_leaves_its_intent_is_in_the_file(tmp_path: Path, connections: int) -> None:
    run = runner(tmp_path, connections=connections)
    written: list[int] = []
    run.channel.watch = lambda call: written.append(run.intents(call))
    run.apply(WEEK)
    assert len(written) == len(run.channel.sent) > 15
    # Two new items need two ids, and those two calls are spelt alike.
    assert {1} <= set(written) <= {1, 2}


def test_an_items_calls_run_in_their_order(tmp_path: Path) -> None:
    run = runner(tmp_path, connections=4)
    plan = run.plan(WEEK)
    run.apply(WEEK)
    for row in plan.rows:
        if row.item_id and row.calls:
            sent = [call for call in run.channel.sent if call.item_id == row.item_id and call.op is not Op.LOOK]
            assert sent == [call for call in row.calls if call.op is not Op.LOOK]


def test_different_items_run_side_by_side(tmp_path: Path) -> None:
    run = runner(tmp_path, connections=4)
    all_at_once = threading.Barrier(4)
    run.channel.watch = lambda _: (all_at_once.wait(5), None)[1]
    report = run.apply([row_of(n, {PRICE: 2590}) for n in range(4)])
    assert [result.result for result in report.results] == [Result.DONE] * 4


def test_many_calls_share_a_commit_but_a_move_leaves_alone(tmp_path: Path) -> None:
    run = runner(tmp_path)
    together: dict[str, int] = {}
    run.channel.watch = lambda call: together.update({f"{call.op} {call.item_id}": run.intents()})
    run.apply(
        [
            row_of(0, {PRICE: 1}),
            row_of(1, {PRICE: 1}),
            row_of(3, {}, change=5),
            row_of(4, {PRICE: 1}),
            row_of(9, {PRICE: 1}),
        ]
    )
    moves = {op: intents for op, intents in together.items() if op.startswith("stock")}
    assert list(moves.values()) == [1]
    assert max(together.values()) == 2


def test_moves_leave_alone_and_four_times_as_many_at_once(tmp_path: Path) -> None:
    """They can't be repeated: of a lost batch, a person would have to answer for each."""
    run = runner(tmp_path, connections=2)
    all_at_once = threading.Barrier(8)
    run.channel.watch = lambda call: (call.is_move and all_at_once.wait(5), None)[1]
    report = run.apply([row_of(n, {}, change=5) for n in range(8)])
    assert [result.result for result in report.results] == [Result.DONE] * 8
    assert [len(batch) for batch in run.channel.batches if batch[0].is_move] == [1] * 8


def test_readings_back_share_requests_and_nothing_waits_for_a_full_one(tmp_path: Path) -> None:
    run = runner(tmp_path)
    run.pace = Pace(connections=1, batch=4)
    began = run.channel.clock.at
    off = row_of(0, {PRICE: 2590, STATUS: Status.INACTIVE})
    run.apply([off, *(row_of(n, {PRICE: 2590}) for n in range(1, 6))])
    assert [Counter(call.op.value for call in batch) for batch in run.channel.batches] == [
        {"status": 1, "modify": 3},
        {"modify": 3},
        {"look": 4},
        {"look": 2},
    ]
    assert run.channel.clock.at == began


def test_a_stop_lets_what_is_under_way_finish_and_resume_does_the_rest(tmp_path: Path) -> None:
    run = runner(tmp_path)
    run.channel.watch = lambda _: run.stop.set() if len(run.channel.batches) == 3 else None
    stopped = run.apply(WEEK)
    assert len(run.channel.sent) == sum(map(len, run.channel.batches[:3]))
    assert (stopped.finished, stopped.refused) == (False, None)
    assert run.intents() == 0
    run.open()
    resumed = run.resume()
    assert resumed is not None and resumed.finished and resumed.run == stopped.run
    check_week(run, [result.result for result in resumed.results])
    assert run.resume() is None
    assert Outcome.UNKNOWN not in [call.outcome for result in resumed.results for call in result.calls]


@pytest.mark.parametrize("connections", [1, 4])
def test_where_one_call_cannot_pass_no_other_is_tried(tmp_path: Path, connections: int) -> None:
    run = runner(tmp_path, connections=connections, fault_for=lambda n, _: Fault.CLOSED if n >= 7 else None)
    stopped = run.apply(WEEK)
    assert len(run.channel.sent) <= 7 + connections
    assert not stopped.finished
    assert stopped.refused is not None and stopped.refused.code == "gateway.session"
    run.channel.fault_for = lambda _, __: None
    run.open()
    resumed = run.resume()
    assert resumed is not None and resumed.finished
    check_week(run, [result.result for result in resumed.results])
    assert run.channel.executed.total() == 2


def check_week(run: Runner, results: list[Result]) -> None:
    assert results == [Result.DONE] * 9 + [Result.NONE] + [Result.DONE] * 2 + [Result.INVALID]
    stock = {
        code: (run.channel.held(code) or {}).get(INVENTORY) for code in ("I-1", "I-2", "I-3", "I-4", "I-7", "N-2")
    }
    assert stock == {"I-1": 15, "I-2": 0, "I-3": 15, "I-4": 0, "I-7": None, "N-2": 5}
    assert (run.channel.held("N-2") or {})[STATUS] == Status.INACTIVE


def test_a_lost_call_is_looked_after_once_it_has_surely_been_executed_or_never_will(tmp_path: Path) -> None:
    run = runner(tmp_path, fault_for=lambda n, _: Fault.LATE if n == 0 else None)
    report = run.apply([row_of(3, {}, change=5)])
    assert report.results[0].result is Result.DONE
    assert [call.op for call in run.channel.sent] == [Op.STOCK, Op.LOOK]
    assert run.channel.sent_at[1] - run.channel.sent_at[0] >= timedelta(seconds=SETTLE_AFTER)


def test_a_lost_look_is_given_its_full_time_too(tmp_path: Path) -> None:
    run = runner(tmp_path, fault_for=lambda n, _: Fault.NO_ANSWER if n in (0, 1) else None)
    run.apply([row_of(0, {PRICE: 2590})])
    began = run.channel.sent_at[0]
    waited = [(at - began).total_seconds() for at in run.channel.sent_at]
    assert waited[:3] == [0, SETTLE_AFTER, 2 * SETTLE_AFTER]


def test_a_call_that_waited_for_its_turn_is_given_its_full_time(tmp_path: Path) -> None:
    """A ban that the client sits out, or a long batch: the call leaves much later than its intent was written."""
    run = runner(tmp_path, fault_for=lambda n, _: Fault.LATE if n == 0 else None)
    run.channel.watch = lambda call: run.channel.clock.pause(100) if call.op is Op.STOCK else None
    report = run.apply([row_of(3, {}, change=5)])
    assert report.results[0].result is Result.DONE


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(tmp_path: Path) -> None:
    """The first call is lost; while it waits for its time, the second one's moment is an hour earlier."""
    run = runner(tmp_path, fault_for=lambda n, _: Fault.NO_ANSWER if n == 0 else None)

    def set_back(call: Call) -> None:
        run.channel.clock.at -= timedelta(hours=1) if call.item_id == item(1)["_sys@itemId"] else timedelta()

    run.pace = Pace(1, batch=1, settle_after=SETTLE_AFTER, verify=False)
    run.channel.watch = set_back
    report = run.apply([row_of(n, {PRICE: 2590}) for n in range(2)])
    assert report.finished
    assert sum(run.channel.clock.pauses) <= 3 * SETTLE_AFTER


def test_others_go_on_while_a_lost_call_waits(tmp_path: Path) -> None:
    run = runner(tmp_path, fault_for=lambda n, _: Fault.NO_ANSWER if n == 0 else None)
    run.apply([row_of(n, {PRICE: 2590}) for n in range(3)])
    assert [(call.op, call.item_id) for call in run.channel.sent[:3]] == [
        (Op.MODIFY, item(n)["_sys@itemId"]) for n in range(3)
    ]
    assert run.channel.sent_at[2] == run.channel.sent_at[0]


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_count_that_is_lost_again_and_again_is_never_closed_twice(tmp_path: Path, lost: int) -> None:
    def fault_for(_: int, call: Call) -> Fault | None:
        nonlocal lost
        lost -= call.op is Op.STOCK
        return Fault.LATE if call.op is Op.STOCK and lost >= 0 else None

    run = runner(tmp_path, fault_for=fault_for)
    report = run.apply([row_of(1, {INVENTORY: 15})])
    run.channel.catch_up()
    assert report.results[0].result is Result.DONE
    assert (run.channel.held("I-1") or {})[INVENTORY] == 15
    assert [call.op for call in run.channel.sent].count(Op.STOCK) == 1


def test_the_last_look_comes_when_all_other_rows_have_ended(tmp_path: Path) -> None:
    run = runner(tmp_path, fault_for=lambda n, _: Fault.NEVER_ARRIVED if n == 0 else None)
    report = run.apply(
        [row_of(3, {}, change=5), *(row_of(n, {PRICE: 1, STATUS: Status.INACTIVE}) for n in (0, 1, 2))]
    )
    assert run.channel.sent[-1].item_id == item(3)["_sys@itemId"]
    assert report.finished
    assert [result.result for result in report.results] == [Result.DONE] * 3 + [Result.UNKNOWN]


def test_a_lost_move_that_comes_late_is_found_at_the_end(tmp_path: Path) -> None:
    """Later than anybody would wait for it: the first look finds nothing, the last one does."""
    run = runner(tmp_path, fault_for=lambda n, _: Fault.LATE if n == 0 else None)
    run.pace = Pace(1, settle_after=LATE_BY - 10, verify=False)
    report = run.apply([row_of(3, {}, change=5), row_of(0, {PRICE: 1})])
    assert [result.result for result in report.results] == [Result.DONE, Result.DONE]
    assert [result.change_applied for result in report.results] == [None, 5]


def test_waiting_costs_no_work(tmp_path: Path) -> None:
    """One row waits for the end, and another, lost twice, for its time: nothing turns in circles meanwhile."""
    run = runner(tmp_path, fault_for=lambda n, _: Fault.NEVER_ARRIVED if n in (0, 1, 4) else None)
    report = run.apply([row_of(3, {}, change=5), row_of(6, {PRICE: 1})])
    assert [call.op for call in run.channel.sent[:5]] == [Op.STOCK, Op.MODIFY, Op.LOOK, Op.LOOK, Op.MODIFY]
    assert [result.result for result in report.results] == [Result.UNKNOWN, Result.DONE]
    assert len(run.channel.clock.pauses) <= 4


PRICES = {f"I-{n}": 2590 for n in range(9)}


def prices(run: Runner) -> dict[str, object]:
    return {code: (run.channel.held(code) or {}).get(PRICE) for code in PRICES}


def test_what_is_ready_leaves_together_on_the_connections_that_are_free(tmp_path: Path) -> None:
    run = runner(tmp_path, connections=2)
    run.apply([row_of(n, {PRICE: 2590}) for n in range(9)])
    assert sorted(len(calls) for calls in run.channel.batches) == [4, 5]
    assert prices(run) == PRICES


@pytest.mark.parametrize("batch", [1, 3])
def test_no_more_than_are_wanted_leave_together(tmp_path: Path, batch: int) -> None:
    run = runner(tmp_path)
    run.pace = Pace(1, batch, verify=False)
    run.apply([row_of(n, {PRICE: 2590}) for n in range(9)])
    assert [len(calls) for calls in run.channel.batches] == [batch] * (9 // batch)


@pytest.mark.parametrize("fault", [Fault.NEVER_ARRIVED, Fault.NO_ANSWER, Fault.LATE], ids=str)
def test_a_call_that_takes_every_batch_down_with_it_ends_up_alone(tmp_path: Path, fault: Fault) -> None:
    """Eight of nine prices are set; the ninth's row is told to be unknown, unless a look finds it done."""
    poison = item(4)["_sys@itemId"]
    run = runner(tmp_path)
    run.channel.batch_fault_for = lambda calls: (
        fault if any(call.writes and call.item_id == poison for call in calls) else None
    )
    report = run.apply([row_of(n, {PRICE: 2590}) for n in range(9)])
    poisoned = [calls for calls in run.channel.batches if any(c.writes and c.item_id == poison for c in calls)]
    sizes = [len(calls) for calls in poisoned]
    assert sizes == ([9, 4, 1, 1, 1] if fault is Fault.NEVER_ARRIVED else [9])
    results = [result.result for result in report.results]
    assert results[:4] + results[5:] == [Result.DONE] * 8
    assert results[4] is (Result.UNKNOWN if fault is Fault.NEVER_ARRIVED else Result.DONE)
    assert {code: price for code, price in prices(run).items() if code != "I-4"} == {
        code: price for code, price in PRICES.items() if code != "I-4"
    }


def test_nothing_to_do_is_done_at_once(tmp_path: Path) -> None:
    run = runner(tmp_path)
    report = run.apply([row_of(9, {PRICE: 1990})])
    assert (report.finished, run.channel.sent) == (True, [])
    assert run.apply([]).finished


@pytest.mark.parametrize("batch", [1, 20])
def test_an_id_that_is_given_twice_makes_no_two_rows_one_item(tmp_path: Path, batch: int) -> None:
    run = Runner(FakeChannel(FakeClock()), tmp_path / "state.db", Pace(1, batch))
    given = str(run.channel.shop.generate_id())
    run.channel.shop.generate_id = lambda: int(given)  # type: ignore[method-assign]
    report = run.apply([new_row(n, f"N-{n}", NEW_CELLS) for n in (2, 3, 4)])
    assert report.finished
    assert [(result.result, result.item_id) for result in report.results] == [
        (Result.DONE, given),
        (Result.UNKNOWN, None),
        (Result.UNKNOWN, None),
    ]
    assert run.channel.codes() == {"N-2": 1}


class Swapping(FakeChannel):
    """A platform that answers the calls of a batch in another order."""

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        replies = super().send(calls)
        return replies[::-1] if {call.op for call in calls} == {Op.PUBLISH} else replies


def test_answers_that_were_exchanged_make_no_row_anothers_item(tmp_path: Path) -> None:
    run = Runner(Swapping(FakeClock()), tmp_path / "state.db", Pace(1, 20))
    report = run.apply([new_row(n, f"N-{n}", {**NEW_CELLS, STATUS: Status.INACTIVE}) for n in (2, 3)])
    assert [result.result for result in report.results] == [Result.DONE, Result.DONE]
    for result in report.results:
        held = run.channel.held(result.outer_id) or {}
        assert (held["_sys@itemId"], held[STATUS]) == (result.item_id, Status.INACTIVE)
        assert not [problem for problem in result.note if problem.code == "publish.other_id"]


@pytest.mark.parametrize("lost", [2, 3])
def test_what_left_long_ago_is_looked_after_at_the_end_without_another_wait(tmp_path: Path, lost: int) -> None:
    """The first row's call is lost once, the second's more often: when that ends, the first's can come no more."""
    first, second = item(0)[ITEM_ID], item(1)[ITEM_ID]
    losses = [first, *[second] * lost]

    def fault_for(_: int, call: Call) -> Fault | None:
        if call.op is Op.LOOK or call.item_id not in losses:
            return None
        losses.remove(str(call.item_id))
        return Fault.NEVER_ARRIVED

    run = runner(tmp_path, fault_for=fault_for)
    run.apply([row_of(0, {PRICE: 2590}), row_of(1, {PRICE: 2590})])
    began = run.channel.sent_at[0]
    looks = [
        (at - began).total_seconds()
        for at, call in zip(run.channel.sent_at, run.channel.sent, strict=True)
        if call.op is Op.LOOK and call.item_id == first
    ]
    assert looks == [SETTLE_AFTER, lost * SETTLE_AFTER]


def test_nothing_is_read_back_while_calls_are_to_be_made(tmp_path: Path) -> None:
    run = runner(tmp_path, connections=2)
    run.pace = Pace(2, verify=True)
    looked, slow = threading.Event(), item(5)[ITEM_ID]

    def watch(call: Call) -> None:
        if call.op is Op.LOOK:
            looked.set()
        elif call.item_id == slow:
            looked.wait(0.1)

    run.channel.watch = watch
    run.apply([row_of(0, {PRICE: 2590}), row_of(5, {STATUS: Status.INACTIVE, PRICE: 2000, INVENTORY: 3})])
    ops = [call.op for call in run.channel.sent]
    assert ops == sorted(ops, key=lambda op: op is Op.LOOK)


@pytest.mark.parametrize("passed", [20.0, 100.0])
def test_time_that_passed_before_a_run_was_taken_up_is_not_waited_for_again(tmp_path: Path, passed: float) -> None:
    """The call was found open by a `resume` that was stopped at once; the next one comes so many seconds later."""
    run = runner(tmp_path, fault_for=lambda n, _: Fault.CUT if n == 0 else None)
    with pytest.raises(PowerCut):
        run.apply([row_of(0, {PRICE: 2590})])
    run.open()
    run.stop.set()
    run.resume()
    run.channel.clock.pause(passed)
    run.open()
    taken_up, sent = run.channel.clock.at, len(run.channel.sent)
    report = run.resume()
    assert report is not None
    assert report.results[0].result is Result.DONE
    assert run.channel.sent[sent].op is Op.LOOK
    assert (run.channel.sent_at[sent] - taken_up).total_seconds() == max(0, SETTLE_AFTER - passed)
