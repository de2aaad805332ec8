"""Calls are counted as the journal grows, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from sync.fleet.call_counts import SETTLED, CallCounts
from sync.state.tables import CALLS
from tests.disk import no_syncing
from tests.fleet.test_status import put, questions

__all__ = ["no_syncing"]


def call(age: timedelta, outcome: str | None, number: int | None = None) -> dict[str, object]:
    known = {"profile": "a", "run": 1, "row": 1, "seq": 1, "method": "m", "params": "{}", "writes": True}
    numbered = {} if number is None else {"id": number}
    return {**known, **numbered, "before": "{}", "intended_at": datetime.now(UTC) - age, "outcome": outcome}


def test_what_was_there_before_is_not_read_and_what_comes_is_counted_once(engine: Engine) -> None:
    counts, old, now = CallCounts(), SETTLED * 2, timedelta()

    def counted() -> dict[str, int]:
        with engine.connect() as connection:
            return dict(counts.counted(connection))

    put(engine, CALLS, call(old, "done"))
    assert counted() == {}, "as counters do, they begin when the page does"
    put(engine, CALLS, call(old, "done"), call(old, "failed"), call(now, "done"))
    put(engine, CALLS, call(now, None, 900))
    assert counted() == {"done": 2, "failed": 1}
    assert counted() == {"done": 2, "failed": 1}
    with engine.begin() as connection:
        connection.execute(CALLS.update().where(CALLS.c.id == 900).values(outcome="unknown"))
    assert counted() == {"done": 2, "failed": 1, "unknown": 1}, "what is under way is counted when it has ended"


def test_what_is_settled_is_never_read_again(engine: Engine) -> None:
    counts = CallCounts()
    with engine.connect() as connection:
        counts.counted(connection)
    put(engine, CALLS, *[call(SETTLED * 2, "done")] * 20)
    with engine.begin() as connection:
        counts.counted(connection)
        connection.execute(CALLS.delete())
    with engine.connect() as connection, questions(engine) as asked:
        assert counts.counted(connection) == {"done": 20}
    assert len(asked) == 3
