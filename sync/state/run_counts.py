"""How many rows of a run ended how: kept beside it once it is finished, so that a list of runs counts no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import ColumnElement, Connection, func, select

from sync.call import WEIGHTIEST, Result
from sync.state.tables import ROWS, UNCHANGED
from sync.state.types import readable, word_of
from sync.state.unchanged import unchanged_rows

_MOST = 500
"""Runs that one question names."""


def count_results(connection: Connection, profile: str, runs: Sequence[int]) -> Mapping[int, dict[Result, int]]:
    """Return the ended rows of some runs by result, by looking at every row."""
    found: dict[int, dict[Result, int]] = {}
    for start in range(0, len(runs), _MOST):
        of_runs = (ROWS.c.profile == profile, ROWS.c.run.in_(runs[start : start + _MOST]), ROWS.c.result.is_not(None))
        counted = select(ROWS.c.run, ROWS.c.result, func.count().label("n")).where(*of_runs)
        for row in connection.execute(counted.group_by(ROWS.c.run, ROWS.c.result)):
            found.setdefault(row.run, {})[word_of(Result, row.result)] = row.n
        alike = (UNCHANGED.c.profile == profile, UNCHANGED.c.run.in_(runs[start : start + _MOST]))
        for row in connection.execute(select(UNCHANGED.c.run, UNCHANGED.c.count.label("n")).where(*alike)):
            results = found.setdefault(row.run, {})
            results[Result.NONE] = results.get(Result.NONE, 0) + row.n
        _as_shown(connection, profile, found, of_runs)
    return found


def _as_shown(
    connection: Connection,
    profile: str,
    found: Mapping[int, dict[Result, int]],
    of_runs: Sequence[ColumnElement[bool]],
) -> None:
    """Count a row of the sheet once, of which what it says of its listing is a row of its own, with its number
    negative (docs/reference/skus.md)."""
    listings = [*connection.execute(select(*_ROW).where(*of_runs, ROWS.c.row < 0))]
    if not listings:
        return
    every = connection.execute(select(*_ROW).where(*of_runs))
    results = {(row.run, row.row): word_of(Result, row.result) for row in every}
    for run in {row.run for row in listings}:
        if alike := unchanged_rows(connection, profile, run):
            results |= {(run, row.row): Result.NONE for row in alike.rows}
    for row in listings:
        if other := results.get((row.run, -row.row)):
            counts, own = found[row.run], results[row.run, row.row]
            counts[own] -= 1
            counts[other] -= 1
            weightier = min(own, other, key=WEIGHTIEST.index)
            counts[weightier] = counts.get(weightier, 0) + 1
            for result in [result for result, n in counts.items() if not n]:
                del counts[result]


_ROW = (ROWS.c.run, ROWS.c.row, ROWS.c.result)


def results_json(results: Mapping[Result, int]) -> str:
    """Write the counts down."""
    return orjson.dumps({result.value: count for result, count in sorted(results.items())}).decode()


def results_from(text: str) -> dict[Result, int]:
    """Read them."""
    with readable():
        return {Result(result): int(count) for result, count in sorted(orjson.loads(text).items())}
