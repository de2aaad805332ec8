"""What the calls of each channel can do (docs/explanation/platform.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.fields import INVENTORY, STATUS
from sync.item import Path


@dataclass(frozen=True)
class Abilities:
    """What one channel's calls can do."""

    publishes: bool = True
    """Whether it makes new items, and deletes old ones."""
    paths: frozenset[Path] | None = None
    """What it can change of an item; None: everything."""
    lists_stock: bool = False
    """Whether putting an item up states its stock, so that there must be some, and it must be known."""

    def writes(self, path: Path) -> bool:
        """Tell whether the channel can change this path."""
        return self.paths is None or path in self.paths


OPEN = Abilities()
SHOP = Abilities(publishes=False, paths=frozenset((STATUS, INVENTORY)), lists_stock=True)
BY_CHANNEL: Mapping[str, Abilities] = {"open": OPEN, "shop": SHOP}
