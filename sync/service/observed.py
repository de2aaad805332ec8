"""What state knows of the past, as frames: some thousand items at a time, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.fields import INVENTORY
from sync.insight.figures import Period, measured
from sync.insight.timeline import Looks
from sync.state.changes import changes
from sync.state.observations import looks, observations

if TYPE_CHECKING:
    from sync.state.store import Store

ROWS = 400_000
"""Rows that are measured together."""

_Row = tuple[Any, ...]


def measured_items(store: Store, period: Period, since: datetime) -> Iterator[pd.DataFrame]:
    """Yield what was measured of each item, part by part; `since`: from when on readings count."""
    # All of them: what an item held before the period began may be older than that.
    moves = _changes(changes(store))
    looked = _looks(looks(store, since))
    for rows in _parts(observations(store, since)):
        frame = _observations(rows)
        yield measured(frame, moves[moves["outer_id"].isin(frame["outer_id"])], period, looked)


def of_item(store: Store, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the observations and the changes of one item."""
    return _observations([*observations(store, code=code)]), _changes(changes(store, code=code))


def _parts(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Yield rows some at a time; those of one code stay together, as they come in the order of codes.

    At least one part, which may be empty.
    """
    left = iter(rows)
    part: list[_Row] = []
    while more := list(islice(left, ROWS)):
        part += more
        last = part[-1][0]
        cut = len(part)
        while cut and part[cut - 1][0] == last:
            cut -= 1
        if cut:
            yield part[:cut]
            part = part[cut:]
    yield part


def _observations(rows: Sequence[_Row]) -> pd.DataFrame:
    codes, skus, at, price, stock, status, _ = zip(*rows, strict=True) if rows else ((),) * 7
    return pd.DataFrame(
        {
            "outer_id": pd.Series(codes, dtype=object),
            "sku": pd.Series(skus, dtype=object),
            "at": _moments(at),
            "price_fen": np.array(price, dtype=float),
            "stock": np.array(stock, dtype=float),
            "status": np.array(status, dtype=float),
        }
    )


def _changes(rows: Iterable[_Row]) -> pd.DataFrame:
    """Return the changes of stock."""
    ours = [
        (code, sku, at, before, after, moved, how)
        for code, sku, at, path, before, after, moved, how, *_ in rows
        if path == INVENTORY
    ]
    names = ["outer_id", "sku", "at", "before", "after", "moved", "outcome"]
    frame = pd.DataFrame(ours, columns=names, dtype=object)
    return frame.assign(path=INVENTORY, at=_moments(frame["at"]))


def _moments(milliseconds: Iterable[int]) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.to_datetime(np.array([*milliseconds], dtype="int64"), unit="ms", utc=True))


def _looks(rows: Iterable[tuple[str, int, frozenset[str]]]) -> list[Looks]:
    """Return when somebody looked, by the items that were looked at."""
    by_codes: dict[frozenset[str], list[datetime]] = {}
    for _, at, codes in rows:
        by_codes.setdefault(codes, []).append(datetime.fromtimestamp(at / 1000, UTC))
    return [Looks(times, codes) for codes, times in by_codes.items()]
