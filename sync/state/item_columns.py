"""What was seen of each item, as one line an item: a year of a large shop fills columns without an object a row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, cast, extract, func, select

from sync.state.baselines import in_parts
from sync.state.learned_tables import OBSERVATIONS
from sync.state.observations import streamed
from sync.state.store import Store, in_portions
from sync.state.types import millis

NONE = -999_999_999
"""What stands for no value."""
ITEMS = 3_000
"""Items that are read together."""

ItemColumns = tuple[str, str, int, str, str, str, str]
"""Code, SKU, how many readings; and their times (ms), prices (fen), stocks (units) and statuses, by commas."""

_TABLE = OBSERVATIONS.c


def item_columns(store: Store, code: str | None = None) -> Iterator[Sequence[ItemColumns]]:
    """Yield what was seen of all items, or of `code`: some items at a time, the readings in no certain order.

    Those of a listing come one after another.
    """
    postgres = store.engine.dialect.name == "postgresql"
    at = cast(extract("epoch", _TABLE.at) * 1000, BigInteger) if postgres else _TABLE.at
    values = (at, *(func.coalesce(column, NONE) for column in (_TABLE.price, _TABLE.stock, _TABLE.status)))
    texts = (func.aggregate_strings(_as_text(value), ",") for value in values)
    ours = _TABLE.profile == store.profile
    wanted = select(_TABLE.outer_id, _TABLE.sku, func.count(), *texts).where(
        ours if code is None else ours & (_TABLE.outer_id == code)
    )
    every = wanted.group_by(_TABLE.outer_id, _TABLE.sku).order_by(_TABLE.outer_id, _TABLE.sku)
    return in_portions(store, every, ITEMS)


def _as_text(value: Any) -> ColumnElement[str]:
    return cast(value, Text)


def stocks_since(store: Store, codes: Iterable[str], since: datetime) -> Iterator[tuple[str, int, int | None]]:
    """Yield code, time (ms) and units of each reading of items since a moment, in order of code and time."""
    wanted = select(_TABLE.outer_id, _TABLE.at, _TABLE.stock).where(
        _TABLE.profile == store.profile, _TABLE.sku == "", _TABLE.at >= millis(since)
    )
    for part in in_parts({*codes}):
        these = wanted.where(_TABLE.outer_id.in_(part))
        yield from streamed(store, these.order_by(_TABLE.outer_id, _TABLE.at))
