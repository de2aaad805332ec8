"""The shop-item methods as a table: name → parameters and handler
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sync.sandbox.gate import Rejected
from sync.sandbox.listing import BANNERS, FOR_SHELVED, ON_SALE, Listing, isv, skus_of
from sync.sandbox.listings import Listings, Search
from sync.sandbox.method import Fields, Method, Params, number
from sync.sandbox.shop import OpenItemShop

MOST_IDS, MOST_CODES = 20, 40
"""Of one call: `items.seller.list.get` and `items.custom.get`."""
LARGEST_PAGE, USUAL_PAGE = 200, 40
LAST_PAGE = 101
"""Of `items.inventory.get`."""
LAST_ON_SALE = 20_000
"""Of `items.onsale.get`: `page_no` times `page_size` at most, so 100 pages of 200."""
FIELDS = (
    "num_iid", "title", "price", "num", "approve_status", "outer_id", "cid", "list_time", "delist_time", "modified",
    "violation", "sku",
)  # fmt: skip
ORDERS = ("list_time", "delist_time", "num", "modified")
SET, ADD = "1", "2"
"""The `type` of a change of stock."""
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def _listing(shop: OpenItemShop, params: Params) -> Fields:
    return changed(shop, shop.listings.put_up(number(params, "num_iid"), number(params, "num")))


def _delisting(shop: OpenItemShop, params: Params) -> Fields:
    return changed(shop, shop.listings.take_down(number(params, "num_iid")))


def _quantity(shop: OpenItemShop, params: Params) -> Fields:
    how = params.get("type") or SET
    if how not in (SET, ADD):
        raise Rejected(41, "Invalid arguments:type")
    num_iid, quantity = number(params, "num_iid"), number(params, "quantity")
    move = shop.listings.set_stocks if how == SET else shop.listings.add_stocks
    return changed(shop, move(num_iid, {_sku(shop.listings, num_iid, params): quantity}), "num", "sku")


def _seller_get(shop: OpenItemShop, params: Params) -> Fields:
    return {"item": _shown(shop, shop.lagging_listings.get(number(params, "num_iid")), _fields(params))}


def _seller_list(shop: OpenItemShop, params: Params) -> Fields:
    """Unknown ids are left out silently."""
    ids = params["num_iids"].split(",")
    if len(ids) > MOST_IDS:
        raise isv("invalid-parameter:num_iids", f"一次最多查询{MOST_IDS}个商品")
    return _list(shop, shop.lagging_listings.of_ids([number({"num_iids": one}, "num_iids") for one in ids]), params)


def _custom(shop: OpenItemShop, params: Params) -> Fields:
    codes = params["outer_id"].split(",")
    if len(codes) > MOST_CODES:
        raise isv("invalid-parameter:outer_id", f"一次最多查询{MOST_CODES}个商家编码")
    return _list(shop, shop.lagging_listings.of_codes(codes), params)


def _onsale(shop: OpenItemShop, params: Params) -> Fields:
    if _count(params, "page_no", 1) * _count(params, "page_size", USUAL_PAGE) > LAST_ON_SALE:
        raise isv("invalid-parameter:page_no", f"最多查询前{LAST_ON_SALE}条")
    return _page(shop, params, ON_SALE)


def _inventory(shop: OpenItemShop, params: Params) -> Fields:
    """The public reference knows banners: what is sold out, or was taken off, is only shown when asked for."""
    banner = params.get("banner") or FOR_SHELVED
    if banner not in BANNERS:
        raise isv("invalid-parameter:banner", "分类字段不合法")
    if _count(params, "page_no", 1) > LAST_PAGE:
        raise isv("invalid-parameter:page_no", f"页码不能超过{LAST_PAGE}")
    return _page(shop, params, banner)


SHOP_ITEMS: Mapping[str, Method] = {
    "taobao.item.update.listing": Method(_listing, ("num_iid", "num"), says_success=False),
    "taobao.item.update.delisting": Method(_delisting, ("num_iid",), says_success=False),
    "taobao.item.quantity.update": Method(_quantity, ("num_iid", "quantity"), says_success=False),
    "taobao.item.seller.get": Method(_seller_get, ("fields", "num_iid"), writes=False, says_success=False),
    "taobao.items.seller.list.get": Method(_seller_list, ("fields", "num_iids"), writes=False, says_success=False),
    "taobao.items.custom.get": Method(_custom, ("fields", "outer_id"), writes=False, says_success=False),
    "taobao.items.onsale.get": Method(_onsale, ("fields",), writes=False, says_success=False),
    "taobao.items.inventory.get": Method(_inventory, ("fields",), writes=False, says_success=False),
}


def _page(shop: OpenItemShop, params: Params, banner: str) -> Fields:
    size = _count(params, "page_size", USUAL_PAGE)
    if size > LARGEST_PAGE:
        raise isv("invalid-parameter:page_size", f"每页最多{LARGEST_PAGE}条")
    search = Search(banner, _time(params, "start_modified"), _time(params, "end_modified"), _order(params))
    total, found = shop.lagging_listings.page(search, _count(params, "page_no", 1), size)
    if not shop.assumptions.lists_show_skus:
        found = [{**listing, "skus": None} for listing in found]
    return {"total_results": total, **_list(shop, found, params)}


def _list(shop: OpenItemShop, found: Iterable[Listing], params: Params) -> Fields:
    """In JSON a list is wrapped in its element's name."""
    fields = _fields(params)
    shown = [_shown(shop, listing, fields) for listing in found]
    return {"items": {"item": few(shop, shown)}} if shown or not shop.assumptions.empty_list_omitted else {}


def few(shop: OpenItemShop, shown: Sequence[object]) -> object:
    """Return a list as the platform writes it, of which one of a single thing may be that thing."""
    return shown[0] if len(shown) == 1 and shop.assumptions.one_as_object else shown


def _shown(shop: OpenItemShop, listing: Listing, fields: Iterable[str]) -> Listing:
    shown = {name: listing[name] for name in fields if listing.get(name) is not None}
    if "sku" in fields and skus_of(listing):
        shown["skus"] = {"sku": few(shop, [shown_sku(shop, sku) for sku in skus_of(listing)])}
    return _ids(shop, shown)


def shown_sku(shop: OpenItemShop, sku: Listing) -> Listing:
    """Return an SKU as the platform shows it."""
    return _ids(shop, {name: value for name, value in sku.items() if value is not None})


def _ids(shop: OpenItemShop, shown: Listing) -> Listing:
    ids = [name for name in ("num_iid", "sku_id") if name in shown] if shop.assumptions.ids_as_text else []
    return {**shown, **{name: str(shown[name]) for name in ids}}


def changed(shop: OpenItemShop, listing: Listing, *more: str) -> Fields:
    """Return the answer of a change: which listing, and when."""
    return {"item": _shown(shop, listing, ("num_iid", "modified", *more))}


def _fields(params: Params) -> tuple[str, ...]:
    """Only the fields that were asked for are shown. *Assumed:* one that no item has is refused."""
    fields = tuple(name.strip() for name in params["fields"].split(","))
    if unknown := [name for name in fields if name not in FIELDS]:
        raise isv("invalid-parameter:fields", f"没有字段{unknown[0]}")
    return fields


def _sku(listings: Listings, num_iid: int, params: Params) -> int | None:
    """Which SKU is meant: by its id, else by its code."""
    if params.get("sku_id"):
        return number(params, "sku_id")
    code = params.get("outer_id")
    return sku_named(listings, num_iid, code) if code else None


def sku_named(listings: Listings, num_iid: int, code: str) -> int:
    """Return the id of the SKU that has a code; raises Rejected if none has."""
    named = [int(sku["sku_id"]) for sku in skus_of(listings.get(num_iid)) if sku.get("outer_id") == code]
    if not named:
        raise isv("invalid-parameter:outer_id", "该商品没有此商家编码的SKU")
    return named[0]


def _count(params: Params, name: str, usual: int) -> int:
    count = number(params, name) if params.get(name) else usual
    if count < 1:
        raise isv(f"invalid-parameter:{name}", "必须大于0")
    return count


def _time(params: Params, name: str) -> str:
    text = params.get(name, "")
    if text and not _TIME.fullmatch(text):
        raise Rejected(41, f"Invalid arguments:{name}")
    return text


def _order(params: Params) -> str:
    """Latest first by default; those of one second by id, so that every item is on one page."""
    column, _, way = (params.get("order_by") or "list_time:desc").partition(":")
    if column not in ORDERS or way not in ("asc", "desc"):
        raise isv("invalid-parameter:order_by", "排序方式不合法")
    # Only `modified` is a column of the store; the others' order is nobody's business here.
    return f"modified {way}, num_iid {way}" if column == "modified" else f"num_iid {way}"
