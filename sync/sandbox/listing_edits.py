"""The methods that change a listing's title, price and SKUs, the newer pair of up and down, and the messages:
name → parameters and handler (docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sync.sandbox import item_schema
from sync.sandbox.gate import Rejected
from sync.sandbox.listing import isv, skus_of, stocks_of
from sync.sandbox.method import Fields, Method, Params, number
from sync.sandbox.shop import OpenItemShop
from sync.sandbox.shop_items import ADD, SET, changed, few, shown_sku, sku_named

MOST_SKUS = 20
"""Of one `skus.quantity.update`."""
MOST_MESSAGES = 200
"""Of one `tmc.messages.consume`."""
USUAL_MESSAGES = 100
_PAIR = re.compile(r"(?P<key>[^:;]+):(?P<units>-?[0-9]{1,10})")


def _schema(shop: OpenItemShop, params: Params) -> Fields:
    listing = shop.lagging_listings.get(number(params, "item_id"))
    return {"result": item_schema.written(listing, shop.assumptions)}


def _fast_update(shop: OpenItemShop, params: Params) -> Fields:
    item_id = number(params, "item_id")
    sent = item_schema.read(params["schema"], shop.assumptions)
    if skus_of(shop.listings.get(item_id)) and sent.keys() - {"title"}:
        raise isv("invalid-parameter:schema", "有SKU的商品请修改SKU的价格和库存")
    listing = shop.listings.edit(item_id, sent)
    told = str(item_id) if shop.assumptions.ids_as_text else item_id
    return {"item_id": told, "update_time": listing["modified"], "market": "taobao"}


def _upshelf(shop: OpenItemShop, params: Params) -> Fields:
    item_id = number(params, "item_id")
    held = sum(stocks_of(shop.listings.get(item_id)).values())
    shop.listings.put_up(item_id, number(params, "quantity") if params.get("quantity") else held)
    return {"result": "上架成功"}


def _downshelf(shop: OpenItemShop, params: Params) -> Fields:
    shop.listings.take_down(number(params, "item_id"))
    return {"result": "下架成功"}


def _delete(shop: OpenItemShop, params: Params) -> Fields:
    shop.listings.delete(number(params, "item_id"))
    return {"result": "删除成功"}


def _sku_stocks(shop: OpenItemShop, params: Params) -> Fields:
    how = params.get("type") or SET
    if how not in (SET, ADD):
        raise Rejected(41, "Invalid arguments:type")
    num_iid = number(params, "num_iid")
    stocks = _pairs(shop, num_iid, params)
    if how == SET:
        listing = shop.listings.set_stocks(num_iid, stocks)
    else:
        listing = shop.listings.add_stocks(num_iid, stocks, stops=shop.assumptions.sku_add_stops_at_zero)
    return changed(shop, listing, "num", "sku")


def _pairs(shop: OpenItemShop, num_iid: int, params: Params) -> Mapping[int | None, int]:
    """Read `id:n;id:n`, or the same with codes."""
    name = next((one for one in ("skuid_quantities", "outerid_quantities") if params.get(one)), None)
    if name is None:
        raise Rejected(40, "Missing required arguments:skuid_quantities")
    pairs = [_PAIR.fullmatch(part) for part in params[name].strip(";").split(";")]
    if len(pairs) > MOST_SKUS:
        raise isv(f"invalid-parameter:{name}", f"一次最多修改{MOST_SKUS}个SKU")
    found: dict[int | None, int] = {}
    for pair in pairs:
        if pair is None:
            raise isv(f"invalid-parameter:{name}", "格式应为id:数量;id:数量")
        by_id = name == "skuid_quantities"
        sku_id = number({name: pair["key"]}, name) if by_id else sku_named(shop.listings, num_iid, pair["key"])
        found[sku_id] = int(pair["units"])
    return found


def _sku_price(shop: OpenItemShop, params: Params) -> Fields:
    num_iid, properties = number(params, "num_iid"), params["properties"]
    with shop.listings.database.writing():
        listing = shop.listings.set_sku_price(num_iid, properties, params["price"])
        (sku,) = [sku for sku in skus_of(listing) if sku.get("properties") == properties]
        if params.get("quantity"):
            shop.listings.set_stocks(num_iid, {sku["sku_id"]: number(params, "quantity")})
    return {"sku": shown_sku(shop, {**sku, "num_iid": num_iid, "modified": listing["modified"]})}


def _permit(shop: OpenItemShop, params: Params) -> Fields:
    shop.listings.news.permit()
    return {"is_success": True}


def _consume(shop: OpenItemShop, params: Params) -> Fields:
    most = number(params, "quantity") if params.get("quantity") else USUAL_MESSAGES
    if not 0 < most <= MOST_MESSAGES:
        raise isv("invalid-parameter:quantity", f"一次最多获取{MOST_MESSAGES}条消息")
    messages = shop.listings.news.take(most)
    return {"messages": {"tmc_message": few(shop, messages)}} if messages else {}


def _confirm(shop: OpenItemShop, params: Params) -> Fields:
    said = params["s_message_ids"].split(",")
    shop.listings.news.confirm([number({"s_message_ids": one}, "s_message_ids") for one in said])
    return {"is_success": True}


def _method(handle: Callable[[OpenItemShop, Params], Fields], *required: str, writes: bool = True) -> Method:
    return Method(handle, required, writes=writes, says_success=False)


LISTING_EDITS: Mapping[str, Method] = {
    "alibaba.item.edit.schema.get": _method(_schema, "item_id", writes=False),
    "alibaba.item.edit.fastupdate": _method(_fast_update, "item_id", "schema"),
    "alibaba.item.operate.upshelf": _method(_upshelf, "item_id"),
    "alibaba.item.operate.downshelf": _method(_downshelf, "item_id"),
    "alibaba.item.operate.delete": _method(_delete, "item_id"),
    "taobao.skus.quantity.update": _method(_sku_stocks, "num_iid"),
    "taobao.item.sku.price.update": _method(_sku_price, "num_iid", "properties", "price"),
    # These change what the application gets, and nothing of an item.
    "taobao.tmc.user.permit": _method(_permit, writes=False),
    "taobao.tmc.messages.consume": _method(_consume, writes=False),
    "taobao.tmc.messages.confirm": _method(_confirm, "s_message_ids", writes=False),
}
