"""A run from its first journal entry to its last: what its results say, and what is remembered afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest

from sync.apply.run import apply
from sync.call import Call, Op, Outcome, Reply, Result, RowResult
from sync.errors import Refusal, Unfinished
from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS
from sync.item import Row, Status
from sync.messages import say
from sync.plan.options import Choices, Options
from sync.state.journal import Origin
from tests.apply.fake_channel import FakeChannel, Fault, FaultFor, Runner, with_ids
from tests.apply.rows import ID, NEW_CELLS, SHOP, WEEK, row, row_of
from tests.clocks import START, FakeClock


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    channel = FakeChannel(FakeClock())
    channel.load(*SHOP)
    return Runner(channel, tmp_path / "state.db")


def on(op: Op, fault: Fault) -> FaultFor:
    return lambda _, call: fault if call.op is op else None


def only(run: Runner, row: Row, fault_for: FaultFor = lambda _, __: None) -> RowResult:
    run.channel.fault_for = fault_for
    (result,) = run.apply([row]).results
    return result


def note_codes(result: RowResult) -> list[str]:
    return [problem.code for problem in result.note]


def test_a_second_run_of_the_same_sheet_has_nothing_to_do(run: Runner) -> None:
    first = run.apply(WEEK)
    assert len(run.channel.sent) > 0
    run.channel.sent.clear()
    again = run.apply(with_ids(WEEK, first))
    assert run.channel.sent == []
    assert {result.result for result in again.results} == {Result.NONE, Result.INVALID}


def test_results_come_in_the_sheets_order_with_their_calls(run: Runner) -> None:
    report = run.apply(WEEK)
    assert [result.row for result in report.results] == [row.number for row in WEEK]
    by_code = {result.outer_id: result for result in report.results}
    in_short = [call.method.removeprefix("taobao.open.item.") for call in by_code["I-5"].calls]
    assert in_short == ["status.modify", "modify", "inventory.decr"]
    assert by_code["I-9"].calls == ()
    assert by_code["N-1"].item_id == (run.channel.held("N-1") or {})[ITEM_ID]
    assert by_code["N-3"].item_id is None


def test_a_row_tells_what_was_changed(run: Runner) -> None:
    story = [message.words("en") for message in only(run, row_of(0, {PRICE: 2590, STATUS: Status.INACTIVE})).story]
    assert any("¥19.90" in told and "¥25.90" in told for told in story)
    assert len(story) == 2


def test_a_deletion_needs_leave(run: Runner) -> None:
    plan = run.plan([row_of(7, {STATUS: Status.DELETED})])
    report = apply(plan, Origin("weekly.xlsx"), run.place, allow_delete=False)
    assert [result.result for result in report.results] == [Result.BLOCKED]
    assert note_codes(report.results[0]) == ["delete.not_allowed"]
    assert run.channel.held("I-7") is not None
    assert report.finished


def test_a_new_run_waits_for_the_one_that_is_unfinished(run: Runner) -> None:
    run.channel.fault_for = lambda n, _: Fault.CLOSED
    assert not run.apply(WEEK).finished
    with pytest.raises(Refusal) as refused:
        run.apply(WEEK)
    assert (refused.value.message.code, type(refused.value)) == ("run.unfinished", Unfinished)
    assert len(run.store.runs()) == 1


def test_rows_that_a_stopped_run_did_not_reach_say_so(run: Runner) -> None:
    run.channel.fault_for = lambda n, _: Fault.CLOSED
    report = run.apply([row_of(0, {PRICE: 1}), row_of(9, {PRICE: 1990})])
    assert [result.result for result in report.results] == [Result.SKIPPED, Result.NONE]
    assert note_codes(report.results[0]) == ["note.not_reached"]


def test_an_item_whose_publish_was_refused_is_published_by_the_next_run(run: Runner) -> None:
    new = row(20, "N-1", NEW_CELLS)
    refused = only(run, new, on(Op.PUBLISH, Fault.REFUSED))
    assert (refused.result, refused.item_id) == (Result.FAILED, None)
    assert only(run, new).result is Result.DONE
    assert run.channel.codes()["N-1"] == 1


def test_an_item_whose_publish_stayed_in_doubt_keeps_its_id(run: Runner) -> None:
    new = row(20, "N-1", NEW_CELLS)

    def fault_for(_: int, call: Call) -> Fault | None:
        return {Op.PUBLISH: Fault.NO_ANSWER, Op.LOOK: Fault.NEVER_ARRIVED}.get(call.op)

    doubtful = only(run, new, fault_for)
    assert doubtful.result is Result.UNKNOWN
    assert doubtful.item_id == (run.channel.held("N-1") or {})[ITEM_ID]
    assert only(run, new).result in (Result.DONE, Result.NONE)
    assert run.channel.codes()["N-1"] == 1


@pytest.mark.parametrize("op", [Op.STATUS, Op.MODIFY, Op.STOCK], ids=str)
def test_what_failed_is_tried_again_and_what_was_done_is_not(run: Runner, op: Op) -> None:
    several = row_of(0, {STATUS: Status.INACTIVE, PRICE: 2590, INVENTORY: 15})
    failed = only(run, several, on(op, Fault.REFUSED))
    assert failed.result is Result.FAILED
    assert ("note.half_way" in note_codes(failed)) is (op is not Op.STATUS)
    done = [call.op for call in run.channel.sent[:-1]]
    run.channel.sent.clear()
    assert only(run, several).result is Result.DONE
    assert done + [call.op for call in run.channel.sent] == [Op.STATUS, Op.MODIFY, Op.STOCK, Op.LOOK]


def test_a_change_that_was_applied_is_held_until_its_cell_is_seen_empty(run: Runner) -> None:
    moved = row_of(3, {}, change=5)
    assert only(run, moved).change_applied == 5
    hold = run.store.baselines()["I-3"].hold
    assert hold is not None and (hold.by, hold.run, hold.at, hold.unknown) == (5, 1, START, False)
    blocked = only(run, moved)
    assert (blocked.result, note_codes(blocked)) == (Result.BLOCKED, ["hold.applied"])
    assert only(run, replace(moved, stock_change=None)).result is Result.NONE
    assert run.store.baselines()["I-3"].hold is None
    assert run.channel.executed.total() == 1


def test_a_change_that_was_refused_is_not_held(run: Runner) -> None:
    moved = row_of(3, {}, change=5)
    refused = only(run, moved, on(Op.STOCK, Fault.REFUSED))
    assert (refused.result, refused.change_applied) == (Result.FAILED, None)
    assert only(run, moved).change_applied == 5


def test_a_change_that_nobody_can_tell_of_is_held_with_both_values(run: Runner) -> None:
    moved = row_of(3, {PRICE: 2590}, change=5)
    lost = only(run, moved, on(Op.STOCK, Fault.NEVER_ARRIVED))
    assert (lost.result, note_codes(lost), lost.change_applied) == (
        Result.UNKNOWN,
        ["move.unknown", "answer.command"],
        None,
    )
    hold = run.store.baselines()["I-3"].hold
    assert hold is not None and (hold.unknown, hold.by, hold.before, hold.seen) == (True, 5, 10, 10)
    run.channel.sent.clear()
    for again in (moved, replace(moved, stock_change=None)):
        blocked = only(run, again)
        assert (blocked.result, note_codes(blocked)) == (Result.BLOCKED, ["hold.unknown"])
    assert run.channel.sent == []


def test_what_goes_up_waits_until_its_stock_can_be_read(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old number would put on sale what was sold since; and half a row done is no row skipped."""
    run.channel.fault_for = on(Op.STATUS, Fault.CLOSED)
    assert not run.apply([row_of(6, {PRICE: 2590, STATUS: Status.ACTIVE})]).finished
    run.channel.fault_for = lambda _, __: None
    run.open()
    with monkeypatch.context() as patch:
        lost = Reply(Outcome.UNKNOWN, error=say("gateway.lost"))
        patch.setattr(run.channel, "read", lambda ids, _: dict.fromkeys(ids, lost))
        waiting = run.resume()
    assert waiting is not None and not waiting.finished
    assert (run.channel.held("I-6") or {})[STATUS] == Status.INACTIVE
    run.open()
    resumed = run.resume()
    assert resumed is not None and [result.result for result in resumed.results] == [Result.DONE]
    assert (run.channel.held("I-6") or {})[STATUS] == Status.ACTIVE


def test_a_renamed_code_that_is_left_alone_keeps_its_memory(run: Runner) -> None:
    only(run, row_of(0, {PRICE: 2590}))
    known = run.store.baselines()["I-0"]
    run.channel.execute(Call(Op.MODIFY, ID, values={PRICE: 100}))
    renamed = row(2, "NEW-0", {PRICE: 3000}, item_id=ID)
    report = run.apply([renamed], Options("weekly.xlsx", choices=Choices(rekey=True, skip_conflicts=True)))
    assert [result.result for result in report.results] == [Result.SKIPPED]
    assert run.store.baselines() == {"I-0": known}


def test_a_renamed_code_takes_its_memory_along(run: Runner) -> None:
    only(run, row_of(0, {PRICE: 2590}))
    report = run.apply(
        [row(2, "NEW-0", {PRICE: 3000}, item_id=ID)], Options("weekly.xlsx", choices=Choices(rekey=True))
    )
    assert [result.result for result in report.results] == [Result.DONE]
    assert list(run.store.baselines()) == ["NEW-0"]


def test_memory_names_the_file_and_the_moment(run: Runner) -> None:
    only(run, row_of(0, {PRICE: 2590}))
    last = run.store.baselines()["I-0"].cells[PRICE]
    assert (last.value, last.file, last.at) == (2590, "weekly.xlsx", START)


def test_the_cells_of_a_failed_row_are_not_remembered(run: Runner) -> None:
    only(run, row_of(0, {PRICE: 2590}), on(Op.MODIFY, Fault.REFUSED))
    known = run.store.baselines().get("I-0")
    assert known is None or known.cells == {}
