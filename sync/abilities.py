"""What the calls of each channel can do, path by path (docs/explanation/platform.md)."""

from __future__ import annotations

from typing import NamedTuple

from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Path


class Abilities(NamedTuple):
    """What one channel's calls can do."""

    publishes: bool = True
    """Whether it makes new items."""
    deletes: bool = True
    paths: frozenset[Path] | None = None
    """What it can change of an item; None: everything."""
    sku_paths: frozenset[Path] = frozenset()
    """What it can change of an SKU, and so not of a listing that has SKUs."""
    lists_stock: bool = False
    """Whether putting an item up states its stock, so that there must be some, and it must be known."""
    looks: int = 1
    """Items, without their SKUs, that one look is at."""

    def writes(self, path: Path, *, has_skus: bool = False) -> bool:
        """Tell whether the channel can change this path of an item, or of a listing that `has_skus`."""
        if has_skus and path in self.sku_paths:
            return False
        return self.paths is None or path in self.paths


OPEN = Abilities()
SHOP = Abilities(
    publishes=False,
    deletes=False,
    paths=frozenset((TITLE, PRICE, STATUS, INVENTORY)),
    sku_paths=frozenset((PRICE, INVENTORY)),
    lists_stock=True,
    looks=20,
)


def abilities_of(channel: str, *, deletes: bool = False) -> Abilities:
    """Return what a channel can do; `deletes`: the profile allows that listings are deleted."""
    return OPEN if channel == "open" else SHOP._replace(deletes=deletes)
