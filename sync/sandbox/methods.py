"""All methods that the sandbox knows, by name."""

from __future__ import annotations

from collections.abc import Mapping

from sync.sandbox.listing_edits import LISTING_EDITS
from sync.sandbox.method import Method
from sync.sandbox.open_items import OPEN_ITEMS
from sync.sandbox.shop_items import SHOP_ITEMS

METHODS: Mapping[str, Method] = {**OPEN_ITEMS, **SHOP_ITEMS, **LISTING_EDITS}
