"""The seven open-item methods as a table: name → parameters and handler (docs/explanation/platform.md#open-items)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sync.sandbox import document as doc
from sync.sandbox.method import Fields, Method, Params, number
from sync.sandbox.shop import OpenItemShop


def _generate(shop: OpenItemShop, params: Params) -> Fields:
    return {"item_id": _id(shop, shop.generate_id())}


def _publish(shop: OpenItemShop, params: Params) -> Fields:
    return {"item_id": _id(shop, shop.publish(params["item_json"]))}


def _modify(shop: OpenItemShop, params: Params) -> Fields:
    # Only the item's id is required (section 4): without anything to change, nothing changes.
    shop.modify(number(params, "item_id"), params.get("json") or "{}", params.get("delete_paths", ""))
    return {}


def _on_item(change: Callable[[OpenItemShop, int, int], None], argument: str) -> Method:
    """Return a method that changes one item by one number."""

    def handle(shop: OpenItemShop, params: Params) -> Fields:
        change(shop, number(params, "item_id"), number(params, argument))
        return {}

    return Method(handle, ("item_id", argument))


def _get(shop: OpenItemShop, params: Params) -> Fields:
    """JSON within JSON (docs/explanation/platform.md#reading)."""
    document = shop.read(number(params, "item_id"))
    ids = {key: _id(shop, value) for key, value in doc.system(document).items() if key in ("itemId", "userId")}
    return {"item": doc.write(document | {doc.SYSTEM: doc.system(document) | ids})}


OPEN_ITEMS: Mapping[str, Method] = {
    "taobao.open.item.id.generate": Method(_generate),
    "taobao.open.item.publish": Method(_publish, ("item_json",)),
    "taobao.open.item.modify": Method(_modify, ("item_id",)),
    "taobao.open.item.status.modify": _on_item(
        lambda shop, item_id, status: shop.set_status(item_id, status), "status"
    ),
    "taobao.open.item.inventory.incr": _on_item(lambda shop, item_id, num: shop.incr(item_id, num), "num"),
    "taobao.open.item.inventory.decr": _on_item(lambda shop, item_id, num: shop.decr(item_id, num), "num"),
    "taobao.open.item.get": Method(_get, ("item_id",), writes=False),
}


def _id(shop: OpenItemShop, item_id: object) -> object:
    return str(item_id) if shop.assumptions.ids_as_text else item_id
