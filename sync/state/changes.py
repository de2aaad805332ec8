"""What we changed ourselves, path by path, as rows end (docs/reference/state.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select, update

from sync.call import Outcome
from sync.codes import split_key
from sync.fields import INVENTORY
from sync.item import Path, Value
from sync.state.learned_tables import CHANGES
from sync.state.many_rows import insert_many
from sync.state.observations import streamed
from sync.state.store import Store
from sync.state.types import millis

Changed = tuple[str, str, int, str, str | None, str | None, int | None, str, int, int]
"""Code, SKU, when (ms since 1970, UTC), path, JSON before and after, units moved, outcome, run, row."""

_TABLE = CHANGES.c


@dataclass(frozen=True)
class MadeChange:
    """One path of an item, as a row changed it."""

    path: Path
    before: Value | None
    """What it held just before."""
    after: Value | None
    """What it was to hold; of a stock, the count that should stand."""
    at: datetime
    """When its last call was answered: an earlier reading doesn't show it."""
    outcome: Outcome = Outcome.DONE
    """FAILED: the platform said yes, and doesn't hold it."""
    moved: int | None = None
    """Units that our calls really moved; UNKNOWN: that they would have. None: it is no stock, or was published."""


def put_changes(
    connection: Connection, profile: str, run: int, changes: Sequence[tuple[int, str, MadeChange]]
) -> None:
    """Keep the changes of a run's rows, each with its row and key; part of the caller's transaction."""
    insert_many(connection, CHANGES, [_columns(profile, run, *change) for change in changes])


def answer_change(connection: Connection, profile: str, run: int, row: int, *, made: bool) -> None:
    """Take a person's answer about a lost move; part of the caller's transaction."""
    of_row = (_TABLE.profile == profile) & (_TABLE.run == run) & (_TABLE.row == row) & (_TABLE.path == INVENTORY)
    known = {"outcome": Outcome.DONE.value} if made else {"outcome": Outcome.FAILED.value, "moved": 0}
    connection.execute(update(CHANGES).where(of_row, _TABLE.outcome == Outcome.UNKNOWN.value).values(known))


def changes(store: Store, since: datetime | None = None, code: str | None = None) -> Iterator[Changed]:
    """Yield what we changed since a moment, in order of runs and their rows; `code`: of this item only."""
    wanted = select(*(_TABLE[name] for name in _TOLD)).where(_TABLE.profile == store.profile)
    if since is not None:
        wanted = wanted.where(_TABLE.at >= millis(since))
    if code is not None:
        wanted = wanted.where(_TABLE.outer_id == code)
    yield from streamed(store, wanted.order_by(_TABLE.run, _TABLE.row, _TABLE.sku, _TABLE.path))


_TOLD = ("outer_id", "sku", "at", "path", "before", "after", "moved", "outcome", "run", "row")


def _columns(profile: str, run: int, row: int, key: str, made: MadeChange) -> dict[str, Any]:
    outer_id, sku = split_key(key)
    return {
        "profile": profile,
        "run": run,
        "row": row,
        "sku": sku or "",
        "path": made.path,
        "outer_id": outer_id,
        "before": _json(made.before),
        "after": _json(made.after),
        "moved": made.moved,
        "at": millis(made.at),
        "outcome": made.outcome.value,
    }


def _json(value: Value | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
