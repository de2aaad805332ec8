"""What was written isn't believed to be kept as written: what a look at the end of the run makes of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.apply.executor import SOON, Pace
from sync.apply.progress import Ending, LostMove
from sync.apply.row_run import RowRun
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Item, Status, Value
from sync.plan.options import Options
from sync.plan.plan import RowPlan
from tests.apply.fake_channel import FakeChannel, Fault, Runner
from tests.apply.rows import HELD, ID, NEW_CELLS, SHOP, row, row_of, updated
from tests.apply.script_driver import (
    DELETE,
    EDIT,
    GONE,
    LOST,
    NEW,
    NEW_ID,
    NO,
    OK,
    PLUS_5,
    TO_15,
    UP,
    Answers,
    drive,
    script_of,
    seen,
)
from tests.clocks import FakeClock

DONE, FAILED, UNKNOWN = Result.DONE, Result.FAILED, Result.UNKNOWN
FIRST, SECOND, THIRD = "look calls made", "look soon", "look sure"
LONGER = updated({TITLE: "猫爪杯 & 杯垫  送礼"})
TO_0 = updated({INVENTORY: 0})
TO_7 = updated({INVENTORY: 7})
MINUS_5 = updated({}, change=-5)
CUT = updated({TITLE: "猫爪杯带盖"})
FOLDED = updated({TITLE: "猫爪  杯"}, held={**HELD, TITLE: "猫爪 杯"})


def kept(path: str, value: Value, held: Item = HELD) -> Reply:
    return Reply(Outcome.DONE, item={**held, path: value})


def thrice(look: Reply) -> list[tuple[str, Reply]]:
    return [(FIRST, look), (SECOND, look), (THIRD, look)]


CASES: list[tuple[str, RowPlan, Answers, Result, list[str]]] = [
    ("as sent", EDIT, [("modify", OK), (FIRST, seen(price=2590))], DONE, []),
    ("seen at the second look", EDIT, [("modify", OK), (FIRST, seen()), (SECOND, seen(price=2590))], DONE, []),
    (
        "seen at the last look, after one that failed",
        EDIT,
        [("modify", OK), (FIRST, seen()), (SECOND, LOST), (THIRD, seen(price=2590))],
        DONE, [],
    ),
    ("the old value to the end", EDIT, [("modify", OK), *thrice(seen())], FAILED, ["readback.not_kept"]),
    ("another value", EDIT, [("modify", OK), *thrice(seen(price=9999))], FAILED, ["readback.not_kept"]),
    ("a rounded price", EDIT, [("modify", OK), (FIRST, seen(price=2600))], DONE, ["readback.own_form"]),
    (
        "a title in the platform's own form",
        LONGER,
        [("modify", OK), (FIRST, kept(TITLE, "猫爪杯 &amp; 杯垫 送礼"))],
        DONE, ["readback.own_form"],
    ),
    ("a cut that looks like the old one", CUT, [("modify", OK), *thrice(seen())], FAILED, ["readback.not_kept"]),
    (
        "folded to what it was: nothing was lost",
        FOLDED,
        [("modify", OK), *thrice(kept(TITLE, "猫爪 杯"))],
        DONE, ["readback.own_form"],
    ),
    (
        "the old value, and then no look at all",
        EDIT,
        [("modify", OK), (FIRST, seen()), (SECOND, seen()), (THIRD, LOST)],
        FAILED, ["readback.not_kept"],
    ),
    (
        "a whole price that stays as it was is no rounding",
        updated({PRICE: 1990}, held={**HELD, PRICE: 2000}),
        [("modify", OK), *thrice(seen(price=2000))],
        FAILED, ["readback.not_kept"],
    ),
    ("gone", EDIT, [("modify", OK), *thrice(GONE)], FAILED, ["item.vanished"]),
    ("can't be read", EDIT, [("modify", OK), *thrice(NO)], DONE, ["readback.unread"]),
    ("a count", TO_15, [("stock +5", OK), (FIRST, seen(stock=15))], DONE, []),
    ("a count, and three sold", TO_15, [("stock +5", OK), *thrice(seen(stock=12))], DONE, ["readback.stock"]),
    ("a count, and returned", TO_15, [("stock +5", OK), *thrice(seen(stock=16))], FAILED, ["readback.not_kept"]),
    (
        "a count that isn't there is closed once more",
        TO_15,
        [("stock +5", OK), *thrice(seen()), ("stock +5", OK), (FIRST, seen(stock=15))],
        DONE, [],
    ),
    (
        "and where nobody can look after that, the first looks don't count",
        TO_15,
        [("stock +5", OK), *thrice(seen()), ("stock +5", OK), *thrice(LOST)],
        DONE, ["readback.unread"],
    ),
    (
        "and no third time",
        TO_15,
        [("stock +5", OK), *thrice(seen()), ("stock +5", OK), *thrice(seen())],
        FAILED, ["readback.not_kept"],
    ),
    ("a move", PLUS_5, [("stock +5", OK), (FIRST, seen(stock=15))], DONE, []),
    ("a move seen late", PLUS_5, [("stock +5", OK), (FIRST, seen()), (SECOND, seen(stock=15))], DONE, []),
    ("a move that never shows", PLUS_5, [("stock +5", OK), *thrice(seen())], UNKNOWN, ["move.unknown"]),
    ("a move, and two sold", PLUS_5, [("stock +5", OK), *thrice(seen(stock=13))], DONE, ["readback.stock"]),
    ("a move, and more came", PLUS_5, [("stock +5", OK), *thrice(seen(stock=19))], DONE, ["readback.stock"]),
    ("a move, and all and more sold", PLUS_5, [("stock +5", OK), *thrice(seen(stock=2))], DONE, ["readback.stock"]),
    ("a taking away", MINUS_5, [("stock -5", OK), (FIRST, seen(stock=5))], DONE, []),
    ("a taking away that never shows", MINUS_5, [("stock -5", OK), *thrice(seen())], UNKNOWN, ["move.unknown"]),
    ("sold out turns it off", TO_0, [("stock -10", OK), (FIRST, seen(stock=0, status=0))], DONE, []),
    ("put up, and sold out at once", UP, [("status 1", OK), (FIRST, seen(stock=0, status=0))], DONE, []),
    ("put up, and off to the end", UP, [("status 1", OK), *thrice(seen(status=0))], FAILED, ["readback.not_kept"]),
    ("what is deleted is kept in no form", DELETE, [("status -1", OK)], DONE, []),
    (
        "a new item, seen late",
        NEW,
        [
            ("generate", NEW_ID), ("publish", NEW_ID), (FIRST, GONE),
            (SECOND, Reply(Outcome.DONE, item={**HELD, **NEW.calls[1].values})),
        ],
        DONE, [],
    ),
    ("what was refused isn't read", EDIT, [("modify", NO)], FAILED, ["gateway.refused"]),
]  # fmt: skip


def ended(plan: RowPlan, answers: Answers) -> Ending:
    return drive(replace(plan, reads_back=True), answers)[0]


@pytest.mark.parametrize(
    ("plan", "answers", "result", "codes"), [pytest.param(*case, id=name) for name, *case in CASES]
)
def test_what_is_read_back(plan: RowPlan, answers: Answers, result: Result, codes: Sequence[str]) -> None:
    ending = ended(plan, answers)
    assert (ending.result, [message.code for message in ending.note]) == (result, codes)
    assert sum(wanted.startswith("stock") for wanted, _ in answers) <= (2 if plan is TO_15 else 1)


def test_a_move_that_never_shows_is_as_a_lost_one() -> None:
    ending = ended(PLUS_5, [("stock +5", OK), *thrice(seen())])
    assert (ending.lost_move, ending.done) == (LostMove(5, 10, 10), ())


def test_a_count_that_was_closed_twice_is_done_once() -> None:
    ending = ended(TO_15, [("stock +5", OK), *thrice(seen()), ("stock +5", OK), (FIRST, seen(stock=15))])
    assert [call.by for call in ending.done] == [5]


@pytest.mark.parametrize("second", [OK, NO], ids=["never shown", "refused"])
def test_a_count_that_was_never_made_is_not_taken_for_made(second: Reply) -> None:
    """An undo would take away what was never added."""
    answers: Answers = [("stock +5", OK), *thrice(seen()), ("stock +5", second)]
    answers = [*answers, *(thrice(seen()) if second is OK else ())]
    ending, _ = drive(replace(TO_15, reads_back=True), answers)
    assert (ending.result, ending.done) == (FAILED, ())


def test_both_values_are_named() -> None:
    (message,) = ended(EDIT, [("modify", OK), *thrice(seen(price=9999))]).note
    assert "25.90" in message.words("zh") and "99.99" in message.words("zh")


class OwnWays(FakeChannel):
    """A platform that folds spaces in titles."""

    def execute(self, call: Call) -> Reply:
        title = call.values.get(TITLE)
        folded = {TITLE: " ".join(title.split())} if isinstance(title, str) else {}
        return super().execute(replace(call, values={**call.values, **folded}))


class Lagging(FakeChannel):
    """A platform whose readings tell of an item as it was so many seconds ago."""

    lag = 20.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._were: list[tuple[float, str, Reply]] = []

    def execute(self, call: Call) -> Reply:
        item_id, now = call.item_id or "", self.clock.monotonic()
        if call.op is Op.LOOK:
            old = next((reply for until, of, reply in self._were if of == item_id and now < until), None)
            return old or super().execute(call)
        if item_id:
            self._were.append((now + self.lag, item_id, super().execute(Call(Op.LOOK, item_id))))
        return super().execute(call)


def runner(channel: FakeChannel, tmp_path: Path) -> Runner:
    channel.load(*SHOP)
    return Runner(channel, tmp_path / "state.db", Pace(2))


def test_a_normalising_platform_is_told_once_and_never_sent_again(tmp_path: Path) -> None:
    run = runner(OwnWays(FakeClock()), tmp_path)
    rows = [row_of(0, {TITLE: "猫爪杯  大号", PRICE: 2590})]
    (first,) = run.apply(rows).results
    assert (first.result, [problem.code for problem in first.note]) == (DONE, ["readback.own_form"])
    plan = run.plan(rows)
    assert (plan.summary.calls, plan.summary.drift, [p.code for p in plan.rows[0].problems]) == (0, 0, [])
    run.channel.execute(Call(Op.MODIFY, ID, values={TITLE: "别的"}))
    assert run.plan(rows).summary.drift == 1


def test_nothing_is_doubled_or_misreported_by_readings_that_lag(tmp_path: Path) -> None:
    run = runner(Lagging(FakeClock()), tmp_path)
    rows = [
        row_of(0, {PRICE: 2590}),
        row_of(1, {INVENTORY: 57}),
        row_of(3, {}, change=5),
        row_of(8, {INVENTORY: 4, STATUS: Status.INACTIVE}),
        row(20, "N-1", NEW_CELLS),
    ]
    report = run.apply(rows)
    assert [result.result for result in report.results] == [DONE] * 5
    assert [problem.code for result in report.results for problem in result.note] == ["publish.fills_status"]
    assert sum(call.op is Op.STOCK for call in run.channel.sent) == 3
    assert run.channel.clock.monotonic() <= Pace().settle_after
    held = run.channel.held("I-8") or {}
    assert (held[INVENTORY], held[STATUS]) == (4, Status.INACTIVE)


def test_a_lost_count_is_closed_once_though_readings_lag(tmp_path: Path) -> None:
    channel = Lagging(FakeClock(), lambda n, _: Fault.NO_ANSWER if n == 0 else None)
    run = runner(channel, tmp_path)
    (result,) = run.apply([row_of(1, {INVENTORY: 57})]).results
    assert (result.result, sum(call.op is Op.STOCK for call in channel.sent)) == (DONE, 1)
    assert (channel.held("I-1") or {})[INVENTORY] == 57


def test_looks_ride_together(tmp_path: Path) -> None:
    run = runner(FakeChannel(FakeClock()), tmp_path)
    run.apply([row_of(n, {PRICE: 2590}) for n in range(6)])
    looks = [len(batch) for batch in run.channel.batches if batch[0].op is Op.LOOK]
    assert looks == [3, 3], "over two connections"


def test_without_reading_back_the_first_form_of_its_own_counts_as_such(tmp_path: Path) -> None:
    run = runner(OwnWays(FakeClock()), tmp_path)
    run.pace = Pace(2, verify=False)
    rows, options = [row_of(0, {TITLE: "猫爪杯  大号"})], Options("weekly.xlsx", verified=False)
    (first,) = run.apply(rows, options).results
    assert (first.result, first.note, len(run.channel.sent)) == (DONE, (), 1)
    told = run.apply(rows, options).results[0]
    assert (told.result, [problem.code for problem in told.note]) == (Result.NONE, ["readback.own_form"])
    assert (len(run.channel.sent), run.plan(rows, options).rows[0].problems) == (1, ())


def test_what_was_not_kept_is_tried_again(tmp_path: Path) -> None:
    run = runner(FakeChannel(FakeClock()), tmp_path)
    run.channel.watch = lambda call: (
        None if call.op is not Op.LOOK else (run.channel.execute(Call(Op.MODIFY, ID, values={PRICE: 777})), None)[1]
    )
    (result,) = run.apply([row_of(0, {PRICE: 2590})]).results
    assert result.result is FAILED
    run.channel.watch = lambda _: None
    assert [change.path for change in run.plan([row_of(0, {PRICE: 2590})]).rows[0].changes] == [PRICE]


def test_a_stop_leaves_what_was_carried_out_done_and_says_that_it_was_not_read_back(tmp_path: Path) -> None:
    run = runner(FakeChannel(FakeClock()), tmp_path)
    run.channel.watch = lambda _: run.stop.set()
    report = run.apply([row_of(0, {PRICE: 2590})])
    assert (report.finished, report.results[0].result) == (True, DONE)
    assert [problem.code for problem in report.results[0].note] == ["readback.unread"]


def test_a_stop_after_an_old_copy_was_seen_leaves_the_row_to_resume(tmp_path: Path) -> None:
    run = runner(Lagging(FakeClock()), tmp_path)
    run.channel.watch = lambda call: run.stop.set() if call.op is Op.LOOK else None
    assert not run.apply([row_of(0, {PRICE: 2590})]).finished
    run.channel.watch = lambda _: None
    run.open()
    resumed = run.resume()
    assert resumed is not None and [result.result for result in resumed.results] == [DONE]


def test_an_old_copy_is_looked_at_again_soon_and_at_the_end_of_settling(tmp_path: Path) -> None:
    channel = Lagging(FakeClock())
    run = runner(channel, tmp_path)
    run.apply([row_of(0, {PRICE: 2590})])
    settle = Pace().settle_after
    began = channel.sent_at[0]
    assert [(at - began).total_seconds() for at in channel.sent_at] == [0, 0, SOON * settle, settle]


def test_a_count_that_stood_already_is_not_read() -> None:
    plan = replace(TO_7, reads_back=True, remote={**HELD, INVENTORY: 7}, calls=(Call(Op.STOCK, ID, by=1, count=7),))
    script = script_of(plan)
    with pytest.raises(StopIteration) as end:
        next(script)
    assert end.value.value.result is DONE


def test_a_count_that_is_not_seen_when_its_run_is_given_up_is_in_doubt() -> None:
    row = RowRun(replace(TO_15, reads_back=True))
    for reply in (OK, seen()):
        row.feed(reply, at=datetime(2026, 11, 21, tzinfo=UTC))
    row.abandon()
    assert row.ending is not None
    assert (row.ending.result, row.ending.doubtful) == (UNKNOWN, TO_15.calls[0])
