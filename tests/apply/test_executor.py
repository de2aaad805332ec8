"""The executor over the real shop and a real state file: what is durable when, what runs beside what, what stops."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from sync.apply.executor import Pace
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS
from sync.item import Status
from tests.apply.rows import NEW_CELLS, SHOP, WEEK, item, line
from tests.apply.rows import row as new_row
from tests.apply.shelf import LATE_BY, Bench, Fate, Fault, Shelf
from tests.hours import Hours

SETTLE_AFTER = Pace().settle_after


def bench(tmp_path: Path, *, connections: int = 1, fate: Fate = lambda _, __: None) -> Bench:
    shelf = Shelf(Hours(), fate)
    shelf.load(*SHOP)
    return Bench(shelf, tmp_path / "state.db", Pace(connections, verify=False))


@pytest.mark.parametrize("connections", [1, 4])
def test_before_a_call_leaves_its_intent_is_in_the_file(tmp_path: Path, connections: int) -> None:
    run = bench(tmp_path, connections=connections)
    written: list[int] = []
    run.shelf.watch = lambda call: written.append(run.intents(call))
    run.apply(WEEK)
    assert len(written) == len(run.shelf.sent) > 15
    # Two new items need two ids, and those two calls are spelt alike.
    assert {1} <= set(written) <= {1, 2}


def test_an_items_calls_run_in_their_order(tmp_path: Path) -> None:
    run = bench(tmp_path, connections=4)
    plan = run.plan(WEEK)
    run.apply(WEEK)
    for row in plan.rows:
        if row.item_id and row.calls:
            sent = [call for call in run.shelf.sent if call.item_id == row.item_id and call.op is not Op.LOOK]
            assert sent == [call for call in row.calls if call.op is not Op.LOOK]


def test_different_items_run_side_by_side(tmp_path: Path) -> None:
    run = bench(tmp_path, connections=4)
    all_at_once = threading.Barrier(4)
    run.shelf.watch = lambda _: (all_at_once.wait(5), None)[1]
    report = run.apply([line(n, {PRICE: 2590}) for n in range(4)])
    assert [result.result for result in report.results] == [Result.DONE] * 4


def test_many_calls_share_a_commit_but_a_move_leaves_alone(tmp_path: Path) -> None:
    run = bench(tmp_path)
    together: dict[str, int] = {}
    run.shelf.watch = lambda call: together.update({f"{call.op} {call.item_id}": run.intents()})
    run.apply(
        [line(0, {PRICE: 1}), line(1, {PRICE: 1}), line(3, {}, change=5), line(4, {PRICE: 1}), line(9, {PRICE: 1})]
    )
    moves = {op: intents for op, intents in together.items() if op.startswith("stock")}
    assert list(moves.values()) == [1]
    assert max(together.values()) == 2


def test_a_stop_lets_what_is_under_way_finish_and_resume_does_the_rest(tmp_path: Path) -> None:
    run = bench(tmp_path)
    run.shelf.watch = lambda _: run.stop.set() if len(run.shelf.batches) == 3 else None
    stopped = run.apply(WEEK)
    assert len(run.shelf.sent) == sum(map(len, run.shelf.batches[:3]))
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
    run = bench(tmp_path, connections=connections, fate=lambda n, _: Fault.CLOSED if n >= 7 else None)
    stopped = run.apply(WEEK)
    assert len(run.shelf.sent) <= 7 + connections
    assert not stopped.finished
    assert stopped.refused is not None and stopped.refused.code == "gateway.session"
    run.shelf.fate = lambda _, __: None
    run.open()
    resumed = run.resume()
    assert resumed is not None and resumed.finished
    check_week(run, [result.result for result in resumed.results])
    assert run.shelf.executed.total() == 2


def check_week(run: Bench, results: list[Result]) -> None:
    assert results == [Result.DONE] * 9 + [Result.NONE] + [Result.DONE] * 2 + [Result.INVALID]
    stock = {code: (run.shelf.held(code) or {}).get(INVENTORY) for code in ("I-1", "I-2", "I-3", "I-4", "I-7", "N-2")}
    assert stock == {"I-1": 15, "I-2": 0, "I-3": 15, "I-4": 0, "I-7": None, "N-2": 5}
    assert (run.shelf.held("N-2") or {})[STATUS] == Status.INACTIVE


def test_a_lost_call_is_looked_after_once_it_has_surely_been_executed_or_never_will(tmp_path: Path) -> None:
    run = bench(tmp_path, fate=lambda n, _: Fault.LATE if n == 0 else None)
    report = run.apply([line(3, {}, change=5)])
    assert report.results[0].result is Result.DONE
    assert [call.op for call in run.shelf.sent] == [Op.STOCK, Op.LOOK]
    assert run.shelf.sent_at[1] - run.shelf.sent_at[0] >= timedelta(seconds=SETTLE_AFTER)


def test_a_call_that_waited_for_its_turn_is_given_its_full_time(tmp_path: Path) -> None:
    """A ban that the client sits out, or a long batch: the call leaves much later than its intent was written."""
    run = bench(tmp_path, fate=lambda n, _: Fault.LATE if n == 0 else None)
    run.shelf.watch = lambda call: run.shelf.hours.pause(100) if call.op is Op.STOCK else None
    report = run.apply([line(3, {}, change=5)])
    assert report.results[0].result is Result.DONE


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(tmp_path: Path) -> None:
    """The first call is lost; while it waits for its time, the second one's moment is an hour earlier."""
    run = bench(tmp_path, fate=lambda n, _: Fault.NO_ANSWER if n == 0 else None)

    def set_back(call: Call) -> None:
        run.shelf.hours.at -= timedelta(hours=1) if call.item_id == item(1)["_sys@itemId"] else timedelta()

    run.pace = Pace(1, batch=1, settle_after=SETTLE_AFTER, verify=False)
    run.shelf.watch = set_back
    report = run.apply([line(n, {PRICE: 2590}) for n in range(2)])
    assert report.finished
    assert sum(run.shelf.hours.pauses) <= 3 * SETTLE_AFTER


def test_others_go_on_while_a_lost_call_waits(tmp_path: Path) -> None:
    run = bench(tmp_path, fate=lambda n, _: Fault.NO_ANSWER if n == 0 else None)
    run.apply([line(n, {PRICE: 2590}) for n in range(3)])
    assert [(call.op, call.item_id) for call in run.shelf.sent[:3]] == [
        (Op.MODIFY, item(n)["_sys@itemId"]) for n in range(3)
    ]
    assert run.shelf.sent_at[2] == run.shelf.sent_at[0]


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_count_that_is_lost_again_and_again_is_never_closed_twice(tmp_path: Path, lost: int) -> None:
    def fate(_: int, call: Call) -> Fault | None:
        nonlocal lost
        lost -= call.op is Op.STOCK
        return Fault.LATE if call.op is Op.STOCK and lost >= 0 else None

    run = bench(tmp_path, fate=fate)
    report = run.apply([line(1, {INVENTORY: 15})])
    run.shelf.catch_up()
    assert report.results[0].result is Result.DONE
    assert (run.shelf.held("I-1") or {})[INVENTORY] == 15
    assert [call.op for call in run.shelf.sent].count(Op.STOCK) == 1


def test_the_last_look_comes_when_all_other_rows_have_ended(tmp_path: Path) -> None:
    run = bench(tmp_path, fate=lambda n, _: Fault.NEVER_ARRIVED if n == 0 else None)
    report = run.apply([line(3, {}, change=5), *(line(n, {PRICE: 1, STATUS: Status.INACTIVE}) for n in (0, 1, 2))])
    assert run.shelf.sent[-1].item_id == item(3)["_sys@itemId"]
    assert report.finished
    assert [result.result for result in report.results] == [Result.DONE] * 3 + [Result.UNKNOWN]


def test_a_lost_move_that_comes_late_is_found_at_the_end(tmp_path: Path) -> None:
    """Later than anybody would wait for it: the first look finds nothing, the last one does."""
    run = bench(tmp_path, fate=lambda n, _: Fault.LATE if n == 0 else None)
    run.pace = Pace(1, settle_after=LATE_BY - 10, verify=False)
    report = run.apply([line(3, {}, change=5), line(0, {PRICE: 1})])
    assert [result.result for result in report.results] == [Result.DONE, Result.DONE]
    assert [result.change_applied for result in report.results] == [None, 5]


def test_waiting_costs_no_work(tmp_path: Path) -> None:
    """One row waits for the end, and another, lost twice, for its time: nothing turns in circles meanwhile."""
    run = bench(tmp_path, fate=lambda n, _: Fault.NEVER_ARRIVED if n in (0, 1, 4) else None)
    report = run.apply([line(3, {}, change=5), line(6, {PRICE: 1})])
    assert [call.op for call in run.shelf.sent[:5]] == [Op.STOCK, Op.MODIFY, Op.LOOK, Op.LOOK, Op.MODIFY]
    assert [result.result for result in report.results] == [Result.UNKNOWN, Result.DONE]
    assert len(run.shelf.hours.pauses) <= 4


PRICES = {f"I-{n}": 2590 for n in range(9)}


def prices(run: Bench) -> dict[str, object]:
    return {code: (run.shelf.held(code) or {}).get(PRICE) for code in PRICES}


def test_what_is_ready_leaves_together_on_the_connections_that_are_free(tmp_path: Path) -> None:
    run = bench(tmp_path, connections=2)
    run.apply([line(n, {PRICE: 2590}) for n in range(9)])
    assert sorted(len(calls) for calls in run.shelf.batches) == [4, 5]
    assert prices(run) == PRICES


@pytest.mark.parametrize("batch", [1, 3])
def test_no_more_than_are_wanted_leave_together(tmp_path: Path, batch: int) -> None:
    run = bench(tmp_path)
    run.pace = Pace(1, batch, verify=False)
    run.apply([line(n, {PRICE: 2590}) for n in range(9)])
    assert [len(calls) for calls in run.shelf.batches] == [batch] * (9 // batch)


@pytest.mark.parametrize("fault", [Fault.NEVER_ARRIVED, Fault.NO_ANSWER, Fault.LATE], ids=str)
def test_a_call_that_takes_every_batch_down_with_it_ends_up_alone(tmp_path: Path, fault: Fault) -> None:
    """Eight of nine prices are set; the ninth's row is told to be unknown, unless a look finds it done."""
    poison = item(4)["_sys@itemId"]
    run = bench(tmp_path)
    run.shelf.batch_fate = lambda calls: (
        fault if any(call.writes and call.item_id == poison for call in calls) else None
    )
    report = run.apply([line(n, {PRICE: 2590}) for n in range(9)])
    poisoned = [calls for calls in run.shelf.batches if any(c.writes and c.item_id == poison for c in calls)]
    sizes = [len(calls) for calls in poisoned]
    assert sizes == ([9, 4, 1, 1, 1] if fault is Fault.NEVER_ARRIVED else [9])
    results = [result.result for result in report.results]
    assert results[:4] + results[5:] == [Result.DONE] * 8
    assert results[4] is (Result.UNKNOWN if fault is Fault.NEVER_ARRIVED else Result.DONE)
    assert {code: price for code, price in prices(run).items() if code != "I-4"} == {
        code: price for code, price in PRICES.items() if code != "I-4"
    }


def test_nothing_to_do_is_done_at_once(tmp_path: Path) -> None:
    run = bench(tmp_path)
    report = run.apply([line(9, {PRICE: 1990})])
    assert (report.finished, run.shelf.sent) == (True, [])
    assert run.apply([]).finished


@pytest.mark.parametrize("batch", [1, 20])
def test_an_id_that_is_given_twice_makes_no_two_rows_one_item(tmp_path: Path, batch: int) -> None:
    run = Bench(Shelf(Hours()), tmp_path / "state.db", Pace(1, batch))
    given = str(run.shelf.shop.generate_id())
    run.shelf.shop.generate_id = lambda: int(given)  # type: ignore[method-assign]
    report = run.apply([new_row(n, f"N-{n}", NEW_CELLS) for n in (2, 3, 4)])
    assert report.finished
    assert [(result.result, result.item_id) for result in report.results] == [
        (Result.DONE, given),
        (Result.UNKNOWN, None),
        (Result.UNKNOWN, None),
    ]
    assert run.shelf.codes() == {"N-2": 1}


class Swapping(Shelf):
    """A platform that answers the calls of a batch in another order."""

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        replies = super().send(calls)
        return replies[::-1] if {call.op for call in calls} == {Op.PUBLISH} else replies


def test_answers_that_were_exchanged_make_no_row_anothers_item(tmp_path: Path) -> None:
    run = Bench(Swapping(Hours()), tmp_path / "state.db", Pace(1, 20))
    report = run.apply([new_row(n, f"N-{n}", {**NEW_CELLS, STATUS: Status.INACTIVE}) for n in (2, 3)])
    assert [result.result for result in report.results] == [Result.DONE, Result.DONE]
    for result in report.results:
        held = run.shelf.held(result.outer_id) or {}
        assert (held["_sys@itemId"], held[STATUS]) == (result.item_id, Status.INACTIVE)
        assert not [problem for problem in result.note if problem.code == "publish.other_id"]


def test_what_left_long_ago_is_looked_after_at_the_end_without_another_wait(tmp_path: Path) -> None:
    """The first row's call is lost once, the second's twice: when that ends, the first one's can come no more."""
    first, second = item(0)[ITEM_ID], item(1)[ITEM_ID]
    losses = [first, second, second]

    def fate(_: int, call: Call) -> Fault | None:
        if call.op is Op.LOOK or call.item_id not in losses:
            return None
        losses.remove(str(call.item_id))
        return Fault.NEVER_ARRIVED

    run = bench(tmp_path, fate=fate)
    run.apply([line(0, {PRICE: 2590}), line(1, {PRICE: 2590})])
    began = run.shelf.sent_at[0]
    looks = [
        (at - began).total_seconds()
        for at, call in zip(run.shelf.sent_at, run.shelf.sent, strict=True)
        if call.op is Op.LOOK and call.item_id == first
    ]
    assert looks == [SETTLE_AFTER, 2 * SETTLE_AFTER]
