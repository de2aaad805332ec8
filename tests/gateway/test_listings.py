"""Titles, prices and SKUs of listings over the channel: what leaves together, what is asked first, what counts."""

import json
from collections.abc import Iterator

import pytest

from sync.call import Call, Op, Outcome, Reply
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
from sync.gateway.shop_item import ShopItems
from sync.item import Status
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import START
from tests.gateway.channel_kinds import client
from tests.gateway.scripted_server import client as scripted
from tests.gateway.scripted_server import raw, serving

FAST, SCHEMA = "alibaba.item.edit.fastupdate", "alibaba.item.edit.schema.get"
SKUS, SKU_PRICE = "taobao.skus.quantity.update", "taobao.item.sku.price.update"
READ = "taobao.items.seller.list.get"


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: START) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    return stocked(running)


def stocked(sandbox: Sandbox, other: str | None = None) -> Sandbox:
    """Listings 1 to 30 without SKUs, in three categories, and 50 and 51 with 25 SKUs each."""
    assumptions = dict(OTHER_WAY)[other] if other else None
    sandbox.shop, sandbox.faults = OpenItemShop(assumptions=assumptions, clock=lambda: START), Faults()
    plain = [{"num_iid": n, "title": "杯", "price": "5.00", "num": 3, "cid": n % 3 + 100} for n in range(1, 31)]
    skus = [
        {
            "sku_id": n,
            "quantity": 4,
            "price": "5.00",
            "outer_id": f"S-{n}" if n > 1 else "",
            "properties": f"1:{n}",
            "properties_name": f"1:{n}:颜色:红{n};2:9:尺码:M",
        }
        for n in range(1, 26)
    ]
    of_many = [{"num_iid": n, "outer_id": f"C-{n}", "title": "衫", "num": 100, "skus": skus} for n in (50, 51)]
    sandbox.shop.listings.load([*plain, *of_many])
    sandbox.calls.clear()
    sandbox.requests.clear()
    return sandbox


@pytest.fixture
def over(sandbox: Sandbox) -> ShopItems:
    return ShopItems(client(sandbox.gateway))


def calls(sandbox: Sandbox) -> dict[str, int]:
    made = dict(sandbox.calls)
    sandbox.calls.clear()
    return made


def stock(sandbox: Sandbox, listing: int, sku: int) -> object:
    return sandbox.shop.listings.get(listing)["skus"][sku - 1]["quantity"]


def priced(*listings: int, to: int = 600) -> list[Call]:
    return [Call(Op.MODIFY, str(n), values={PRICE: to}) for n in listings]


# --- reading ------------------------------------------------------------------------------------------------------


def test_an_sku_is_an_item_of_its_own(over: ShopItems) -> None:
    assert over.read(["50:2"], lambda _: None)["50:2"].item == {
        ITEM_ID: "50:2",
        OUTER_ID: "C-50",
        SKU_CODE: "S-2",
        SKU_NAME: "颜色:红2;尺码:M",
        SKU_PROPERTIES: "1:2",
        TITLE: "衫",
        STATUS: Status.ACTIVE,
        PRICE: 500,
        INVENTORY: 4,
    }
    listing = over.read(["50"], lambda _: None)["50"]
    assert listing.item and listing.item[INVENTORY] == 100 and OUTER_ID in listing.item
    assert [*listing.skus] == [f"50:{n}" for n in range(1, 26)]
    assert SKU_CODE not in listing.skus["50:1"]


def test_skus_and_listings_are_read_twenty_listings_a_call(over: ShopItems, sandbox: Sandbox) -> None:
    told: list[int] = []
    asked = [
        *(f"{listing}:{n}" for listing in (50, 51) for n in range(1, 26)),
        *map(str, range(1, 31)),
        "50:99",
        "9:1",
    ]
    replies = over.read(asked, told.append)
    assert (calls(sandbox), sum(told)) == ({READ: 2}, len(asked))
    assert [*replies] == asked
    assert [one for one, reply in replies.items() if reply.item is None] == ["50:99", "9:1"]
    assert {reply.outcome for reply in replies.values()} == {Outcome.DONE}


def test_looks_leave_together(over: ShopItems, sandbox: Sandbox) -> None:
    looks = [Call(Op.LOOK, item_id) for item_id in ("50:1", "50:2", "51:1", "7", "50", "999")]
    replies = over.send(looks)
    assert calls(sandbox) == {READ: 1}
    assert [reply.item and reply.item[ITEM_ID] for reply in replies] == ["50:1", "50:2", "51:1", "7", "50", None]


def test_a_look_that_the_platform_refuses_spoils_no_other(over: ShopItems, sandbox: Sandbox) -> None:
    replies = over.send([Call(Op.LOOK, "50:1"), Call(Op.LOOK, "9" * 19)])
    assert [reply.outcome for reply in replies] == [Outcome.DONE, Outcome.FAILED]


def test_why_a_listing_is_off_sale(over: ShopItems, sandbox: Sandbox) -> None:
    off = {"title": "杯", "approve_status": "instock"}
    sandbox.shop.listings.load(
        [{"num_iid": 61, **off}, {"num_iid": 62, **off, "num": 0}, {"num_iid": 63, **off, "violation": True}]
    )
    sandbox.shop.listings.load([{"num_iid": 64, "num": 0}])
    found = over.read(["61", "62", "63", "64"], lambda _: None)
    assert [(reply.item or {}).get(OFF_SALE) for reply in found.values()] == [None, SOLD_OUT, VIOLATION, None]


def test_the_whole_shop_has_its_skus(over: ShopItems, sandbox: Sandbox) -> None:
    from contextlib import nullcontext

    found = over.everything(lambda _: nullcontext(lambda _: None), START)
    assert [*found][28:33] == ["29", "30", "50", "50:1", "50:2"] and len(found) == 32 + 50
    made = calls(sandbox)
    assert (made[READ], made["taobao.items.onsale.get"], made["taobao.items.inventory.get"]) == (2, 2, 6)


@pytest.mark.parametrize("name", ["one_as_object", "ids_as_text", "tmall_envelope", "wrap_result", "lists_show_skus"])
def test_an_sku_is_told_either_way(sandbox: Sandbox, name: str) -> None:
    stocked(sandbox, name)
    sandbox.shop.listings.load(
        [{"num_iid": 70, "num": 4, "skus": [{"sku_id": 5, "quantity": 4, "properties": "1:5"}]}]
    )
    over = ShopItems(client(sandbox.gateway))
    (count,) = over.send([Call(Op.STOCK, "70:5", by=2, count=6)])
    (price,) = over.send([Call(Op.MODIFY, "70:5", values={PRICE: 700}, sku_properties="1:5")])
    (title,) = over.send([Call(Op.MODIFY, "70", values={TITLE: "新"})])
    assert [reply.outcome for reply in (count, price, title)] == [Outcome.DONE] * 3, (count, price, title)
    item = over.read(["70:5"], lambda _: None)["70:5"].item or {}
    assert (item[INVENTORY], item[PRICE], item[TITLE]) == (6, 700, "新")


# --- the stocks of SKUs -------------------------------------------------------------------------------------------


def test_stocks_of_one_listings_skus_leave_as_one_call(over: ShopItems, sandbox: Sandbox) -> None:
    counts = [Call(Op.STOCK, f"50:{n}", by=1, count=5) for n in range(1, 21)]
    moves = [Call(Op.STOCK, f"51:{n}", by=-n) for n in range(1, 4)]
    replies = over.send([*counts, *moves])
    assert {reply.outcome for reply in replies} == {Outcome.DONE}
    assert (calls(sandbox), sandbox.requests.total()) == ({SKUS: 2}, 1)
    assert [stock(sandbox, 50, n) for n in (1, 20, 21)] == [5, 5, 4]
    assert [stock(sandbox, 51, n) for n in (1, 2, 3, 4)] == [3, 2, 1, 4]


@pytest.mark.parametrize(
    "calls_of_one",
    [
        [Call(Op.STOCK, "50:1", by=1, count=5), Call(Op.STOCK, "50:2", by=1)],
        [Call(Op.STOCK, "50:1", by=1), Call(Op.STOCK, "50:1", by=2)],
        [Call(Op.STOCK, f"50:{n}", by=1, count=5) for n in range(1, 22)],
        [Call(Op.STOCK, "50:1", by=1), Call(Op.LOOK, "50")],
        [Call(Op.STOCK, "50:1", by=1), Call(Op.STATUS, "50", status=Status.INACTIVE)],
        [Call(Op.MODIFY, "50:1", values={PRICE: 5}), Call(Op.MODIFY, "50:2", values={PRICE: 5})],
    ],
    ids=["a count and a move", "an SKU twice", "over twenty", "a look beside it", "a status", "two prices"],
)
def test_what_is_of_one_listing_and_cannot_be_joined_is_refused(
    over: ShopItems, sandbox: Sandbox, calls_of_one: list[Call]
) -> None:
    with pytest.raises(ValueError, match="two calls for one item"):
        over.send(calls_of_one)
    assert calls(sandbox) == {}


def test_counts_that_are_refused_together_go_again_alone(over: ShopItems, sandbox: Sandbox) -> None:
    counts = [Call(Op.STOCK, one, by=1, count=5) for one in ("50:1", "50:99", "50:2")]
    replies = over.send(counts)
    assert [reply.outcome for reply in replies] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE]
    assert calls(sandbox) == {SKUS: 4}


def test_moves_that_are_refused_together_do_not_go_again(over: ShopItems, sandbox: Sandbox) -> None:
    replies = over.send([Call(Op.STOCK, one, by=1) for one in ("50:1", "50:99")])
    assert {reply.outcome for reply in replies} == {Outcome.FAILED}
    assert (calls(sandbox), stock(sandbox, 50, 1)) == ({SKUS: 1}, 4)


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "isp-after", "truncated", "busy-after"])
@pytest.mark.parametrize("count", [7, None], ids=["counts", "moves"])
def test_what_gets_lost_together_is_unknown_and_leaves_once(
    over: ShopItems, sandbox: Sandbox, fault: str, count: int | None
) -> None:
    sandbox.faults = Faults(f"{fault}@1")
    replies = over.send([Call(Op.STOCK, f"50:{n}", by=3, count=count) for n in (1, 2)])
    assert [reply.outcome for reply in replies] == [Outcome.UNKNOWN] * 2
    assert calls(sandbox) == {SKUS: 1}


def test_a_limit_is_waited_for_and_the_joined_call_goes_again(over: ShopItems, sandbox: Sandbox) -> None:
    sandbox.faults = Faults("ban@1,ban-for=0")
    replies = over.send([Call(Op.STOCK, f"50:{n}", by=3) for n in (1, 2)])
    assert {reply.outcome for reply in replies} == {Outcome.DONE}
    assert [stock(sandbox, 50, n) for n in (1, 2)] == [7, 7]


# --- edits, and the schema that is read first ---------------------------------------------------------------------


def test_the_schema_is_read_once_a_category(over: ShopItems, sandbox: Sandbox) -> None:
    over.read([str(n) for n in range(1, 31)], lambda _: None)
    calls(sandbox)
    replies = over.send(priced(*range(1, 21)))
    assert {reply.outcome for reply in replies} == {Outcome.DONE}
    assert calls(sandbox) == {SCHEMA: 3, FAST: 20}
    over.send(priced(*range(21, 31)))
    assert calls(sandbox) == {FAST: 10}


def test_a_listing_whose_category_nobody_read_is_asked_itself(over: ShopItems, sandbox: Sandbox) -> None:
    for _ in range(2):
        over.send(priced(1, 4, to=700))
    assert calls(sandbox) == {SCHEMA: 2, FAST: 4}


def test_what_the_schema_has_no_field_for_is_never_sent(sandbox: Sandbox) -> None:
    over = ShopItems(client(stocked(sandbox, "fast_price").gateway))
    replies = over.send([*priced(1, 2), Call(Op.MODIFY, "3", values={TITLE: "新"})])
    assert [reply.outcome for reply in replies] == [Outcome.FAILED, Outcome.FAILED, Outcome.DONE]
    assert replies[0].error is not None and "价格" in replies[0].error.words("zh")
    assert calls(sandbox) == {SCHEMA: 3, FAST: 1}


def test_a_field_may_be_open_in_one_listing_of_a_category_and_not_in_another(
    over: ShopItems, sandbox: Sandbox
) -> None:
    """That of one with SKUs is not, and must not speak for the others."""
    sandbox.shop.listings.load([{**sandbox.shop.listings.get(50), "cid": 101}])
    over.read(["50", "1", "4"], lambda _: None)
    calls(sandbox)
    replies = over.send([*priced(50, 1, 4)])
    assert [reply.outcome for reply in replies] == [Outcome.FAILED, Outcome.DONE, Outcome.DONE]
    assert calls(sandbox)[FAST] == 2


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("isp-before", Outcome.FAILED), ("truncated", Outcome.FAILED), ("session-expired", Outcome.NOT_SENT)],
)
def test_where_the_schema_cannot_be_read_nothing_is_sent(
    over: ShopItems, sandbox: Sandbox, fault: str, outcome: Outcome
) -> None:
    sandbox.faults = Faults(f"{fault}@item.edit.schema.get=1")
    (reply,) = over.send(priced(1))
    assert (reply.outcome, reply.fatal) == (outcome, outcome is Outcome.NOT_SENT)
    assert (sandbox.writes, sandbox.shop.listings.get(1)["price"]) == (0, "5.00") and reply.error


def said(method: str, **fields: object) -> bytes:
    return raw(json.dumps({f"{method}_response": {**fields, "request_id": "r-1"}}))


SCHEMA_OF_1 = '<itemSchema><field id="price" type="input"/></itemSchema>'


def edited(*answers: bytes) -> Reply:
    with serving(*answers) as server:
        (reply,) = ShopItems(scripted(server.gateway)).send(priced(1))
    return reply


@pytest.mark.parametrize(
    "result",
    [None, 7, "", "price", "<itemSchema>", '<!DOCTYPE x [<!ENTITY e "e">]><itemSchema>&e;', "<itemSchema/>"],
    ids=repr,
)
def test_a_schema_that_is_none_allows_nothing(result: object) -> None:
    assert edited(said("alibaba_item_edit_schema_get", result=result)).outcome is Outcome.FAILED


@pytest.mark.parametrize("fields", [{}, {"item_id": 2}, {"item_id": None}, {"item_id": "one"}], ids=repr)
def test_an_edit_that_is_not_told_of_this_listing_is_unknown(fields: dict[str, object]) -> None:
    schema = said("alibaba_item_edit_schema_get", result=SCHEMA_OF_1)
    assert edited(schema, said("alibaba_item_edit_fastupdate", **fields)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("sku", [None, {}, {"sku_id": 72}, {"sku_id": "x"}, [{"sku_id": 71}]], ids=repr)
def test_a_price_that_is_not_told_of_this_sku_is_unknown(sku: object) -> None:
    with serving(said("item_sku_price_update", sku=sku)) as server:
        call = Call(Op.MODIFY, "7:71", values={PRICE: 5}, sku_properties="1:1")
        (reply,) = ShopItems(scripted(server.gateway)).send([call])
    assert reply.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", Status, ids=str)
def test_an_answer_of_the_newer_pair_says_something(status: Status) -> None:
    names = {Status.ACTIVE: "upshelf", Status.INACTIVE: "downshelf", Status.DELETED: "delete"}
    for fields, outcome in (({"result": "ok"}, Outcome.DONE), ({}, Outcome.UNKNOWN)):
        with serving(said(f"alibaba_item_operate_{names[status]}", **fields)) as server:
            call = Call(Op.STATUS, "7", status=status, count=3)
            (reply,) = ShopItems(scripted(server.gateway), operate=True).send([call])
        assert reply.outcome is outcome


@pytest.mark.parametrize(
    "skus",
    ["7", {"sku": "7"}, {"sku": ["7"]}, {"sku": [{"quantity": 3}]}, [{"sku_id": 7}]],
    ids=repr,
)
def test_skus_that_cannot_be_trusted_are_unknown(skus: object) -> None:
    with serving(said("items_seller_list_get", items={"item": [{"num_iid": 7, "skus": skus}]})) as server:
        (reply,) = ShopItems(scripted(server.gateway)).send([Call(Op.LOOK, "7")])
    assert (reply.outcome, reply.item) == (Outcome.UNKNOWN, None)
