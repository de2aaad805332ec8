"""Many rows in one statement: as a driver would have written them one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, select

from sync.call import Outcome, Result
from sync.item import Baseline, Item
from sync.state.journal import Ended, Entries, Intent, Journal, Origin, PlannedRow, Settlement
from sync.state.many_rows import insert_many, update_many
from sync.state.observations import observations
from sync.state.store import Store
from sync.state.tables import CALLS

AT = datetime(2026, 11, 21, 1, 30, 0, 120, tzinfo=UTC)
CALL: Mapping[str, object] = {
    "profile": "shop",
    "run": 1,
    "row": 2,
    "seq": 0,
    "method": "编\0\\u0000",
    "params": '{"z":"\\u0000","a":1}',
    "writes": True,
    "before": "{}",
    "intended_at": AT,
    "item_id": "007",
    "seen": None,
}


def calls(store: Store) -> list[Mapping[str, Any]]:
    with store.engine.connect() as connection:
        return [row._asdict() for row in connection.execute(select(CALLS).order_by(CALLS.c.row))]


def test_every_kind_of_value_comes_back(store: Store) -> None:
    with store.writing() as connection:
        insert_many(connection, CALLS, [CALL])
    (held,) = calls(store)
    assert {name: held[name] for name in CALL} == {**CALL, "method": "编\ufffd\\u0000"}


def test_half_a_character_is_refused(store: Store) -> None:
    with store.writing() as connection, pytest.raises(UnicodeEncodeError):
        insert_many(connection, CALLS, [{**CALL, "method": "\ud800"}])


def test_more_rows_than_one_statement_takes(store: Store) -> None:
    with store.writing() as connection:
        insert_many(connection, CALLS, [{**CALL, "row": row} for row in range(2001)])
    assert [call["row"] for call in calls(store)] == [*range(2001)]


def test_what_is_written_already_stays(store: Store) -> None:
    lines = [{"row": row, "profile": "shop", "run": 1, "outcome": "done"} for row in (2, 3, 9)]
    with store.writing() as connection:
        insert_many(connection, CALLS, [{**CALL, "row": 2, "outcome": "failed"}, {**CALL, "row": 3, "outcome": None}])
        update_many(connection, CALLS, lines, ("profile", "run", "row"), "outcome")
    assert [call["outcome"] for call in calls(store)] == ["failed", "done"]


def test_twenty_of_many_rows_are_looked_for_and_no_table_is_read_whole(postgres: str) -> None:
    """Of a new table, PostgreSQL knows no more than its size."""
    store = Store(postgres, "shop")
    done = [{"profile": "shop", "run": 1, "row": row, "seq": 0, "outcome": "done"} for row in range(20)]
    plans: list[str] = []

    def explain(cursor: Any, statement: str, given: Any) -> None:
        plans.extend(line for (line,) in cursor.execute(f"EXPLAIN {statement}", given))

    with store.writing() as connection:
        insert_many(connection, CALLS, [{**CALL, "row": row, "method": "x" * 1_500} for row in range(1_000)])
        event.listen(connection, "before_cursor_execute", lambda _, cursor, *said: explain(cursor, *said[:2]))
        update_many(connection, CALLS, done, ("profile", "run", "row", "seq"), "outcome")
    store.close()
    assert any("Index Scan using calls_by_row" in line for line in plans)
    assert not any("Seq Scan" in line for line in plans)


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """What the database is asked to do; a driver's own statement a row counts as often as there are rows."""
    asked: list[str] = []

    def note(_: object, __: object, statement: str, given: Any, ___: object, many: bool) -> None:
        asked.extend([statement] * (len(given) if many else 1))

    event.listen(store.engine, "before_cursor_execute", note)
    yield asked
    event.remove(store.engine, "before_cursor_execute", note)


def test_a_commit_is_as_many_statements_for_twenty_rows_as_for_one(store: Store, statements: list[str]) -> None:
    journal = Journal.begin(
        store, Origin("weekly.xlsx"), [PlannedRow(n, f"A-{n}", "update", "{}") for n in RAN], (), AT
    )
    journal.write(Entries(intents=[intent(n, 0) for n in RAN]), AT)
    counted = []
    for some in (RAN[:1], RAN[1:]):
        statements.clear()
        journal.write(entries(some), AT)
        counted.append(len(statements))
    # On a server, the end is one of the statements that leave together.
    assert counted[0] == counted[1] == 7 + (store.engine.dialect.name != "sqlite")
    journal.close_open_intents(AT)
    assert [len(found) for found in store.journal(journal.run).values()] == [3] * len(RAN)
    assert len([*observations(store)]) == len(RAN)


RAN = range(1, 22)
SEEN: Item = {"_sys@price": 1990}


def intent(row: int, seq: int, *, writes: bool = True) -> Intent:
    return Intent(row, seq, "taobao.open.item.modify", {"item_id": f"{row}"}, {}, writes, f"A-{row}")


def entries(rows: range) -> Entries:
    """Of each row: its change was made, a look found something, it ended, and another change is about to leave."""
    made = [Settlement(intent(row, 0), Outcome.DONE) for row in rows]
    looked = [Settlement(intent(row, 1, writes=False), Outcome.DONE, looked=True, seen=SEEN) for row in rows]
    ended = [Ended(row, Result.DONE, "{}", f"A-{row}", Baseline(f"{row}")) for row in rows]
    return Entries([*made, *looked], ended, [intent(row, 2) for row in rows])
