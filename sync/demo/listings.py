"""The same shop's ordinary listings, for who practises on the shop channel."""

from __future__ import annotations

from sync.demo.shop import stocked

FIRST_NUM_IID = 642_500_118_001
"""Twelve digits, as listings' ids have."""


def shop_listings() -> list[dict[str, object]]:
    """Return a listing for each item of the sample shop, as the platform names its fields."""
    return [
        {
            "num_iid": FIRST_NUM_IID + place,
            "outer_id": goods.code,
            "title": goods.title,
            "price": goods.price,
            "num": goods.stock,
            "approve_status": "onsale" if goods.on_sale else "instock",
        }
        for place, (_, goods, _) in enumerate(stocked())
    ]
