"""Titles, prices and SKUs of listings, the newer pair of up and down, and messages, over HTTP."""

import json
from typing import Any

import pytest

from sync.sandbox.faults import Faults
from sync.sandbox.news import TAKEN_FOR
from sync.sandbox.server import Sandbox
from tests.clocks import HandClock
from tests.sandbox.test_listings import NO_ITEM, ask, listing, shop, stands

SKUS = [
    {"sku_id": 71, "quantity": 4, "outer_id": "S-1", "properties": "1:1", "price": "5.00"},
    {"sku_id": 72, "quantity": 6, "outer_id": "S-2", "properties": "1:2", "price": "8.00"},
]
FAST, SCHEMA = "alibaba.item.edit.fastupdate", "alibaba.item.edit.schema.get"
BAD_SCHEMA = "15 isv.invalid-parameter:schema"
both_ways = pytest.mark.parametrize("other", [False, True], ids=["as assumed", "the other way"])


@pytest.fixture
def stocked(sandbox: Sandbox) -> Sandbox:
    """Listing 7 without SKUs, and 8 with two."""
    return stock(sandbox)


def stock(sandbox: Sandbox, other: str | None = None) -> Sandbox:
    sandbox.shop = shop(listing(7), listing(8, skus=SKUS), other=other, clock=HandClock())
    return sandbox


def schema(**fields: object) -> str:
    inner = "".join(f'<field id="{name}" type="input"><value>{text}</value></field>' for name, text in fields.items())
    return f"<itemSchema>{inner}</itemSchema>"


def sku_stocks(sandbox: Sandbox) -> tuple[object, ...]:
    """The stock of each SKU of listing 8, and the listing's own."""
    held = sandbox.shop.listings.get(8)
    return (*(sku["quantity"] for sku in held["skus"]), held["num"])


# --- title and price ----------------------------------------------------------------------------------------------


def test_only_what_is_given_changes(stocked: Sandbox) -> None:
    answer = ask(stocked, FAST, item_id=7, schema=schema(title="新 &amp; 杯"))
    assert (answer["item_id"], answer["market"]) == (7, "taobao") and answer["update_time"]
    held = stocked.shop.listings.get(7)
    assert (held["title"], held["price"], held["num"]) == ("新 & 杯", "5.00", 10)
    ask(stocked, FAST, item_id=7, schema=schema(price="6.5", quantity="3"))
    held = stocked.shop.listings.get(7)
    assert (held["title"], held["price"], held["num"]) == ("新 & 杯", "6.50", 3)


@pytest.mark.parametrize(
    ("item_id", "sent", "refused"),
    [
        (9, schema(title="杯"), NO_ITEM),
        (7, "", "40"),
        (7, "title", BAD_SCHEMA),
        (7, "<itemSchema/>", BAD_SCHEMA),
        (7, '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><itemSchema>&e;</itemSchema>', BAD_SCHEMA),
        (7, schema(category="杯子"), BAD_SCHEMA),
        (7, schema(title=" "), "15 isv.invalid-parameter:title"),
        (7, schema(title="杯" * 31), "15 isv.item-title-too-long"),
        (7, schema(price="0"), "15 isv.invalid-parameter:price"),
        (7, schema(price="5.001"), "15 isv.invalid-parameter:price"),
        (7, schema(price="100000000.01"), "15 isv.invalid-parameter:price"),
        (7, schema(quantity="-1"), "15 isv.invalid-parameter:quantity"),
        (8, schema(price="6.00"), BAD_SCHEMA),
    ],
    ids=str,
)
def test_an_edit_that_is_refused_changes_nothing(stocked: Sandbox, item_id: int, sent: str, refused: str) -> None:
    before = stocked.shop.listings.documents()
    assert ask(stocked, FAST, item_id=item_id, schema=sent) == refused
    assert stocked.shop.listings.documents() == before


def test_the_schema_tells_what_holds_and_what_may_change(stocked: Sandbox) -> None:
    plain, with_skus = (ask(stocked, SCHEMA, item_id=item_id)["result"] for item_id in (7, 8))
    assert '<field id="price" name="一口价" type="input">' in plain and "<value>5.00</value>" in plain
    assert ("readOnlyRule" in plain, with_skus.count("readOnlyRule")) == (False, 2)
    assert ask(stocked, SCHEMA, item_id=9) == NO_ITEM


@both_ways
def test_the_schema_may_have_no_price(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "fast_price" if other else None)
    assert ('id="price"' in ask(sandbox, SCHEMA, item_id=7)["result"]) is not other
    told = ask(sandbox, FAST, item_id=7, schema=schema(price="6.00"))
    assert told == BAD_SCHEMA if other else told["item_id"] == 7


@both_ways
def test_a_price_may_be_taken_and_not_kept(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "fast_price_ignored" if other else None)
    assert ask(sandbox, FAST, item_id=7, schema=schema(price="6.00"))["item_id"] == 7
    assert sandbox.shop.listings.get(7)["price"] == ("5.00" if other else "6.00")


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("folds_spaces", {"title": " 新  杯 "}, {"title": "新 杯"}),
        ("cuts_titles", {"title": "a" * 40}, {"title": "a" * 30}),
        ("escapes_entities", {"title": "A&amp;B"}, {"title": "A&amp;B"}),
        ("rounds_prices", {"price": "1999.50"}, {"price": "2000.00"}),
    ],
)
def test_what_is_kept_in_a_form_of_its_own(
    sandbox: Sandbox, name: str, sent: dict[str, str], kept: dict[str, str]
) -> None:
    stock(sandbox, name)
    ask(sandbox, FAST, item_id=7, schema=schema(**sent))
    held = sandbox.shop.listings.get(7)
    assert {field: held[field] for field in kept} == kept


# --- SKUs ---------------------------------------------------------------------------------------------------------


def test_the_stock_of_many_skus_is_set_by_one_call(stocked: Sandbox) -> None:
    told = ask(stocked, "skus.quantity.update", num_iid=8, skuid_quantities="71:9;72:0", type=1)["item"]
    assert (told["num_iid"], told["num"]) == (8, 9)
    assert [sku["quantity"] for sku in told["skus"]["sku"]] == [9, 0]
    ask(stocked, "skus.quantity.update", num_iid=8, outerid_quantities="S-2:5")
    assert sku_stocks(stocked) == (9, 5, 14)
    ask(stocked, "skus.quantity.update", num_iid=8, skuid_quantities="71:-2;72:3", type=2)
    assert sku_stocks(stocked) == (7, 8, 15)


@both_ways
def test_taking_more_than_there_is(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "sku_add_stops_at_zero" if other else None)
    told = ask(sandbox, "skus.quantity.update", num_iid=8, skuid_quantities="71:-5;72:1", type=2)
    assert sku_stocks(sandbox) == ((4, 6, 10) if other else (0, 7, 7))
    assert (told == "15 isv.item-quantity-update-service-error") is other


@pytest.mark.parametrize("other", [None, "listing_off_at_zero", "restock_lists"])
def test_a_listing_whose_skus_are_all_empty(sandbox: Sandbox, other: str | None) -> None:
    stock(sandbox, other)
    ask(sandbox, "skus.quantity.update", num_iid=8, skuid_quantities="71:0;72:0")
    assert stands(sandbox.shop.listings, 8) == ("onsale" if other == "listing_off_at_zero" else "instock", 0)
    ask(sandbox, "skus.quantity.update", num_iid=8, skuid_quantities="71:2")
    assert stands(sandbox.shop.listings, 8) == ("onsale" if other else "instock", 2)


@pytest.mark.parametrize(
    ("params", "refused"),
    [
        ({}, "40"),
        ({"skuid_quantities": "71:1", "type": 3}, "41"),
        ({"skuid_quantities": ";".join(["71:1"] * 21)}, "15 isv.invalid-parameter:skuid_quantities"),
        ({"skuid_quantities": "71"}, "15 isv.invalid-parameter:skuid_quantities"),
        ({"skuid_quantities": "71:1;99:1"}, "15 isv.invalid-parameter:sku_id"),
        ({"skuid_quantities": "71:1;72:-1"}, "15 isv.invalid-parameter:quantity"),
        ({"outerid_quantities": "S-9:1"}, "15 isv.invalid-parameter:outer_id"),
    ],
    ids=str,
)
def test_a_change_of_skus_is_made_whole_or_not_at_all(
    stocked: Sandbox, params: dict[str, object], refused: str
) -> None:
    assert ask(stocked, "skus.quantity.update", num_iid=8, **params) == refused
    assert sku_stocks(stocked) == (4, 6, 10)


@both_ways
def test_the_price_of_an_sku_by_its_properties(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "listing_price_follows" if other else None)
    told = ask(sandbox, "item.sku.price.update", num_iid=8, properties="1:1", price="9", quantity=5)
    assert (told["sku"]["sku_id"], told["sku"]["price"]) == (71, "9.00")
    held = sandbox.shop.listings.get(8)
    assert ([sku["price"] for sku in held["skus"]], held["num"]) == (["9.00", "8.00"], 11)
    assert held["price"] == ("5.00" if other else "8.00")
    unknown = ask(sandbox, "item.sku.price.update", num_iid=8, properties="1:9", price="9")
    assert unknown == "15 isv.invalid-parameter:properties"


def test_skus_are_shown_where_they_are_asked_for(stocked: Sandbox) -> None:
    by_id = ask(stocked, "items.seller.list.get", num_iids="7,8", fields="num_iid,sku")["items"]["item"]
    assert by_id == [{"num_iid": 7}, {"num_iid": 8, "skus": {"sku": SKUS}}]
    assert ask(stocked, "item.seller.get", num_iid=8, fields="num") == {"item": {"num": 10}}


@both_ways
def test_pages_show_no_skus(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "lists_show_skus" if other else None)
    page = ask(sandbox, "items.onsale.get", fields="num_iid,sku")["items"]["item"]
    assert [("skus" in item) for item in page] == [other, False]


def test_buyers_take_skus(stocked: Sandbox) -> None:
    stocked.faults = Faults("sales=1,seed=3")
    for _ in range(12):
        ask(stocked, "items.onsale.get", fields="num_iid")
    first, second, total = sku_stocks(stocked)
    assert total == int(str(first)) + int(str(second)) < 10


# --- up, down, away -----------------------------------------------------------------------------------------------


def test_the_newer_pair_of_up_and_down(stocked: Sandbox) -> None:
    assert "下架" in ask(stocked, "alibaba.item.operate.downshelf", item_id=7)["result"]
    assert stands(stocked.shop.listings) == ("instock", 10)
    assert "上架" in ask(stocked, "alibaba.item.operate.upshelf", item_id=7, quantity=4)["result"]
    assert stands(stocked.shop.listings) == ("onsale", 4)
    ask(stocked, "alibaba.item.operate.downshelf", item_id=8)
    ask(stocked, "alibaba.item.operate.upshelf", item_id=8)
    assert stands(stocked.shop.listings, 8) == ("onsale", 10)


def test_what_has_no_stock_at_all_cannot_go_up(sandbox: Sandbox) -> None:
    sandbox.shop = shop(listing(8, num=0, approve_status="instock", skus=[{"sku_id": 71, "quantity": 0}]))
    refused = "15 isv.item-listing-service-error:NO_STOCK"
    assert ask(sandbox, "item.update.listing", num_iid=8, num=3) == refused


def test_what_is_deleted_is_gone(stocked: Sandbox) -> None:
    assert "删除" in ask(stocked, "alibaba.item.operate.delete", item_id=7)["result"]
    assert ask(stocked, "item.seller.get", num_iid=7, fields="num") == NO_ITEM
    assert ask(stocked, "alibaba.item.operate.delete", item_id=7) == NO_ITEM


# --- messages -----------------------------------------------------------------------------------------------------


def taken(sandbox: Sandbox, **params: object) -> list[dict[str, Any]]:
    found = ask(sandbox, "tmc.messages.consume", **params).get("messages", {"tmc_message": []})["tmc_message"]
    return found if isinstance(found, list) else [found]


def topics(messages: list[dict[str, Any]]) -> list[str]:
    return [message["topic"].removeprefix("taobao_item_") for message in messages]


def permitted(sandbox: Sandbox, other: str | None = None) -> Sandbox:
    stock(sandbox, other)
    ask(sandbox, "tmc.user.permit")
    return sandbox


def test_every_change_is_told(sandbox: Sandbox) -> None:
    permitted(sandbox)
    listings = sandbox.shop.listings
    listings.sell(7, 2)
    listings.set_stocks(8, {71: 0, 72: 0})
    listings.put_up(7, 4)
    listings.edit(7, {"title": "新"})
    listings.delete(7)
    messages = taken(sandbox)
    assert topics(messages) == [
        "ItemStockChanged", "ItemStockChanged", "ItemStockChanged", "ItemZeroStock", "ItemDownshelf",
        "ItemStockChanged", "ItemUpdate", "ItemDelete",
    ]  # fmt: skip
    assert json.loads(messages[0]["content"]) == {"num_iid": 7, "num": 8, "increment": -2}
    assert json.loads(messages[1]["content"]) == {"num_iid": 8, "num": 0, "increment": -4, "sku_id": 71}


def test_a_message_comes_again_until_it_is_confirmed(sandbox: Sandbox) -> None:
    clock = HandClock()
    sandbox.shop = shop(listing(7), clock=clock)
    ask(sandbox, "tmc.user.permit")
    sandbox.shop.listings.sell(7, 1)
    (first,) = taken(sandbox)
    assert taken(sandbox) == []
    clock.move(seconds=TAKEN_FOR.total_seconds())
    assert taken(sandbox) == [first]
    assert ask(sandbox, "tmc.messages.confirm", s_message_ids=first["id"]) == {"is_success": True}
    clock.move(seconds=TAKEN_FOR.total_seconds())
    assert taken(sandbox) == []


def test_so_many_messages_a_call(sandbox: Sandbox) -> None:
    permitted(sandbox)
    for _ in range(3):
        sandbox.shop.listings.sell(7, 1)
    assert len(taken(sandbox, quantity=2)) == 2
    assert len(taken(sandbox, quantity=200)) == 1
    assert ask(sandbox, "tmc.messages.consume", quantity=201) == "15 isv.invalid-parameter:quantity"


@both_ways
def test_only_who_permitted_them_gets_messages(sandbox: Sandbox, other: bool) -> None:
    stock(sandbox, "messages_need_permit" if other else None)
    sandbox.shop.listings.sell(7, 1)
    assert len(taken(sandbox)) == other


@both_ways
def test_messages_get_lost(sandbox: Sandbox, other: bool) -> None:
    permitted(sandbox, "messages_lost" if other else None)
    for _ in range(4):
        sandbox.shop.listings.sell(7, 1)
    assert len(taken(sandbox)) == (2 if other else 4)


@both_ways
def test_messages_come_twice(sandbox: Sandbox, other: bool) -> None:
    permitted(sandbox, "messages_twice" if other else None)
    sandbox.shop.listings.sell(7, 1)
    (first,) = taken(sandbox)
    ask(sandbox, "tmc.messages.confirm", s_message_ids=first["id"])
    assert taken(sandbox) == ([first] if other else [])
    ask(sandbox, "tmc.messages.confirm", s_message_ids=first["id"])
    assert taken(sandbox) == []


@both_ways
def test_messages_come_out_of_order(sandbox: Sandbox, other: bool) -> None:
    permitted(sandbox, "messages_out_of_order" if other else None)
    for left in (9, 8):
        sandbox.shop.listings.set_stocks(7, {None: left})
    told = [json.loads(message["content"])["num"] for message in taken(sandbox)]
    assert told == ([8, 9] if other else [9, 8])


def test_a_single_message_may_come_as_that_object(sandbox: Sandbox) -> None:
    permitted(sandbox, "one_as_object")
    sandbox.shop.listings.sell(7, 1)
    assert topics(taken(sandbox)) == ["ItemStockChanged"]
