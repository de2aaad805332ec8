"""Stock and price of one item over time, with our own moves marked: what a page draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from sync.insight.timeline import Array, timeline


@dataclass(frozen=True)
class ItemSeries:
    """One item over time: what was seen, and what we moved. Sequences of `stock` and `price` go with `at`."""

    at: tuple[datetime, ...]
    """When it was looked at and found to differ."""
    stock: tuple[int | None, ...]
    """Units that were seen."""
    price: tuple[int | None, ...]
    """Fen."""
    moves: tuple[tuple[datetime, int], ...]
    """When we moved stock, and by how many units."""

    def document(self) -> dict[str, object]:
        """Return its JSON as uPlot takes it: a list of moments (seconds since 1970), and a list of values a line."""
        return {
            "at": [int(one.timestamp()) for one in self.at],
            "stock": [*self.stock],
            "price": [None if fen is None else fen / 100 for fen in self.price],
            "moves": [{"at": int(at.timestamp()), "by": by} for at, by in self.moves],
        }


def item_series(observations: pd.DataFrame, changes: pd.DataFrame) -> ItemSeries:
    """Return how one item went; `observations` and `changes`: those of the item, as `timeline` takes them."""
    events = timeline(observations, changes).events
    read, moved = events.reads, events.moved != 0
    return ItemSeries(
        tuple(map(_moment, events.at[read])),
        tuple(map(_whole, events.stock[read])),
        tuple(map(_whole, events.price[read])),
        tuple((_moment(at), int(by)) for at, by in zip(events.at[moved], events.moved[moved], strict=True)),
    )


def _moment(milliseconds: Array) -> datetime:
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


def _whole(number: Array) -> int | None:
    return None if np.isnan(number) else int(number)
