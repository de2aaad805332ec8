"""Observations and our own stock moves as one line of events an item, in order of time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

DAY = 86_400_000
"""Milliseconds."""
_NEVER = np.iinfo(np.int64).max

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Timeline:
    """Events of all items, sorted by item and time. Arrays of one length; times are milliseconds since 1970."""

    item: Array
    """Which item: the place in `ItemEvents.keys`."""
    at: Array
    until: Array
    """Until when a reading still showed the same; of a move: `at`."""
    reads: Array
    """True: an observation; False: a move of our own."""
    stock: Array
    """Units that were seen; NaN: none, or the event is a move."""
    moved: Array
    """Units that we surely added (or took, if negative)."""
    lost_up: Array
    """Units that a lost move may have added."""
    lost_down: Array
    """Units that a lost move may have taken, as a negative number."""
    price: Array
    """Fen; NaN: not known."""
    off: Array
    """True: the item was seen not for sale."""


@dataclass(frozen=True)
class ItemEvents:
    """The items that the events are of."""

    keys: pd.DataFrame
    """`outer_id`, `sku`: one row an item."""
    events: Timeline


@dataclass(frozen=True)
class Looks:
    """When items were read, whether or not anything differed."""

    at: Sequence[datetime]
    codes: Collection[str] | None = None
    """Which items; None: all."""


def timeline(observations: pd.DataFrame, changes: pd.DataFrame, looks: Sequence[Looks] = ()) -> ItemEvents:
    """Return the events of all items.

    `observations`: `outer_id, sku, at, price_fen, stock, status`, a row whenever an item was seen to differ.
    `changes`: `outer_id, sku, path, before, after, moved, at, outcome`, of which only stock counts.

    An item that was seen SKU by SKU is told SKU by SKU: its rows without a SKU are left out.
    """
    moves = _moves(changes)
    keys, of_seen, of_moves = _keyed(observations, moves)
    reads = np.concatenate([np.zeros(len(moves), bool), np.ones(len(observations), bool)])
    item = np.concatenate([of_moves, of_seen])
    at = np.concatenate([milliseconds(moves["at"]), milliseconds(observations["at"])])
    blank = np.full(len(moves), np.nan)
    lost = moves["outcome"].eq("unknown").to_numpy()
    units = moves["moved"].to_numpy(dtype=float)
    none = np.zeros(len(observations))
    columns = {
        "stock": np.concatenate([blank, observations["stock"].to_numpy(dtype=float, na_value=np.nan)]),
        "price": np.concatenate([blank, observations["price_fen"].to_numpy(dtype=float, na_value=np.nan)]),
        "off": np.concatenate([np.zeros(len(moves), bool), _off(observations["status"])]),
        "moved": np.concatenate([np.where(lost, 0.0, units), none]),
        "lost_up": np.concatenate([np.where(lost, units, 0.0).clip(min=0), none]),
        "lost_down": np.concatenate([np.where(lost, units, 0.0).clip(max=0), none]),
    }
    # Moves stand first and the sort is stable: of two at one moment, the reading is taken to show the move.
    order = np.lexsort((at, item)) if _unsorted(item, at) else np.arange(len(item))
    item, at, reads = item[order], at[order], reads[order]
    until = _until(item, at, reads, keys["outer_id"], looks)
    kept = _without_wholes(keys, item)
    events = Timeline(
        item[kept], at[kept], until[kept], reads[kept], **{name: one[order][kept] for name, one in columns.items()}
    )
    return ItemEvents(keys, events)


def milliseconds(times: pd.Series[Any]) -> Array:
    """Return moments as milliseconds since 1970."""
    return pd.to_datetime(times, utc=True).astype("datetime64[ms, UTC]").astype("int64").to_numpy()


def _moves(changes: pd.DataFrame) -> pd.DataFrame:
    """Return the stock moves that were made, or may have been, with the units of each."""
    ours = changes[changes["path"].eq("_sys@inventory") & changes["outcome"].isin(["done", "unknown"])]
    gap = pd.to_numeric(ours["after"], errors="coerce") - pd.to_numeric(ours["before"], errors="coerce")
    units = pd.to_numeric(ours["moved"], errors="coerce").fillna(gap)
    return ours.assign(moved=units.astype(float))[units.notna() & units.ne(0)]


def _keyed(observations: pd.DataFrame, moves: pd.DataFrame) -> tuple[pd.DataFrame, Array, Array]:
    """Return each item's key once, and of every row which it is."""
    codes = pd.concat([observations["outer_id"], moves["outer_id"]], ignore_index=True)
    skus = pd.concat([observations["sku"], moves["sku"]], ignore_index=True).fillna("")
    code, names = pd.factorize(codes)
    sku, sku_names = pd.factorize(skus)
    both, pairs = pd.factorize(code.astype(np.int64) * max(1, len(sku_names)) + sku)
    which = np.divmod(np.asarray(pairs, dtype=np.int64), max(1, len(sku_names)))
    keys = pd.DataFrame(
        {"outer_id": np.asarray(names, object)[which[0]], "sku": np.asarray(sku_names, object)[which[1]]}
    )
    return keys, both[: len(observations)], both[len(observations) :]


def _off(status: pd.Series[Any]) -> Array:
    return pd.to_numeric(status, errors="coerce").fillna(1).ne(1).to_numpy()


def _unsorted(item: Array, at: Array) -> bool:
    step = np.diff(item)
    return bool(((step < 0) | ((step == 0) & (np.diff(at) < 0))).any())


def _until(item: Array, at: Array, reads: Array, codes: pd.Series[str], looks: Sequence[Looks]) -> Array:
    """Return until when each reading was seen to hold: the last look before the item's next event."""
    following = np.append(at[1:], _NEVER)[: len(at)]
    following[np.append(item[1:] != item[:-1], True)[: len(item)]] = _NEVER
    until = at.copy()
    for items, times in _look_times(codes, looks):
        rows = np.nonzero(items[item])[0]
        before = np.searchsorted(times, following[rows], side="left") - 1
        until[rows] = np.where(before >= 0, np.maximum(until[rows], times[before]), until[rows])
    return np.where(reads, until, at)


def _look_times(codes: pd.Series[str], looks: Sequence[Looks]) -> Iterator[tuple[Array, Array]]:
    """Yield when items were looked at, for items that were always looked at together: which, and their times."""
    told = [one for one in looks if one.at]
    if not told:
        return
    among = np.array([[one.codes is None or code in one.codes for code in codes] for one in told], dtype=bool)
    group, _ = pd.factorize(np.array([column.tobytes() for column in among.T], dtype=object))
    times = [milliseconds(pd.Series([*one.at])) for one in told]
    for number in range(group.max(initial=-1) + 1):
        items = group == number
        of_these = among[:, items.argmax()]
        if of_these.any():
            yield items, np.sort(np.concatenate([one for one, in_it in zip(times, of_these, strict=True) if in_it]))


def _without_wholes(keys: pd.DataFrame, item: Array) -> Array:
    """Tell which events stay: an item that is known by its SKUs isn't counted once more as a whole."""
    has_skus = keys["outer_id"].isin(keys.loc[keys["sku"].ne(""), "outer_id"])
    return ~(has_skus & keys["sku"].eq("")).to_numpy(dtype=bool)[item]
