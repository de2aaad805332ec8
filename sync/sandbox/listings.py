"""The platform's rules for ordinary shop listings (docs/explanation/platform.md#ordinary-listings), over the shop's
own database.

What that section leaves open says *assumed*; where a tool could be hurt by it, it is a switch in `assumptions.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.item import SHOP_TIME
from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions
from sync.sandbox.database import Database
from sync.sandbox.gate import Rejected

Listing = dict[str, Any]
"""A listing's fields as the platform names them: `num_iid`, `title`, `price` ("5.00"), `num`, `approve_status`, …"""

ON_SALE, IN_STOCK = "onsale", "instock"
SOLD_OUT, TAKEN_OFF = "sold_out", "violation_off_shelf"
FOR_SHELVED = "for_shelved"
"""What `items.inventory.get` shows unless asked for another banner: not what is sold out, nor what was taken off."""
BANNERS = (FOR_SHELVED, SOLD_OUT, TAKEN_OFF)
TIME = "%Y-%m-%d %H:%M:%S"
"""As the platform writes times, in GMT+8."""
LATE = """
WITH past AS (SELECT *, min(until) FROM past_listings WHERE until > {since} GROUP BY num_iid),
listings AS (
    SELECT num_iid, outer_id, banner, modified, document FROM past
    UNION ALL
    SELECT num_iid, outer_id, banner, modified, document FROM main.listings
    WHERE num_iid NOT IN (SELECT num_iid FROM past)
)
"""
"""Goes before a query of `listings`, so that it sees them as they were; `since`: epoch seconds."""


@dataclass(frozen=True)
class Search:
    """Which listings a list should hold, and in which order."""

    banner: str
    since: str = ""
    """The first time of `modified` that counts; empty: any. *Assumed:* both ends belong to the range."""
    until: str = ""
    order: str = "num_iid DESC"


@dataclass(frozen=True)
class Listings:
    """All ordinary listings of one seller; every method raises Rejected, error 15 with an `isv.` code, to say no."""

    database: Database
    clock: Callable[[], datetime]
    assumptions: Assumptions = field(default_factory=Assumptions)
    lagging: bool = False
    """Whether they are as they were a while ago: for reading only."""

    def load(self, listings: Iterable[Mapping[str, object]]) -> None:
        """Put listings in as they stand, in the place of any of the same id; raises ValueError for what is none."""
        with self.database.writing():
            for given in listings:
                listing = {"approve_status": ON_SALE, "num": 1, "modified": self._now(), **given}
                if wrong := [name for name, holds in _HOLDS.items() if not holds(listing.get(name))]:
                    raise ValueError(f"a listing to load has no such {wrong[0]}")
                self._store(listing)

    def get(self, num_iid: int) -> Listing:
        """Return a listing."""
        found = self._documents("WHERE num_iid = ?", [num_iid])
        if not found:
            raise isv("item-not-exist", "商品不存在")
        return found[0]

    def of_ids(self, ids: Sequence[int]) -> list[Listing]:
        """Return those of `ids` that there are, in the order asked for."""
        found = self._documents(f"WHERE num_iid IN ({_marks(ids)})", ids)
        held = {listing["num_iid"]: listing for listing in found}
        return [held[num_iid] for num_iid in dict.fromkeys(ids) if num_iid in held]

    def of_codes(self, codes: Sequence[str]) -> list[Listing]:
        """Return every listing that has one of the `codes`."""
        return self._documents(f"WHERE outer_id IN ({_marks(codes)}) ORDER BY num_iid", codes)

    def page(self, search: Search, number: int, size: int) -> tuple[int, list[Listing]]:
        """Return how many listings there are in all, and page `number` (from 1) of so many."""
        where = "WHERE banner = ? AND modified BETWEEN ? AND ?"
        asked = [search.banner, search.since, search.until or "9999"]
        part = f"{where} ORDER BY {search.order} LIMIT ? OFFSET ?"
        with self.database.writing():
            count = f"{self._then}SELECT count(*) FROM listings {where}"  # noqa: S608
            (total,) = self.database.row(count, asked)
            return total, self._documents(part, [*asked, size, (number - 1) * size])

    def put_up(self, num_iid: int, num: int) -> Listing:
        """Put a listing on sale with `num` units; what has SKUs keeps their total."""
        with self.database.writing():
            listing = self.get(num_iid)
            if not 0 < num <= doc.HIGHEST_INT:
                raise isv("invalid-parameter:num", "上架数量必须大于0，且不能超过最大值")
            if listing.get("violation"):
                raise isv("item-listing-service-error:VIOLATION", "违规下架的商品不能上架")
            stock = sum(sku["quantity"] for sku in _skus(listing)) if _skus(listing) else num
            return self._keep({**listing, "num": stock, "approve_status": ON_SALE, "list_time": self._now()})

    def take_down(self, num_iid: int) -> Listing:
        """Take a listing off sale."""
        with self.database.writing():
            return self._keep({**self.get(num_iid), "approve_status": IN_STOCK, "delist_time": self._now()})

    def set_stock(self, num_iid: int, num: int, sku_id: int | None = None) -> Listing:
        """Set the stock, or that of one SKU. *Assumed:* what has SKUs has no stock that could be set beside them."""
        with self.database.writing():
            listing = self.get(num_iid)
            held = _stock(listing, sku_id)
            if not 0 <= num <= doc.HIGHEST_INT:
                raise isv("invalid-parameter:quantity", "库存数量不合法")
            return self._keep(self._restocked(listing, num - held, sku_id))

    def add_stock(self, num_iid: int, by: int, sku_id: int | None = None) -> Listing:
        """Add to the stock, or take from it. Relative, so not idempotent; below 0 is refused."""
        with self.database.writing():
            held = _stock(self.get(num_iid), sku_id)
            if held + by < 0:
                raise isv("item-quantity-update-service-error", "库存不足")
            return self.set_stock(num_iid, held + by, sku_id)

    def sell(self, num_iid: int, units: int) -> None:
        """A buyer's order: of a listing the platform itself lowers the stock. Raises Rejected if it can't be sold."""
        with self.database.writing():
            listing = self.get(num_iid)
            if listing["approve_status"] != ON_SALE or units > listing["num"]:
                raise isv("trade-not-allowed", "库存不足，创建订单失败")
            self._keep(self._restocked(listing, -units))

    def documents(self) -> list[Listing]:
        """Return all listings, by id."""
        return self._documents("ORDER BY num_iid")

    def _restocked(self, listing: Listing, by: int, sku_id: int | None = None) -> Listing:
        """The platform's page is silent on what a stock of 0 does to a listing: *assumed* as for open items."""
        before, after = listing["num"], listing["num"] + by
        skus = [
            {**sku, "quantity": sku["quantity"] + by} if sku["sku_id"] == sku_id else sku for sku in _skus(listing)
        ]
        changed = {**listing, "num": after, **({"skus": skus} if skus else {})}
        if after == 0 and before > 0 and self.assumptions.listing_off_at_zero:
            return {**changed, "approve_status": IN_STOCK}
        if before == 0 and after > 0 and self.assumptions.restock_lists:
            return {**changed, "approve_status": ON_SALE}
        return changed

    def _keep(self, listing: Listing) -> Listing:
        if self.assumptions.lag:
            # For as long as a late reading can show it.
            self.database.rows("DELETE FROM past_listings WHERE until <= ?", (self._since,))
            remember = "INSERT INTO past_listings SELECT *, ? FROM listings WHERE num_iid = ?"
            self.database.rows(remember, (self.clock().timestamp(), listing["num_iid"]))
        kept = {**listing, "modified": self._now()}
        self._store(kept)
        return kept

    def _store(self, listing: Listing) -> None:
        row = (listing["num_iid"], listing.get("outer_id"), _banner(listing), listing["modified"])
        self.database.rows("INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?)", (*row, doc.write(listing)))

    def _documents(self, where: str, values: Sequence[object] = ()) -> list[Listing]:
        """Return what a query finds, of which `where` is this module's own text."""
        with self.database.writing():
            query = f"{self._then}SELECT document FROM listings {where}"  # noqa: S608
            found = self.database.rows(query, values)
        return [json.loads(text) for (text,) in found]

    @property
    def _since(self) -> float:
        """The moment that late readings show, in epoch seconds."""
        return self.clock().timestamp() - self.assumptions.lag

    @property
    def _then(self) -> str:
        """What goes before a query, so that it sees listings as they were."""
        return LATE.format(since=self._since) if self.lagging and self.assumptions.lag else ""

    def _now(self) -> str:
        return self.clock().astimezone(SHOP_TIME).strftime(TIME)


def isv(sub_code: str, words: str) -> Rejected:
    """Return the error by which a shop method says no. *Assumed:* the sub-codes; section 3 only knows `isv.*`."""
    return Rejected(15, "Remote service error", f"isv.{sub_code}", words)


def _banner(listing: Listing) -> str:
    if listing["approve_status"] == ON_SALE:
        return ON_SALE
    if listing.get("violation"):
        return TAKEN_OFF
    return FOR_SHELVED if listing["num"] else SOLD_OUT


def _stock(listing: Listing, sku_id: int | None) -> int:
    held = {sku["sku_id"]: sku["quantity"] for sku in _skus(listing)} or {None: listing["num"]}
    if sku_id not in held:
        raise isv("invalid-parameter:sku_id", "请传入该商品的SKU")
    return int(held[sku_id])


def _skus(listing: Listing) -> list[Listing]:
    return listing.get("skus") or []


def _whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_sku(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return _whole(value.get("sku_id"), 1, doc.HIGHEST_ID) and _whole(value.get("quantity"), 0, doc.HIGHEST_INT)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


_HOLDS: Mapping[str, Callable[[object], bool]] = {
    "num_iid": lambda value: _whole(value, 1, doc.HIGHEST_ID),
    "outer_id": lambda value: value is None or isinstance(value, str),
    "num": lambda value: _whole(value, 0, doc.HIGHEST_INT),
    "approve_status": lambda value: value in (ON_SALE, IN_STOCK),
    "modified": lambda value: isinstance(value, str),
    "skus": lambda value: value is None or (isinstance(value, list) and all(map(_is_sku, value))),
}
"""Fields that the rules use → whether a listing can have this value."""
