"""A shop listing as the platform names its fields → the same paths as an open item's
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Mapping

from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.gateway.protocol import Garbled, Success
from sync.item import Item, Path, Status
from sync.values import from_wire

PATHS: Mapping[str, Path] = {
    "num_iid": ITEM_ID,
    "outer_id": OUTER_ID,
    "title": TITLE,
    "price": PRICE,
    "num": INVENTORY,
    "approve_status": STATUS,
}
"""The fields that are asked for."""
FIELDS = ",".join(PATHS)
STATUSES = {"onsale": Status.ACTIVE, "instock": Status.INACTIVE}


def items_of(success: Success) -> dict[str, Item]:
    """Read an answer's list of items, by id; raises Garbled, also for one item that is there in two ways.

    A list is wrapped in its element's name. Of an empty one the platform may leave all of it out (*assumed*); a list
    of one may come as that object (docs/explanation/platform.md#errors).
    """
    listed = success.fields.get("items") or {}
    inner = listed.get("item", []) if isinstance(listed, dict) else None
    documents = [inner] if isinstance(inner, dict) else inner
    if not isinstance(documents, list):
        raise Garbled("no list of items")
    items = [_item(document) for document in documents]
    found = {str(item[ITEM_ID]): item for item in items}
    if any(item != found[str(item[ITEM_ID])] for item in items):
        raise Garbled("one item in two ways")
    return found


def id_of(success: Success) -> str:
    """Read the id of the one item that was changed; raises Garbled."""
    item = success.fields.get("item")
    return str(_item(item)[ITEM_ID])


def _item(document: object) -> Item:
    if not isinstance(document, dict):
        raise Garbled("an item is no object")
    said = document.get("approve_status")
    named = {**document, "approve_status": STATUSES.get(said, said) if isinstance(said, str) else said}
    read = {path: from_wire(path, named.get(name)) for name, path in PATHS.items()}
    item = {path: value for path, value in read.items() if value is not None}
    if not isinstance(item.get(ITEM_ID), str):
        raise Garbled("an item without an id")
    return item
