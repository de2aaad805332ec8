"""One ordinary listing as the platform keeps it: what may stand in it, and what a change makes of it. Pure.

The words of refusals are the platform's, so they are no part of `messages.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions
from sync.sandbox.gate import Rejected

Listing = dict[str, Any]
"""A listing's fields as the platform names them: `num_iid`, `title`, `price` ("5.00"), `num`, `approve_status`, …
Its `skus` are a list of `{sku_id, outer_id, properties, properties_name, quantity, price}`."""

ON_SALE, IN_STOCK = "onsale", "instock"
SOLD_OUT, TAKEN_OFF = "sold_out", "violation_off_shelf"
FOR_SHELVED = "for_shelved"
"""What `items.inventory.get` shows unless asked for another banner: not what is sold out, nor what was taken off."""
BANNERS = (FOR_SHELVED, SOLD_OUT, TAKEN_OFF)
LONGEST_TITLE, LONGEST_CODE = 60, 64
"""Bytes in GBK."""
_PRICE = re.compile(r"[0-9]{1,9}(\.[0-9]{1,2})?")


def isv(sub_code: str, words: str) -> Rejected:
    """Return the error by which a shop method says no. *Assumed:* the sub-codes; only `isv.*` is known."""
    return Rejected(15, "Remote service error", f"isv.{sub_code}", words)


def banner_of(listing: Listing) -> str:
    """Name the list that a listing stands in: what is on sale, or why it isn't."""
    if listing["approve_status"] == ON_SALE:
        return ON_SALE
    if listing.get("violation"):
        return TAKEN_OFF
    return FOR_SHELVED if listing["num"] else SOLD_OUT


def skus_of(listing: Listing) -> list[Listing]:
    """Return a listing's SKUs; most have none."""
    return listing.get("skus") or []


def stocks_of(listing: Listing) -> dict[int | None, int]:
    """Return the units of each SKU by its id; under None those of a listing without SKUs."""
    return {sku["sku_id"]: int(sku["quantity"]) for sku in skus_of(listing)} or {None: int(listing["num"])}


def with_stocks(listing: Listing, stocks: Mapping[int | None, int], assumptions: Assumptions) -> Listing:
    """Return the listing with some of its stocks set; raises Rejected for one that it can't have.

    The total of its SKUs is the listing's own stock. The platform's page is silent on what a stock of 0 does to a
    listing: *assumed* as for open items.
    """
    if any(not 0 <= units <= doc.HIGHEST_INT for units in stocks.values()):
        raise isv("invalid-parameter:quantity", "库存数量不合法")
    held = stocks_of(listing)
    if not stocks.keys() <= held.keys():
        raise isv("invalid-parameter:sku_id", "请传入该商品的SKU")
    now = held | dict(stocks)
    skus = [{**sku, "quantity": now[sku["sku_id"]]} for sku in skus_of(listing)]
    before, after = int(listing["num"]), sum(now.values())
    changed = {**listing, "num": after, **({"skus": skus} if skus else {})}
    if after == 0 and before > 0 and assumptions.listing_off_at_zero:
        return {**changed, "approve_status": IN_STOCK}
    if before == 0 and after > 0 and assumptions.restock_lists:
        return {**changed, "approve_status": ON_SALE}
    return changed


def with_sku_price(listing: Listing, properties: str, price: str, assumptions: Assumptions) -> Listing:
    """Return the listing with another price of the SKU that `properties` names; raises Rejected if there is none.

    *Assumed:* the listing's own price is the lowest of its SKUs'.
    """
    named = [sku for sku in skus_of(listing) if sku.get("properties") == properties]
    if not named:
        raise isv("invalid-parameter:properties", "该商品没有此属性的SKU")
    kept = kept_price(price, assumptions)
    skus = [{**sku, "price": kept} if sku in named else sku for sku in skus_of(listing)]
    lowest = min((Decimal(str(sku["price"])) for sku in skus if sku.get("price")), default=None)
    follows = assumptions.listing_price_follows and lowest is not None
    return {**listing, "skus": skus, **({"price": f"{lowest:.2f}"} if follows else {})}


def with_fields(listing: Listing, sent: Mapping[str, str], assumptions: Assumptions) -> Listing:
    """Return the listing as an edit of its title, price and stock makes it; raises Rejected."""
    changed = listing
    if "title" in sent:
        changed = {**changed, "title": kept_title(sent["title"], assumptions)}
    if "price" in sent:
        price = kept_price(sent["price"], assumptions)
        changed = changed if assumptions.fast_price_ignored else {**changed, "price": price}
    if "quantity" in sent:
        if not re.fullmatch(r"[0-9]{1,10}", sent["quantity"]):
            raise isv("invalid-parameter:quantity", "库存数量不合法")
        changed = with_stocks(changed, {None: int(sent["quantity"])}, assumptions)
    return changed


def kept_title(title: str, assumptions: Assumptions) -> str:
    """Return what is kept of a title; raises Rejected for one that is empty or too long."""
    if not title.strip():
        raise isv("invalid-parameter:title", "商品标题不能为空")
    if len(title.encode("gbk", "replace")) > LONGEST_TITLE:
        raise isv("item-title-too-long", f"商品标题不能超过{LONGEST_TITLE}个字节")
    return str(doc.system(doc.kept({doc.SYSTEM: {"title": title}}, assumptions))["title"])


def kept_price(price: str, assumptions: Assumptions) -> str:
    """Return what is kept of a price in yuan; raises Rejected for what is none."""
    if not _PRICE.fullmatch(price) or not 0 < Decimal(price) <= doc.HIGHEST_PRICE:
        raise isv("invalid-parameter:price", "商品价格不合法")
    exact = Decimal(price)
    if exact > doc.ROUNDED_ABOVE and assumptions.rounds_prices:
        exact = exact.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{exact:.2f}"


def wrong_field(listing: Mapping[str, object]) -> str | None:
    """Name a field that the rules use and that has a value it can't have; None: all are right."""
    return next((name for name, holds in _HOLDS.items() if not holds(listing.get(name))), None)


def news_of(before: Listing | None, after: Listing | None) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield what the platform tells of a change: each message's topic, without its prefix, and what it says."""
    if before is None or after is None:
        if before is not None:
            yield "ItemDelete", {}
        return
    told, now = stocks_of(before), stocks_of(after)
    for sku_id, units in now.items():
        if increment := units - told.get(sku_id, 0):
            of_sku = {} if sku_id is None else {"sku_id": sku_id}
            yield "ItemStockChanged", {"num": units, "increment": increment, **of_sku}
    if before["num"] and not after["num"]:
        yield "ItemZeroStock", {}
    if before["approve_status"] != after["approve_status"]:
        yield ("ItemUpshelf" if after["approve_status"] == ON_SALE else "ItemDownshelf"), {}
    if _wording(before) != _wording(after):
        yield "ItemUpdate", {}


def _wording(listing: Listing) -> object:
    return listing.get("title"), listing.get("price"), [sku.get("price") for sku in skus_of(listing)]


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_sku(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return _whole(value.get("sku_id"), 1, doc.HIGHEST_ID) and _whole(value.get("quantity"), 0, doc.HIGHEST_INT)


_HOLDS: Mapping[str, Callable[[object], bool]] = {
    "num_iid": lambda value: _whole(value, 1, doc.HIGHEST_ID),
    "outer_id": lambda value: value is None or isinstance(value, str),
    "num": lambda value: _whole(value, 0, doc.HIGHEST_INT),
    "approve_status": lambda value: value in (ON_SALE, IN_STOCK),
    "modified": lambda value: isinstance(value, str),
    "skus": lambda value: value is None or (isinstance(value, list) and all(map(_is_sku, value))),
}
"""Fields that the rules use → whether a listing can have this value."""
