"""What was measured of each item within a period: units, days, how it stands (docs/reference/insight.md)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sync.insight.sales import Sold, length_within, presence, sales
from sync.insight.timeline import DAY, Array, ItemEvents, Timeline

SLOW = 90
"""Days without a sale."""


def measures(catalog: ItemEvents, since: int, now: int) -> pd.DataFrame:
    """Return a row for each item that has events, by its place in `catalog.keys`; `since`, `now`: milliseconds."""
    events, count = catalog.events, len(catalog.keys)
    sold = sales(events)
    frame = pd.concat([catalog.keys, _units(sold, since, now, count), _days(events, since, now, count)], axis=1)
    last = _extreme(sold.item, sold.ends, (sold.sold > 0) & (sold.ends <= now), count, latest=True)
    first = _extreme(events.item, events.at, events.reads, count, latest=False)
    before = now - SLOW * DAY
    frame["first_seen"] = _moments(first)
    possible = np.where(first > 0, np.maximum(now - np.maximum(first, since), 0), 0) / DAY
    frame["observed"] = np.divide(frame["days_observed"], possible, out=np.zeros(count), where=possible > 0).clip(
        0, 1
    )
    frame["last_sold"] = _moments(last)
    frame["slow"] = (first > 0) & (first <= before) & (last <= before)
    for name, values in _standing_now(events, count).items():
        frame[name] = values
    return frame[np.isin(np.arange(count), events.item)]


def _units(sold: Sold, since: int, now: int, count: int) -> pd.DataFrame:
    """Return units and fen by item, of what was found out within the period."""
    inside = (sold.ends > since) & (sold.ends <= now)
    item = sold.item[inside]

    def total(weights: Array) -> Array:
        return np.bincount(item, weights=weights[inside], minlength=count).round().astype("int64")

    return pd.DataFrame(
        {
            "sold": total(sold.sold),
            "sold_most": total(sold.most),
            "came": total(sold.came),
            "doubtful": total(sold.doubtful) > 0,
            "turnover_fen": total(sold.sold * np.nan_to_num(sold.price)),
        }
    )


def _days(events: Timeline, since: int, now: int, count: int) -> pd.DataFrame:
    stretches = presence(events)
    lengths = length_within(stretches.begins, stretches.ends, since, now)

    def total(share: Array) -> Array:
        return np.bincount(stretches.item, weights=lengths * share, minlength=count) / DAY

    in_stock = total(stretches.in_stock)
    known = total(np.ones(len(lengths)))
    return pd.DataFrame(
        {
            "days_known": known,
            "days_observed": total(stretches.watched),
            # A part of a day counts as one: else a shop that looked twice today would sell thousands a day.
            "days_in_stock": np.where(in_stock > 0, np.maximum(in_stock, 1.0), 0.0),
        }
    )


def _standing_now(events: Timeline, count: int) -> dict[str, Any]:
    """Return what each item holds: as it was last read, and moved by us since."""
    places = np.arange(len(events.item))
    read = events.reads & np.isfinite(events.stock)
    stock = _last(events.item, places, read, count)
    price = _last(events.item, places, events.reads & np.isfinite(events.price), count)
    state = _last(events.item, places, events.reads, count)
    moved, lost = np.cumsum(events.moved), np.cumsum((events.lost_up > 0) | (events.lost_down < 0))
    end = _last(events.item, places, np.ones(len(places), bool), count)
    known = stock >= 0
    units = np.where(known, _at(events.stock, stock) + _at(moved, end) - _at(moved, stock), np.nan)
    return {
        "stock": pd.array(np.maximum(units, 0.0), dtype="Float64").astype("Int64"),
        "price_fen": pd.array(_at(events.price, price), dtype="Float64").astype("Int64"),
        "off": (state >= 0) & (_at(events.off.astype(float), state) == 1),
        "lost": known & (_at(lost, end) > _at(lost, stock)),
        "last_seen": _moments(np.where(state >= 0, _at(events.until.astype(float), state), 0)),
    }


def _last(item: Array, places: Array, counts: Array, count: int) -> Array:
    """Return the place of each item's last event that counts; -1: none."""
    last = np.full(count, -1, np.int64)
    # Of several, numpy keeps the last one: the events are in order.
    last[item[counts]] = places[counts]
    return last


def _at(values: Array, places: Array) -> Array:
    """Return the value at each place; NaN where there is none."""
    if not len(values):
        return np.full(len(places), np.nan)
    return np.where(places >= 0, values[places].astype(float), np.nan)


def _extreme(item: Array, at: Array, counts: Array, count: int, *, latest: bool) -> Array:
    """Return the first or last moment of each item that counts; 0: none."""
    found = np.zeros(count, np.int64)
    item, at = item[counts], at[counts]
    order = slice(None) if latest else slice(None, None, -1)
    found[item[order]] = at[order]
    return found


def _moments(at: Array) -> pd.Series[pd.Timestamp]:
    moments = pd.Series(pd.to_datetime(np.asarray(at, dtype="int64"), unit="ms", utc=True))
    return moments.mask(np.asarray(at) == 0)
