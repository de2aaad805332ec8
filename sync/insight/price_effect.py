"""What a change of price did to sales: equal windows before and after it (docs/reference/insight.md)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sync.insight.sales import presence, sales
from sync.insight.timeline import DAY, Array, Timeline

SHORTEST, LONGEST = 4 * 7 * DAY, 13 * 7 * DAY
"""How long a window has to be, and is at most."""
COLUMNS = ("price_changed", "price_before", "price_after", "price_effect")


def price_effects(events: Timeline, count: int) -> pd.DataFrame:
    """Return the effect of each item's latest price change that can be measured, by item; else a row of blanks.

    `price_effect`: units sold a day after it, over those before it, less 1. A window in which the item ran out,
    or that is shorter than four weeks, says nothing.
    """
    changed = _changes(events)
    if not len(changed):
        return _blank(count)
    grid = _Grid(events)
    item, at = changed["item"].to_numpy(), changed["at"].to_numpy()
    window = np.minimum(np.minimum(at - changed["from"].to_numpy(), changed["to"].to_numpy() - at), LONGEST)
    sold, out = _cumulated_sales(events, grid), _cumulated_absence(events, grid)
    before, after = (grid.between(sold, item, start, start + window) for start in (at - window, at))
    absent = grid.between(out, item, at - window, at + window)
    fits = (window >= SHORTEST) & (absent <= 0) & (before > 0)
    rate = np.divide(after, before, out=np.full(len(before), np.nan), where=before > 0) - 1
    found = changed.assign(price_effect=rate)[fits].drop_duplicates("item", keep="last").set_index("item")
    frame = pd.DataFrame(
        {
            "price_changed": pd.to_datetime(found["at"], unit="ms", utc=True),
            "price_before": found["old"].astype("Int64"),
            "price_after": found["new"].astype("Int64"),
            "price_effect": found["price_effect"],
        }
    )
    return frame.reindex(np.arange(count))


def _blank(count: int) -> pd.DataFrame:
    none = pd.DataFrame(index=np.arange(count))
    return none.assign(
        price_changed=pd.Series(pd.NaT, none.index, dtype="datetime64[ns, UTC]"),
        price_before=pd.array([pd.NA] * count, dtype="Int64"),
        price_after=pd.array([pd.NA] * count, dtype="Int64"),
        price_effect=np.nan,
    )


def _changes(events: Timeline) -> pd.DataFrame:
    """Return each change of a price, with how long the price before it and the one after it stood."""
    read = np.nonzero(events.reads & np.isfinite(events.price))[0]
    item, price, at, until = events.item[read], events.price[read], events.at[read], events.until[read]
    start = np.append(True, (item[1:] != item[:-1]) | (price[1:] != price[:-1]))[: len(read)]
    (first,) = np.nonzero(start)
    last = np.append(first[1:] - 1, len(read) - 1)[: len(first)]
    spells = pd.DataFrame({"item": item[first], "price": price[first], "at": at[first], "end": until[last]})
    was = spells.shift()
    follows = spells["item"].eq(was["item"])
    frame = pd.DataFrame(
        {
            "item": spells["item"],
            "at": spells["at"],
            "from": was["at"].fillna(0).astype("int64"),
            "to": spells["end"],
            "old": was["price"],
            "new": spells["price"],
        }
    )
    return frame[follows].reset_index(drop=True)


class _Grid:
    """One axis for all items: their times, one item's after the other's, so that one look-up serves them all."""

    def __init__(self, events: Timeline) -> None:
        self._start = int(events.at.min())
        self._span = int(max(events.at.max(), events.until.max())) - self._start + 1

    def place(self, item: Array, at: Array) -> Array:
        """Return where a moment of an item lies."""
        return np.asarray(item.astype(np.int64) * self._span + (at - self._start))

    def between(self, curve: tuple[Array, Array], item: Array, begins: Array, ends: Array) -> Array:
        """Return by how much a curve rose; between two of its points it rises evenly."""
        return np.asarray(np.interp(self.place(item, ends), *curve) - np.interp(self.place(item, begins), *curve))


def _curve(grid: _Grid, item: Array, begins: Array, ends: Array, amount: Array) -> tuple[Array, Array]:
    total = np.cumsum(amount)
    places = np.ravel([grid.place(item, begins), grid.place(item, ends)], order="F")
    return places.astype(float), np.ravel([total - amount, total], order="F")


def _cumulated_sales(events: Timeline, grid: _Grid) -> tuple[Array, Array]:
    found = sales(events)
    return _curve(grid, found.item, found.begins, found.ends, found.sold)


def _cumulated_absence(events: Timeline, grid: _Grid) -> tuple[Array, Array]:
    found = presence(events)
    gone = (1.0 - found.in_stock) * (found.ends - found.begins)
    order = np.argsort(grid.place(found.item, found.begins), kind="stable")
    item, begins, ends = found.item[order], found.begins[order], found.ends[order]
    return _curve(grid, item, begins, ends, gone[order])
