"""Ordinary listings as the sandbox holds them: the rules of docs/explanation/platform.md#ordinary-listings, and the
methods over HTTP."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.gateway.protocol import SignMethod, sign, timestamp
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.faults import Faults
from sync.sandbox.gate import Rejected
from sync.sandbox.listings import Listings
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.caller import CLOCK, PATIENT, query

OTHER = dict(OTHER_WAY)
FIELDS = "num_iid,title,price,num,approve_status,outer_id"
SKUS = [{"sku_id": 71, "quantity": 4, "outer_id": "S-1"}, {"sku_id": 72, "quantity": 6, "outer_id": "S-2"}]


def listing(num_iid: int = 7, **fields: object) -> dict[str, object]:
    return {"num_iid": num_iid, "title": "杯", "price": "5.00", "num": 10, "outer_id": f"C-{num_iid}", **fields}


def shop(*listings: dict[str, object], other: str | None = None, clock: HandClock = CLOCK) -> OpenItemShop:
    found = OpenItemShop(assumptions=OTHER[other] if other else None, clock=clock)
    found.listings.load(listings)
    return found


def stands(listings: Listings, num_iid: int = 7) -> tuple[object, object]:
    held = listings.get(num_iid)
    return held["approve_status"], held["num"]


# --- the rules ----------------------------------------------------------------------------------------------------


def test_listing_states_the_stock_and_delisting_keeps_it() -> None:
    listings = shop(listing(approve_status="instock")).listings
    listings.put_up(7, 4)
    assert stands(listings) == ("onsale", 4)
    listings.take_down(7)
    assert stands(listings) == ("instock", 4)


def test_for_an_item_with_skus_their_total_rules() -> None:
    listings = shop(listing(approve_status="instock", skus=SKUS)).listings
    listings.put_up(7, 4)
    assert stands(listings) == ("onsale", 10)
    listings.set_stocks(7, {71: 1})
    assert stands(listings) == ("onsale", 7)
    with pytest.raises(Rejected, match="Remote service error"):
        listings.set_stocks(7, {None: 3})


@pytest.mark.parametrize("other", [False, True], ids=["goes off", "stays on"])
@pytest.mark.parametrize(
    "empty", [lambda one: one.set_stocks(7, {None: 0}), lambda one: one.sell(7, 10)], ids=["set", "sold"]
)
def test_a_stock_of_0(other: bool, empty: Callable[[Listings], object]) -> None:
    listings = shop(listing(), other="listing_off_at_zero" if other else None).listings
    empty(listings)
    assert stands(listings) == ("onsale" if other else "instock", 0)


@pytest.mark.parametrize("other", [False, True], ids=["stays off", "goes on"])
def test_a_stock_raised_from_0(other: bool) -> None:
    listings = shop(listing(num=0, approve_status="instock"), other="restock_lists" if other else None).listings
    listings.add_stocks(7, {None: 3})
    assert stands(listings) == ("onsale" if other else "instock", 3)


def test_only_what_is_on_sale_is_sold_and_no_more_than_there_is() -> None:
    listings = shop(listing(), listing(8, approve_status="instock")).listings
    for num_iid, units in ((7, 11), (8, 1)):
        with pytest.raises(Rejected):
            listings.sell(num_iid, units)
    listings.sell(7, 3)
    assert stands(listings) == ("onsale", 7)


def test_every_change_has_its_time() -> None:
    clock = HandClock()
    listings = shop(listing(modified="2026-01-01 00:00:00"), clock=clock).listings
    clock.move(hours=1)
    assert listings.set_stocks(7, {None: 11})["modified"] == "2026-11-21 10:00:00"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("num_iid", None),
        ("num_iid", "7"),
        ("num_iid", 0),
        ("num_iid", True),
        ("num_iid", 2**63),
        ("outer_id", {"code": "C-7"}),
        ("num", "ten"),
        ("num", -1),
        ("approve_status", "frozen"),
        ("modified", 20261121),
        ("skus", {}),
        ("skus", [{"sku_id": 71}]),
    ],
    ids=str,
)
def test_what_is_no_listing_is_not_loaded(field: str, bad: object) -> None:
    with pytest.raises(ValueError, match=f"no such {field}"):
        OpenItemShop().listings.load([{**listing(), field: bad}])


def test_listings_are_kept_with_the_shop(tmp_path: Path) -> None:
    kept = OpenItemShop(tmp_path / "shop.db")
    kept.listings.load([listing()])
    kept.close()
    assert stands(OpenItemShop(tmp_path / "shop.db").listings) == ("onsale", 10)


# --- over HTTP ----------------------------------------------------------------------------------------------------


def ask(sandbox: Sandbox, method: str, **params: object) -> Any:
    """The content of the answer's envelope; of an error, its code and sub-code."""
    asked = query(method=method if method.startswith("alibaba.") else f"taobao.{method}", **params)
    signed = {**asked, "sign": sign(asked, Sandbox.app_secret, SignMethod.MD5)}
    answer = requests.post(sandbox.gateway, data=signed, timeout=PATIENT).json()
    (envelope,) = answer
    content = answer[envelope]
    if envelope == "error_response":
        return f"{content['code']} {content.get('sub_code', '')}".strip()
    assert envelope == method.replace(".", "_") + "_response"
    return {name: value for name, value in content.items() if name != "request_id"}


@pytest.fixture
def stocked(sandbox: Sandbox) -> Sandbox:
    sandbox.shop.listings.load([listing(n, modified=f"2026-11-0{n} 12:00:00") for n in range(1, 8)])
    return sandbox


NO_ITEM = "15 isv.item-not-exist"


@pytest.mark.parametrize(
    ("method", "params", "refused"),
    [
        ("item.update.listing", {"num_iid": 9, "num": 1}, NO_ITEM),
        ("item.update.listing", {"num_iid": 7}, "40"),
        ("item.update.listing", {"num_iid": 7, "num": 0}, "15 isv.invalid-parameter:num"),
        ("item.update.listing", {"num_iid": 7, "num": 2**31}, "15 isv.invalid-parameter:num"),
        ("item.update.listing", {"num_iid": 7, "num": "None"}, "41"),
        ("item.update.delisting", {"num_iid": 9}, NO_ITEM),
        ("item.update.delisting", {"num_iid": "seven"}, "41"),
        ("item.quantity.update", {"num_iid": 9, "quantity": 1}, NO_ITEM),
        ("item.quantity.update", {"num_iid": 7}, "40"),
        ("item.quantity.update", {"num_iid": 7, "quantity": -1}, "15 isv.invalid-parameter:quantity"),
        ("item.quantity.update", {"num_iid": 7, "quantity": 2**31}, "15 isv.invalid-parameter:quantity"),
        ("item.quantity.update", {"num_iid": 7, "quantity": 1, "type": 3}, "41"),
        ("item.quantity.update", {"num_iid": 7, "quantity": 1, "sku_id": 5}, "15 isv.invalid-parameter:sku_id"),
        (
            "item.quantity.update",
            {"num_iid": 7, "quantity": 1, "outer_id": "C-7"},
            "15 isv.invalid-parameter:outer_id",
        ),
        (
            "item.quantity.update",
            {"num_iid": 7, "quantity": -11, "type": 2},
            "15 isv.item-quantity-update-service-error",
        ),
        ("item.seller.get", {"num_iid": 9, "fields": FIELDS}, NO_ITEM),
        ("item.seller.get", {"num_iid": 7}, "40"),
        ("item.seller.get", {"num_iid": 7, "fields": "desc"}, "15 isv.invalid-parameter:fields"),
        (
            "items.seller.list.get",
            {"num_iids": ",".join("1" * 21), "fields": FIELDS},
            "15 isv.invalid-parameter:num_iids",
        ),
        ("items.custom.get", {"outer_id": ",".join("A" * 41), "fields": FIELDS}, "15 isv.invalid-parameter:outer_id"),
        ("items.inventory.get", {"fields": FIELDS, "page_no": 102}, "15 isv.invalid-parameter:page_no"),
        ("items.inventory.get", {"fields": FIELDS, "page_no": 0}, "15 isv.invalid-parameter:page_no"),
        ("items.inventory.get", {"fields": FIELDS, "banner": "all"}, "15 isv.invalid-parameter:banner"),
        ("items.onsale.get", {"fields": FIELDS, "page_size": 201}, "15 isv.invalid-parameter:page_size"),
        ("items.onsale.get", {"fields": FIELDS, "order_by": "title:asc"}, "15 isv.invalid-parameter:order_by"),
        ("items.onsale.get", {"fields": FIELDS, "start_modified": "yesterday"}, "41"),
    ],
    ids=str,
)
def test_what_is_refused_changes_nothing(
    stocked: Sandbox, method: str, params: dict[str, object], refused: str
) -> None:
    before = stocked.shop.listings.documents()
    assert ask(stocked, method, **params) == refused
    assert stocked.shop.listings.documents() == before


def test_what_was_taken_off_for_a_violation_cannot_be_put_up(stocked: Sandbox) -> None:
    stocked.shop.listings.load([listing(9, approve_status="instock", violation=True)])
    told = ask(stocked, "item.update.listing", num_iid=9, num=1)
    assert told == "15 isv.item-listing-service-error:VIOLATION"


def test_a_change_tells_the_item_and_when(stocked: Sandbox) -> None:
    at = timestamp(CLOCK.at)
    assert ask(stocked, "item.update.delisting", num_iid=7) == {"item": {"num_iid": 7, "modified": at}}
    assert ask(stocked, "item.update.listing", num_iid=7, num=3) == {"item": {"num_iid": 7, "modified": at}}
    counted = ask(stocked, "item.quantity.update", num_iid=7, quantity=-1, type=2)
    assert counted == {"item": {"num_iid": 7, "modified": at, "num": 2}}
    assert ask(stocked, "item.quantity.update", num_iid=7, quantity=9)["item"]["num"] == 9


def test_only_the_fields_that_were_asked_for_are_told(stocked: Sandbox) -> None:
    assert ask(stocked, "item.seller.get", num_iid=7, fields="num,price") == {"item": {"num": 10, "price": "5.00"}}


def test_lists_are_wrapped_and_leave_out_what_is_not_there(stocked: Sandbox) -> None:
    by_id = ask(stocked, "items.seller.list.get", num_iids="3,9,1,3", fields="num_iid")
    assert by_id == {"items": {"item": [{"num_iid": 3}, {"num_iid": 1}]}}
    by_code = ask(stocked, "items.custom.get", outer_id="C-2,C-9", fields="num_iid")
    assert by_code == {"items": {"item": [{"num_iid": 2}]}}
    assert ask(stocked, "items.custom.get", outer_id="C-9", fields="num_iid") == {}


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, [7, 6, 5, 4, 3, 2, 1]),
        ({"page_size": 3}, [7, 6, 5]),
        ({"page_size": 3, "page_no": 3}, [1]),
        ({"page_size": 3, "page_no": 4}, []),
        ({"order_by": "modified:asc", "page_size": 2}, [1, 2]),
        ({"start_modified": "2026-11-03 12:00:00", "end_modified": "2026-11-05 12:00:00"}, [5, 4, 3]),
    ],
    ids=str,
)
def test_pages(stocked: Sandbox, asked: dict[str, object], told: list[int]) -> None:
    page = ask(stocked, "items.onsale.get", fields="num_iid", **asked)
    assert [item["num_iid"] for item in page.get("items", {"item": []})["item"]] == told
    assert page["total_results"] == (3 if "start_modified" in asked else 7)


def test_what_is_not_on_sale_is_told_by_banner(stocked: Sandbox) -> None:
    stocked.shop.listings.load(
        [
            listing(1, approve_status="instock"),
            listing(2, approve_status="instock", num=0),
            listing(3, approve_status="instock", violation=True),
        ]
    )
    told = {
        banner: [
            item["num_iid"]
            for item in ask(stocked, "items.inventory.get", fields="num_iid", banner=banner)["items"]["item"]
        ]
        for banner in ("", "for_shelved", "sold_out", "violation_off_shelf")
    }
    assert told == {"": [1], "for_shelved": [1], "sold_out": [2], "violation_off_shelf": [3]}


def test_ids_may_be_text(sandbox: Sandbox) -> None:
    sandbox.shop = shop(listing(), other="ids_as_text")
    assert ask(sandbox, "item.seller.get", num_iid=7, fields="num_iid") == {"item": {"num_iid": "7"}}


def test_buyers_take_listings_too(stocked: Sandbox) -> None:
    stocked.faults = Faults("sales=1")
    for _ in range(20):
        ask(stocked, "items.onsale.get", fields="num_iid")
    sold = {sale.item_id for sale in stocked.faults.sales.made}
    assert len(stocked.faults.sales.made) > 15 and sold <= {*range(1, 8)}
    left = sum(int(str(one["num"])) for one in stocked.shop.listings.documents())
    assert left == 70 - sum(sale.units for sale in stocked.faults.sales.made)


def test_a_fault_may_strike_a_method_of_listings(stocked: Sandbox) -> None:
    stocked.faults = Faults("isp-after@item.update.delisting:1")
    assert ask(stocked, "item.update.delisting", num_iid=7) == "15 isp.top-remote-service-unavailable"
    assert stands(stocked.shop.listings) == ("instock", 10)
