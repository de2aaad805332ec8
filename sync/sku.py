"""The noun SKU: a variant of an ordinary listing, with a stock and a price of its own.

To this program an SKU is an item, whose id names both: `642500118001:4010002` is SKU 4010002 of a listing.
"""

from __future__ import annotations

MOST_SKUS = 20
"""SKUs of one listing whose stock one call changes (docs/explanation/platform.md#skus)."""
_JOINT = ":"


def sku_id(listing: str, sku: str) -> str:
    """Return the id of an SKU as this program writes it; both are the platform's own."""
    return f"{listing}{_JOINT}{sku}"


def is_sku(item_id: str) -> bool:
    """Tell whether an id is an SKU's."""
    return _JOINT in item_id


def listing_of(item_id: str) -> str:
    """Return the id of the listing that an SKU belongs to; any other id as it is."""
    return item_id.partition(_JOINT)[0]


def sku_of(item_id: str) -> str:
    """Return the platform's own id of an SKU; empty for what is none."""
    return item_id.partition(_JOINT)[2]
