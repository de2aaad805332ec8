"""What is remembered of all items, some at a time: all of them at once would be the most that a command holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from sync.item import Baseline
from sync.state.baselines import COLUMNS, remembered
from sync.state.store import Store, in_portions
from sync.state.tables import ITEMS

_TOGETHER = 2_000


def known_items(store: Store) -> Iterator[Mapping[str, Baseline]]:
    """Yield the baselines of all items by code, some thousand at a time, in the order of `Store.baselines`."""
    wanted = select(*COLUMNS).where(ITEMS.c.profile == store.profile)
    return map(remembered, in_portions(store, wanted, _TOGETHER))
