"""A shop listing as the platform names its fields → the same paths as an open item's
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.fields import (
    INVENTORY,
    ITEM_ID,
    OFF_SALE,
    OUTER_ID,
    PRICE,
    SKU_CODE,
    SKU_NAME,
    SKU_PROPERTIES,
    SOLD_OUT,
    STATUS,
    TITLE,
    VIOLATION,
)
from sync.gateway.protocol import Garbled, Success
from sync.item import Item, Path, Status
from sync.sku import sku_id
from sync.values import from_wire

PATHS: Mapping[str, Path] = {
    "num_iid": ITEM_ID,
    "outer_id": OUTER_ID,
    "title": TITLE,
    "price": PRICE,
    "num": INVENTORY,
    "approve_status": STATUS,
}
SKU_PATHS: Mapping[str, Path] = {
    "outer_id": SKU_CODE,
    "properties": SKU_PROPERTIES,
    "price": PRICE,
    "quantity": INVENTORY,
}
OF_LISTING = (OUTER_ID, TITLE, STATUS, OFF_SALE)
"""What an SKU shares with its listing."""
FIELDS = ",".join((*PATHS, "cid", "violation", "sku"))
"""The fields that are asked for; `sku` is a list within."""
STATUSES = {"onsale": Status.ACTIVE, "instock": Status.INACTIVE}


@dataclass(frozen=True)
class Listing:
    """One listing as an answer tells it."""

    item: Item
    skus: Mapping[str, Item] = field(default_factory=dict)
    """By their ids (`sync.sku`), in the platform's order."""
    category: str = ""
    """The platform's number of it; empty: not told."""


def listings_of(success: Success) -> dict[str, Listing]:
    """Read an answer's list of items, by id; raises Garbled, also for one item that is there in two ways.

    A list is wrapped in its element's name. Of an empty one the platform may leave all of it out (*assumed*); a list
    of one may come as that object (docs/explanation/platform.md#errors).
    """
    listings = [_listing(document) for document in _list(success.fields.get("items"), "item")]
    found = {str(one.item[ITEM_ID]): one for one in listings}
    if any(one != found[str(one.item[ITEM_ID])] for one in listings):
        raise Garbled("one item in two ways")
    return found


def id_of(success: Success) -> str:
    """Read the id of the one item that was changed; raises Garbled."""
    item = success.fields.get("item")
    return str(_listing(item).item[ITEM_ID])


def _list(listed: object, name: str) -> list[object]:
    inner = listed.get(name, []) if isinstance(listed, dict) else [] if not listed and listed != [] else listed
    documents = [inner] if isinstance(inner, dict) else inner
    if not isinstance(documents, list) or isinstance(listed, list):
        raise Garbled(f"no list of {name}s")
    return documents


def _listing(document: object) -> Listing:
    if not isinstance(document, dict):
        raise Garbled("an item is no object")
    said = document.get("approve_status")
    named = {**document, "approve_status": STATUSES.get(said, said) if isinstance(said, str) else said}
    item = _read(named, PATHS)
    listing = item.get(ITEM_ID)
    if not isinstance(listing, str):
        raise Garbled("an item without an id")
    if why := _off_sale(item, document):
        item = {**item, OFF_SALE: why}
    skus = [_sku(one, item) for one in _list(document.get("skus"), "sku")]
    category = document.get("cid")
    return Listing(
        item,
        {str(sku[ITEM_ID]): sku for sku in skus},
        "" if category is None else str(category),
    )


def _off_sale(item: Item, document: Mapping[str, object]) -> str | None:
    if item.get(STATUS) != Status.INACTIVE:
        return None
    if document.get("violation") in (True, "true"):
        return VIOLATION
    return SOLD_OUT if item.get(INVENTORY) == 0 else None


def _sku(document: object, listing: Item) -> Item:
    if not isinstance(document, dict):
        raise Garbled("an SKU is no object")
    number = from_wire(ITEM_ID, document.get("sku_id"))
    if not isinstance(number, str):
        raise Garbled("an SKU without an id")
    shared = {path: listing[path] for path in OF_LISTING if path in listing}
    own = _read(document, SKU_PATHS)
    name = _name(document.get("properties_name"))
    return {ITEM_ID: sku_id(str(listing[ITEM_ID]), number), **shared, **own, **({SKU_NAME: name} if name else {})}


def _read(document: Mapping[str, object], paths: Mapping[str, Path]) -> Item:
    read = {path: from_wire(path, document.get(name)) for name, path in paths.items()}
    # An SKU without a code of its own may have an empty one.
    return {path: value for path, value in read.items() if value is not None and (path, value) != (SKU_CODE, "")}


def _name(properties: object) -> str:
    """`1627207:28341:颜色:红;20509:28383:尺码:M` → `颜色:红;尺码:M`."""
    if not isinstance(properties, str):
        return ""
    return ";".join(part.split(":", 2)[-1] for part in properties.split(";") if part)
