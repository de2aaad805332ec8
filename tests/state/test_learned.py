"""What was seen and what was changed: kept where it differs, read back in order, on every database."""

from datetime import UTC, datetime, timedelta
from itertools import groupby

from sync.call import Outcome, Result
from sync.codes import sku_key, split_key
from sync.fields import INVENTORY, PRICE
from sync.item import Baseline
from sync.state.answers import AnswerRecord, put_answers
from sync.state.changes import MadeChange, changes
from sync.state.item_columns import NONE, item_columns, stocks_since
from sync.state.journal import Ended, Entries, Intent, Journal, Origin, PlannedRow, Settlement
from sync.state.observations import Seen, looks, observations, observe
from sync.state.store import Store
from sync.state.types import millis

AT = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)
"""In the shop, half an hour before midnight."""
HOUR = timedelta(hours=1)
SOLD = Seen("A", 1990, 8, 1)


def test_a_reading_is_kept_where_it_differs_from_the_last(store: Store) -> None:
    readings = [
        [Seen("B", 500, None, 0), Seen("A", 1990, 10, 1)],
        [Seen("A", 1990, 10, 1), Seen("B", 500, None, 0)],
        [SOLD, Seen("A", 1990, 3, 1, "红"), Seen("B", 500, None, 0)],
        [Seen("A", 1990, 10, 1), Seen("A", 1990, 3, 1, "红")],
    ]
    for hour, reading in enumerate(readings):
        observe(store, reading, AT + hour * HOUR, "plan")
    at = [millis(AT + hour * HOUR) for hour in range(4)]
    kept = [
        ("A", "", at[0], 1990, 10, 1, "plan"),
        ("A", "", at[2], 1990, 8, 1, "plan"),
        ("A", "", at[3], 1990, 10, 1, "plan"),
        ("A", "红", at[2], 1990, 3, 1, "plan"),
        ("B", "", at[0], 500, None, 0, "plan"),
    ]
    assert [*observations(store)] == kept
    assert [*observations(store, AT + 3 * HOUR)] == kept[1:]
    assert [*observations(store, AT + 3 * HOUR + timedelta(milliseconds=1))] == kept[2:]


def test_a_reading_that_comes_late_is_no_news(store: Store) -> None:
    observe(store, [SOLD], AT, "pull")
    for late in (AT, AT - HOUR):
        observe(store, [Seen("A", 1, 1, 1)], late, "plan")
    assert [*observations(store)] == [("A", "", millis(AT), 1990, 8, 1, "pull")]


def test_somebody_looked_on_a_day_though_nothing_changed(store: Store) -> None:
    for hour in range(2):
        observe(store, [SOLD, SOLD._replace(outer_id="B")], AT + hour * HOUR, "plan")
    observe(store, [SOLD], AT + HOUR, "watch")
    observe(store, [], AT, "plan")
    looked = sorted((day, sorted(codes)) for day, _, codes in looks(store))
    assert looked == [("2026-11-21", ["A", "B"]), ("2026-11-22", ["A"]), ("2026-11-22", ["A", "B"])]
    assert {day for day, *_ in looks(store, AT + HOUR)} == {"2026-11-22"}


def test_each_profile_has_its_own(place: str, store: Store) -> None:
    observe(store, [SOLD], AT, "plan")
    other = Store(place, "二店")
    assert ([*observations(other)], [*looks(other)], [*changes(other)]) == ([], [], [])
    observe(other, [SOLD], AT + HOUR, "plan")
    assert len([*observations(other)]) == 1
    other.close()


MOVE = MadeChange(INVENTORY, 10, 15, AT, Outcome.UNKNOWN, 5)


def begun(store: Store) -> Journal:
    journal = Journal.begin(store, Origin("w.xlsx"), [PlannedRow(2, "A", "update", "{}")], (), AT)
    ended = Ended(2, Result.UNKNOWN, "{}", "A", changes=[MOVE, MadeChange(PRICE, None, 2190, AT)])
    journal.write(Entries(ended=[ended]), AT + HOUR)
    return journal


def test_what_a_row_changed_is_written_with_its_end(store: Store) -> None:
    begun(store)
    at = millis(AT)
    told = [
        ("A", "", at, INVENTORY, "10", "15", 5, "unknown", 1, 2),
        ("A", "", at, PRICE, None, "2190", None, "done", 1, 2),
    ]
    assert [*changes(store)] == [*changes(store, AT)] == told
    assert [*changes(store, AT + HOUR)] == []


def test_an_answer_settles_what_became_of_a_move(store: Store) -> None:
    for answer, outcome, moved in (("skip", "unknown", 5), ("not", "failed", 0)):
        run = begun(store).run
        put_answers(store, [AnswerRecord(run, 2, "A", 5, answer, AT)], {"A": Baseline("7")})  # type: ignore[arg-type]
        assert next(one[6:8] for one in changes(store) if one[8] == run) == (moved, outcome)
        Journal(store, run).finish(AT)


def test_a_look_within_a_run_is_an_observation(store: Store) -> None:
    journal = Journal.begin(store, Origin("w.xlsx"), [PlannedRow(2, "A", "update", "{}")], (), AT)
    look = Intent(2, 0, "get", {}, {}, writes=False, outer_id="A")
    journal.write(Entries(intents=[look]), AT)
    journal.write(Entries([Settlement(look, Outcome.DONE, looked=True, seen={PRICE: 1990, INVENTORY: 8})]), AT + HOUR)
    assert [*observations(store)] == [("A", "", millis(AT + HOUR), 1990, 8, None, "run")]


def test_what_was_seen_of_an_item_comes_as_one_line_of_columns(store: Store) -> None:
    for hour, stock in enumerate((10, 8, None)):
        observe(store, [Seen("A", 1990, stock, 1), Seen("B", None, 1, -1)], AT + hour * HOUR, "plan")
    (lines,) = item_columns(store)
    (code, sku, count, *columns), other = lines
    assert (code, sku, count) == ("A", "", 3)
    readings = sorted(zip(*(map(int, one.split(",")) for one in columns), strict=True))
    at = [millis(AT + hour * HOUR) for hour in range(3)]
    assert readings == [(at[0], 1990, 10, 1), (at[1], 1990, 8, 1), (at[2], 1990, NONE, 1)]
    assert tuple(other) == ("B", "", 1, str(at[0]), str(NONE), "1", "-1")
    assert [tuple(line) for part in item_columns(store, "B") for line in part] == [tuple(other)]


def test_what_was_seen_of_skus_comes_right_behind_their_listing(store: Store) -> None:
    keys = ["A", sku_key("A", "S"), "A B", "A-1", sku_key("A-1", "L"), "ASKUT", "a"]
    observe(store, [Seen.of(key, {PRICE: 1990}) for key in keys], AT, "plan")
    lines = [line[:2] for part in item_columns(store) for line in part]
    assert sorted(lines) == sorted((split_key(key)[0], split_key(key)[1] or "") for key in keys)
    assert [code for code, _ in groupby(code for code, _ in lines)] == [*dict(lines)]


def test_the_stock_of_some_items_comes_in_order_of_time(store: Store) -> None:
    for hour, stock in enumerate((10, 8)):
        observe(store, [Seen(code, 1990, stock, 1) for code in ("A", "B", "C")], AT + hour * HOUR, "plan")
    at = [millis(AT + hour * HOUR) for hour in range(2)]
    assert [*stocks_since(store, ["B", "A"], AT)] == [(code, at[n], (10, 8)[n]) for code in "AB" for n in range(2)]
    assert [*stocks_since(store, ["A"], AT + HOUR)] == [("A", at[1], 8)]
