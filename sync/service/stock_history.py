"""How the stock of items went, week by week, for the report's sparklines."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sync.state.item_columns import stocks_since
from sync.state.types import millis

if TYPE_CHECKING:
    from sync.state.store import Store

WEEKS = 13


def weekly_stocks(store: Store, codes: Collection[str], now: datetime) -> Mapping[str, Sequence[int | None]]:
    """Return the units of each item at the end of each of the last weeks, the oldest first; None: nobody knows.

    An item of which only one number is known isn't in it: there is nothing to draw.
    """
    ends = [millis(now - timedelta(weeks=week)) for week in reversed(range(WEEKS))]
    since = now - timedelta(weeks=2 * WEEKS)
    found = {}
    for code, readings in groupby(stocks_since(store, codes, since), key=lambda one: one[0]):
        seen = [(at, units) for _, at, units in readings]
        if len(seen) > 1:
            found[code] = [next((units for at, units in reversed(seen) if at <= end), None) for end in ends]
    return found
