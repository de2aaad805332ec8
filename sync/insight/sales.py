"""What was presumably sold between two readings, and how long an item was in stock (docs/reference/insight.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sync.insight.timeline import DAY, Array, Timeline

WATCHED = 8 * DAY
"""A time between two readings counts as observed up to this length: a shop that looks weekly is seen whole."""


@dataclass(frozen=True)
class Sold:
    """The times between two readings of an item, one after another. Arrays of one length."""

    item: Array
    begins: Array
    """The last moment at which the earlier reading held."""
    ends: Array
    sold: Array
    """Units presumably sold: the fall of stock less our own moves. Never negative."""
    most: Array
    """Units that can have been sold, if every lost move happened that would explain it."""
    came: Array
    """Units that came in and that we didn't add, such as returns. What was sold beside them can't be seen."""
    doubtful: Array
    """True: a lost move, or units that came in, hide what was sold."""
    price: Array
    """Fen, as the earlier reading showed it."""


def sales(events: Timeline) -> Sold:
    """Return what was presumably sold between each two readings of an item."""
    (read,) = np.nonzero(events.reads & np.isfinite(events.stock))
    moved, up, down = (np.cumsum(one)[read] for one in (events.moved, events.lost_up, events.lost_down))
    item, stock = events.item[read], events.stock[read]
    pair = item[1:] == item[:-1]
    fall = -np.diff(stock) + np.diff(moved)
    up, down = np.diff(up), np.diff(down)
    # Buyers only take stock away: a rise that a lost move explains shows that it happened.
    happened = np.where(fall < 0, np.minimum(up, -fall), 0.0)
    least = fall + happened + down
    most = fall + up
    came = np.maximum(-(fall + up), 0.0)
    return Sold(
        item[1:][pair],
        events.until[read][:-1][pair],
        events.at[read][1:][pair],
        np.maximum(least, 0.0)[pair],
        np.maximum(most, 0.0)[pair],
        came[pair],
        ((came > 0) | (up > 0) | (down < 0))[pair],
        events.price[read][:-1][pair],
    )


@dataclass(frozen=True)
class Presence:
    """Stretches of time of which the stock is known, or known at both ends. Arrays of one length."""

    item: Array
    begins: Array
    ends: Array
    in_stock: Array
    """The share of the stretch in which buyers could buy: 1, 0, or one half where stock ended or came within."""
    watched: Array
    """True: no longer than `WATCHED` between two readings."""


def presence(events: Timeline) -> Presence:
    """Return how long each item was in stock, stretch by stretch."""
    at, until, item = events.at, events.until, events.item
    stock, off = _standing(events)
    same = np.append(item[1:] == item[:-1], False)[: len(item)]
    following = np.where(same, np.append(at[1:], 0)[: len(at)], until)
    reads = events.reads & np.isfinite(events.stock)
    after = np.where(np.append(reads[1:], False)[: len(at)], np.append(events.stock[1:], 0.0)[: len(at)], stock)
    for_sale = ~(off & (following - at >= DAY))
    within = np.where((stock > 0) & (after > 0), 1.0, np.where((stock > 0) | (after > 0), 0.5, 0.0))
    known = np.isfinite(stock)
    watched = _gap(events, reads) <= WATCHED
    held = Presence(item, at, until, (stock > 0) & for_sale, np.ones(len(at), bool))
    between = Presence(item, until, following, within * for_sale, watched)
    return Presence(
        *(
            np.concatenate([one[known], two[known & same]])
            for one, two in zip(vars(held).values(), vars(between).values(), strict=True)
        )
    )


def _standing(events: Timeline) -> tuple[Array, Array]:
    """Return the stock after each event (NaN: nobody has looked yet), and whether the item wasn't for sale."""
    places = np.arange(len(events.item))
    last = (
        np.maximum.accumulate(np.where(events.reads & np.isfinite(events.stock), places, -1))
        if len(places)
        else places
    )
    known = (last >= 0) & (events.item[last] == events.item)
    moved = np.cumsum(events.moved)
    stock = np.maximum(events.stock[last] + moved - moved[last], 0.0)
    return np.where(known, stock, np.nan), events.off[last] & known


def _gap(events: Timeline, reads: Array) -> Array:
    """Return how long it is from the reading before each event's end to the reading after it."""
    size = len(reads)
    places = np.arange(size)
    last = np.maximum.accumulate(np.where(reads, places, 0)) if size else places
    coming = np.minimum.accumulate(np.where(reads, places, size - 1)[::-1])[::-1] if size else places
    following = np.append(coming[1:], size - 1)[:size] if size else places
    return np.where(events.item[following] == events.item, events.at[following] - events.until[last], 0)


def length_within(begins: Array, ends: Array, since: int, now: int) -> Array:
    """Return how much of each stretch lies within a period, in milliseconds."""
    return np.asarray(np.maximum(np.minimum(ends, now) - np.maximum(begins, since), 0))
