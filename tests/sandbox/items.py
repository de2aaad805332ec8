"""Items for the sandbox's tests."""

import json
from collections.abc import Mapping

from sync.sandbox.document import Document, system
from sync.sandbox.shop import OpenItemShop

PUBLISHED: Document = {
    "category": ["丽人", "美甲"],
    "title": "猫眼美甲",
    "price": 19.9,
    "inventory": 5,
    "userId": 20000001,
    "appKey": "10000001",
    "status": 1,
    "dataVersion": 1,
}
"""`_sys` of a freshly published `item()`, but for its id."""


def item(custom: Mapping[str, object] | None = None, /, **keys: object) -> str:
    """Write an item that can be published, with `keys` of `_sys` over it; None takes one out."""
    filled = {"category": ["丽人", "美甲"], "title": "猫眼美甲", "price": 19.9, "inventory": 5} | keys
    sent = {key: value for key, value in filled.items() if value is not None}
    return json.dumps({"_sys": sent, **(custom or {})}, ensure_ascii=False)


def system_of(shop: OpenItemShop, item_id: int) -> Document:
    return system(shop.get(item_id))
