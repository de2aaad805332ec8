"""The platform's rules for ordinary shop listings (docs/explanation/platform.md#ordinary-listings), over the shop's
own database.

What that section leaves open says *assumed*; where a tool could be hurt by it, it is a switch in `assumptions.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync.item import SHOP_TIME
from sync.sandbox import document as doc
from sync.sandbox.assumptions import Assumptions
from sync.sandbox.database import Database
from sync.sandbox.listing import (
    IN_STOCK,
    ON_SALE,
    Listing,
    banner_of,
    isv,
    news_of,
    skus_of,
    stocks_of,
    with_fields,
    with_sku_price,
    with_stocks,
    wrong_field,
)
from sync.sandbox.news import MessageQueue

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
                if wrong := wrong_field(listing):
                    raise ValueError(f"a listing to load has no such {wrong}")
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
            stock = sum(stocks_of(listing).values()) if skus_of(listing) else num
            if not stock:
                raise isv("item-listing-service-error:NO_STOCK", "库存为0的商品不能上架")
            return self._keep({**listing, "num": stock, "approve_status": ON_SALE, "list_time": self._now()})

    def take_down(self, num_iid: int) -> Listing:
        """Take a listing off sale."""
        with self.database.writing():
            return self._keep({**self.get(num_iid), "approve_status": IN_STOCK, "delist_time": self._now()})

    def set_stocks(self, num_iid: int, stocks: Mapping[int | None, int]) -> Listing:
        """Set the stock of some SKUs, or under None that of a listing without any; all of them, or none.

        *Assumed:* what has SKUs has no stock that could be set beside them.
        """
        with self.database.writing():
            return self._keep(with_stocks(self.get(num_iid), stocks, self.assumptions))

    def add_stocks(self, num_iid: int, by: Mapping[int | None, int], *, stops: bool = False) -> Listing:
        """Add to stocks, or take from them. Relative, so not idempotent; below 0 is refused, or `stops` at 0."""
        with self.database.writing():
            held = stocks_of(self.get(num_iid))
            stocks = {sku_id: held.get(sku_id, 0) + units for sku_id, units in by.items()}
            if by.keys() <= held.keys() and min(stocks.values()) < 0:
                if not stops:
                    raise isv("item-quantity-update-service-error", "库存不足")
                stocks = {sku_id: max(units, 0) for sku_id, units in stocks.items()}
            return self.set_stocks(num_iid, stocks)

    def set_sku_price(self, num_iid: int, properties: str, price: str) -> Listing:
        """Set the price, in yuan, of the SKU that `properties` names."""
        with self.database.writing():
            return self._keep(with_sku_price(self.get(num_iid), properties, price, self.assumptions))

    def edit(self, num_iid: int, sent: Mapping[str, str]) -> Listing:
        """Change `title`, `price` or `quantity`; only what is sent changes."""
        with self.database.writing():
            return self._keep(with_fields(self.get(num_iid), sent, self.assumptions))

    def delete(self, num_iid: int) -> None:
        """Delete a listing, for ever."""
        with self.database.writing():
            listing = self.get(num_iid)
            self._remember(num_iid)
            self.database.rows("DELETE FROM listings WHERE num_iid = ?", (num_iid,))
            self._tell(listing, None)

    def sell(self, num_iid: int, units: int, sku_id: int | None = None) -> None:
        """A buyer's order: of a listing the platform itself lowers the stock. Raises Rejected if it can't be sold."""
        with self.database.writing():
            listing = self.get(num_iid)
            held = stocks_of(listing).get(sku_id, 0)
            if listing["approve_status"] != ON_SALE or units > held:
                raise isv("trade-not-allowed", "库存不足，创建订单失败")
            self.set_stocks(num_iid, {sku_id: held - units})

    def documents(self) -> list[Listing]:
        """Return all listings, by id."""
        return self._documents("ORDER BY num_iid")

    def _keep(self, listing: Listing) -> Listing:
        before = self.get(listing["num_iid"])
        self._remember(listing["num_iid"])
        kept = {**listing, "modified": self._now()}
        self._store(kept)
        self._tell(before, kept)
        return kept

    def _remember(self, num_iid: int) -> None:
        """Keep a listing as it is, for as long as a late reading can show it."""
        if self.assumptions.lag:
            self.database.rows("DELETE FROM past_listings WHERE until <= ?", (self._since,))
            remember = "INSERT INTO past_listings SELECT *, ? FROM listings WHERE num_iid = ?"
            self.database.rows(remember, (self.clock().timestamp(), num_iid))

    def _tell(self, before: Listing, after: Listing | None) -> None:
        for topic, said in news_of(before, after):
            self.news.post(topic, {"num_iid": before["num_iid"], **said})

    def _store(self, listing: Listing) -> None:
        row = (listing["num_iid"], listing.get("outer_id"), banner_of(listing), listing["modified"])
        self.database.rows("INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?)", (*row, doc.write(listing)))

    def _documents(self, where: str, values: Sequence[object] = ()) -> list[Listing]:
        """Return what a query finds, of which `where` is this module's own text."""
        with self.database.writing():
            query = f"{self._then}SELECT document FROM listings {where}"  # noqa: S608
            found = self.database.rows(query, values)
        return [json.loads(text) for (text,) in found]

    @property
    def news(self) -> MessageQueue:
        """What the platform tells of changes."""
        return MessageQueue(self.database, self.clock, self.assumptions)

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


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
