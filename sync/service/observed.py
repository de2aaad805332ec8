"""What state knows of the past, as frames: some thousand items at a time, so that memory stays small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sync.codes import sku_key, split_key
from sync.fields import INVENTORY
from sync.insight.figures import Period, measured
from sync.insight.timeline import Array, Looks
from sync.state.changes import Changed, changes
from sync.state.item_columns import NONE, ItemColumns, item_columns
from sync.state.item_history import renames
from sync.state.observations import looks

if TYPE_CHECKING:
    from sync.state.store import Store

BEFORE = timedelta(days=14)
"""Looks so long before the period still tell whether it began with an item that somebody watched."""


def measured_items(store: Store, period: Period) -> Iterator[pd.DataFrame]:
    """Yield what was measured of each item, part by part; at least one part, which may be empty."""
    now = _codes_of_now(store)
    moves, looked = _changes(changes(store), now), _looks(looks(store, period.since - BEFORE))
    renamed = {split_key(key)[0] for key in (*now, *now.values())}
    together: list[ItemColumns] = []
    for lines in _whole_listings(item_columns(store)):
        together += (line for line in lines if line[0] in renamed)
        yield _measured([line for line in lines if line[0] not in renamed], moves, period, looked)
    # An item's lines under its codes, of before and of now, stand far apart.
    yield _measured([(*_named(now, line[0], line[1]), *line[2:]) for line in together], moves, period, looked)


def _whole_listings(parts: Iterable[Sequence[ItemColumns]]) -> Iterator[Sequence[ItemColumns]]:
    """Yield the lines so that all those of a listing come together: what has SKUs isn't counted as a whole, too."""
    held: Sequence[ItemColumns] = ()
    for part in parts:
        lines = (*held, *part)
        codes = [split_key(line[0])[0] for line in lines]
        first = codes.index(codes[-1])
        held = lines[first:]
        yield lines[:first]
    yield held


def _measured(
    lines: Sequence[ItemColumns], moves: pd.DataFrame, period: Period, looked: Sequence[Looks]
) -> pd.DataFrame:
    frame = _observations(lines)
    return measured(frame, moves[moves["outer_id"].isin(frame["outer_id"])], period, looked)


def _codes_of_now(store: Store) -> dict[str, str]:
    """Return the key that an item, or an SKU, has by now, by each one that it had before."""
    last = {was: code for code, runs in renames(store).items() for was in runs.values()}
    found = {}
    for was in last:
        code, seen = was, {was}
        while (code := last.get(code, code)) not in seen:
            seen.add(code)
        found[was] = code
    return found


def of_item(store: Store, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the observations and the changes of one item."""
    lines = [line for part in item_columns(store, code) for line in part]
    return _observations(lines), _changes(changes(store, code=code))


def _observations(lines: Sequence[ItemColumns]) -> pd.DataFrame:
    keys, skus, counts, *texts = zip(*lines, strict=True) if lines else ((),) * 7
    at, price, stock, status = map(_numbers, texts)
    codes, skus = zip(*map(_of_sku, keys, skus), strict=True) if lines else ((), ())
    return pd.DataFrame(
        {
            "outer_id": np.repeat(np.array(codes, dtype=object), counts),
            "sku": np.repeat(np.array(skus, dtype=object), counts),
            "at": _moments(at),
            "price_fen": _or_nan(price),
            "stock": _or_nan(stock),
            "status": _or_nan(status),
        }
    )


def _named(now: Mapping[str, str], key: str, sku: str) -> tuple[str, str]:
    """Return code and SKU as `_of_sku` does, by their names of `now`."""
    code, own = _of_sku(key, sku)
    as_sku = now.get(sku_key(code, own)) if own else None
    return _of_sku(as_sku, "") if as_sku else (now.get(code, code), own)


def _of_sku(key: str, sku: str) -> tuple[str, str]:
    """Return code and SKU of what state remembers under one key (docs/reference/skus.md)."""
    code, own = split_key(key)
    return code, sku or own or ""


def _numbers(texts: Sequence[str]) -> Array:
    return np.fromstring(",".join(texts), sep=",", dtype=np.int64) if texts else np.empty(0, np.int64)


def _or_nan(numbers: Array) -> Array:
    return np.where(numbers == NONE, np.nan, numbers)


def _changes(rows: Iterable[Changed], now: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """Return the changes of stock, by the names of `now`."""
    ours = [
        (*_named(now, key, sku), at, before, after, moved, how)
        for key, sku, at, path, before, after, moved, how, *_ in rows
        if path == INVENTORY
    ]
    names = ["outer_id", "sku", "at", "before", "after", "moved", "outcome"]
    frame = pd.DataFrame(ours, columns=names, dtype=object)
    return frame.assign(path=INVENTORY, at=_moments(frame["at"]))


def _moments(milliseconds: Iterable[int] | Array) -> pd.Series[pd.Timestamp]:
    return pd.Series(pd.to_datetime(np.asarray(milliseconds, dtype="int64"), unit="ms", utc=True))


def _looks(rows: Iterable[tuple[str, int, frozenset[str]]]) -> list[Looks]:
    """Return when somebody looked, by the items that were looked at."""
    by_codes: dict[frozenset[str], list[datetime]] = {}
    for _, at, codes in rows:
        by_codes.setdefault(frozenset(split_key(code)[0] for code in codes), []).append(
            datetime.fromtimestamp(at / 1000, UTC)
        )
    return [Looks(times, codes) for codes, times in by_codes.items()]
