"""What is remembered of all items, some at a time: all of them at once would be the most that a command holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from sync.item import Baseline
from sync.state.baselines import COLUMNS, remembered
from sync.state.store import Store
from sync.state.tables import ITEMS

_TOGETHER = 2_000


def known_items(store: Store) -> Iterator[Mapping[str, Baseline]]:
    """Yield the baselines of all items by code, some thousand at a time, in the order of `Store.baselines`."""
    wanted = select(*COLUMNS).where(ITEMS.c.profile == store.profile)
    with (
        store.engine.connect() as connection,
        connection.execution_options(yield_per=_TOGETHER).execute(wanted) as found,
    ):
        for rows in found.partitions():
            yield remembered(rows)
