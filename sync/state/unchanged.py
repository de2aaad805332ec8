"""A run's rows of which there is nothing to tell but that they were as they should be: kept together, not one by one.

Most rows of a weekly sheet are such, and a line each would be most of the state.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, insert, select

from sync.codes import split_key
from sync.state.tables import UNCHANGED
from sync.state.types import readable


class UnchangedRow(NamedTuple):
    """One such row."""

    row: int
    outer_id: str
    """The key under which its item is remembered."""
    item_id: str | None


class UnchangedRows(NamedTuple):
    """Those of one run."""

    at: datetime
    """When they were found to be so."""
    rows: Sequence[UnchangedRow]


def put_unchanged(connection: Connection, profile: str, run: int, rows: Sequence[UnchangedRow], at: datetime) -> None:
    """Keep those of a run; part of the caller's transaction."""
    if rows:
        kept = {
            "profile": profile,
            "run": run,
            "at": at,
            # What a row says of its listing is a part of its own (docs/reference/skus.md), and counts with the row.
            "count": sum(row.row > 0 for row in rows),
            "rows": zlib.compress(orjson.dumps([tuple(row) for row in rows])),
        }
        connection.execute(insert(UNCHANGED), kept)


def unchanged_rows(connection: Connection, profile: str, run: int) -> UnchangedRows | None:
    """Return those of a run; None: there are none."""
    wanted = select(UNCHANGED.c.at, UNCHANGED.c.rows).where(UNCHANGED.c.profile == profile, UNCHANGED.c.run == run)
    found = connection.execute(wanted).first()
    return UnchangedRows(found.at, _read(_unpacked(found.rows))) if found else None


def unchanged_with(connection: Connection, profile: str, code: str) -> Iterator[tuple[int, UnchangedRows]]:
    """Yield the runs that found rows of `code` unchanged, each with those."""
    # Most runs are of other sheets, and most rows of other codes: only what has the code is read.
    spelt = orjson.dumps(code)
    for found in connection.execute(select(UNCHANGED).where(UNCHANGED.c.profile == profile)):
        text = _unpacked(found.rows)
        if spelt in text:
            yield found.run, UnchangedRows(found.at, [row for row in _read(text) if row.outer_id == code])


def codes_unchanged(connection: Connection, profile: str, runs: Sequence[int]) -> frozenset[str]:
    """Return the codes of all unchanged rows of some runs."""
    found = (unchanged_rows(connection, profile, run) for run in runs)
    return frozenset(row.outer_id for rows in found if rows for row in rows.rows)


def result_json(row: UnchangedRow, at: datetime) -> str:
    """Return how such a row ended, as the rows that are kept one by one say it."""
    code, sku = split_key(row.outer_id)
    told = {"result": "none", "at": at, "row": row.row, "outer_id": code, "sku": sku, "item_id": row.item_id}
    return orjson.dumps({name: value for name, value in told.items() if value is not None}).decode()


def _read(text: bytes) -> list[UnchangedRow]:
    with readable():
        return [UnchangedRow(*row) for row in orjson.loads(text)]


def _unpacked(rows: bytes) -> bytes:
    with readable():
        return zlib.decompress(rows)
