"""What only the shop channel has: items by code, the whole shop page by page, and answers of its own form."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from itertools import count

import pytest

from sync.call import Call, Op, Outcome, Reply
from sync.errors import GatewayDown, Refusal
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, PRICE, STATUS, TITLE
from sync.gateway import shop_pages
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_item import ShopItems
from sync.gateway.shop_pages import ids_of_shop
from sync.item import Item, Opaque, Status
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.sandbox.shop_items import LAST_ON_SALE
from tests.clocks import START
from tests.gateway.channel_kinds import client
from tests.gateway.scripted_server import SECRET, SESSION, raw, serving
from tests.gateway.scripted_server import client as scripted

NOWHERE = "http://127.0.0.1:9/router/rest"
PATIENT = 60.0
"""Seconds: no answer is withheld here, and a busy machine may take its time for a hundred of them."""


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: START) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.shop, running.faults = OpenItemShop(clock=lambda: START), Faults()
    running.calls.clear()
    return running


@pytest.fixture
def over(sandbox: Sandbox) -> ShopItems:
    return ShopItems(client(sandbox.gateway, timeout=PATIENT))


def listing(num_iid: int, **fields: object) -> Mapping[str, object]:
    return {"num_iid": num_iid, "title": "杯", "price": "5.00", "num": 3, "outer_id": f"C-{num_iid}", **fields}


def load(sandbox: Sandbox, *listings: Mapping[str, object]) -> None:
    sandbox.shop.listings.load(listings)


# --- reading twenty at once ---------------------------------------------------------------------------------------


def test_twenty_items_are_read_by_one_call(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, *map(listing, range(1, 46)))
    replies = over.read([str(n) for n in range(1, 46)], lambda _: None)
    assert all(reply.item for reply in replies.values())
    assert dict(sandbox.calls) == {"taobao.items.seller.list.get": 3}


def test_an_id_that_the_platform_refuses_spoils_no_other(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, *map(listing, range(1, 20)))
    too_long = "9" * 19
    replies = over.read([*map(str, range(1, 20)), too_long], lambda _: None)
    assert replies[too_long].outcome is Outcome.FAILED
    assert [reply.outcome for reply in replies.values()].count(Outcome.DONE) == 19


# --- looking codes up ---------------------------------------------------------------------------------------------


def test_codes_are_looked_up_forty_a_call(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, *map(listing, range(1, 101)))
    found = over.find([f"C-{n}" for n in range(1, 102)])
    assert [reply.found for reply in found.values()] == [*((str(n),) for n in range(1, 101)), ()]
    assert {reply.outcome for reply in found.values()} == {Outcome.DONE}
    assert dict(sandbox.calls) == {"taobao.items.custom.get": 3}


def test_a_code_may_belong_to_several_items_and_must_be_the_same(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, listing(1, outer_id="A"), listing(2, outer_id="A"), listing(3, outer_id="a"))
    assert over.find(["A"])["A"].found == ("1", "2")


def test_an_item_without_a_code_is_nobodys() -> None:
    """Nor that of a code which is called like Python's nothing."""
    with serving(said("items_custom_get", items={"item": [{"num_iid": 7}, {"num_iid": 8, "outer_id": 5}]})) as server:
        found = ShopItems(scripted(server.gateway)).find(["None", "5"])
    assert [reply.found for reply in found.values()] == [(), ()]


def test_a_code_with_a_comma_cannot_be_asked_for(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, listing(1, outer_id="A"), listing(2, outer_id="B"))
    found = over.find(["A,B", "B"])
    assert (found["A,B"].outcome, found["A,B"].found) == (Outcome.FAILED, ())
    assert found["A,B"].error is not None and found["A,B"].error.code == "shop.comma"
    assert found["B"].found == ("2",)


# --- answers that no well-behaved platform gives ------------------------------------------------------------------


def said(method: str, **fields: object) -> bytes:
    return raw(json.dumps({f"{method}_response": {**fields, "request_id": "r-1"}}))


def ask(answer: bytes, call: Call) -> Reply:
    with serving(answer) as server:
        (reply,) = ShopItems(scripted(server.gateway)).send([call])
    return reply


LOOK = Call(Op.LOOK, "7")
OFF = Call(Op.STATUS, "7", status=Status.INACTIVE)
A_LIST, A_CHANGE = "items_seller_list_get", "item_update_delisting"


@pytest.mark.parametrize("items", [None, {}, {"item": []}, ""], ids=repr)
def test_where_nothing_is_listed_there_is_no_item(items: object) -> None:
    fields = {} if items is None else {"items": items}
    assert ask(said(A_LIST, **fields), LOOK) == Reply(Outcome.DONE, request_id="r-1")


@pytest.mark.parametrize(
    "items",
    [
        [{"num_iid": 7}],
        {"item": {"title": "杯"}},
        {"item": {"num_iid": 8}},
        {"item": "7"},
        {"item": ["7"]},
        {"item": [{"title": "杯"}]},
        {"item": [{"num_iid": 8}]},
        {"item": [{"num_iid": 7.5}]},
        {"item": [{"num_iid": True}]},
        {"item": [{"num_iid": 7, "num": 3}, {"num_iid": 7, "num": 4}]},
    ],
    ids=repr,
)
def test_a_list_that_cannot_be_trusted_is_unknown(items: object) -> None:
    reply = ask(said(A_LIST, items=items), LOOK)
    assert (reply.outcome, reply.item) == (Outcome.UNKNOWN, None)
    assert reply.error is not None and reply.error.code == "gateway.garbled"


def test_an_item_that_is_told_twice_is_one() -> None:
    item = {"num_iid": 7, "num": 3}
    assert ask(said(A_LIST, items={"item": [item, {**item, "num_iid": "7"}]}), LOOK).item == {
        ITEM_ID: "7",
        INVENTORY: 3,
    }


@pytest.mark.parametrize(
    "fields",
    [{}, {"item": None}, {"item": []}, {"item": {}}, {"item": {"num_iid": 8}}, {"item": {"num_iid": "seven"}}],
    ids=repr,
)
def test_a_change_that_is_not_told_of_this_item_is_unknown(fields: dict[str, object]) -> None:
    assert ask(said(A_CHANGE, **fields), OFF).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("item", [{"num_iid": 7}, {"num_iid": "7"}], ids=repr)
@pytest.mark.parametrize("wrapped", [False, True])
def test_ids_come_as_numbers_and_as_text(item: object, wrapped: bool) -> None:
    fields = {"result": {"item": item}} if wrapped else {"item": item}
    assert ask(said(A_CHANGE, **fields), OFF) == Reply(Outcome.DONE, request_id="r-1")


def test_odd_values_are_shown_and_never_believed() -> None:
    item = {"num_iid": 7, "price": "cheap", "num": "3", "approve_status": "frozen", "outer_id": None}
    seen = ask(said(A_LIST, items={"item": [item]}), LOOK).item
    assert seen == {ITEM_ID: "7", PRICE: Opaque('"cheap"'), INVENTORY: 3, STATUS: Opaque('"frozen"')}


@pytest.mark.parametrize(
    ("call", "spelt"),
    [
        (Call(Op.STATUS, "7", status=Status.ACTIVE, count=5), ("item.update.listing", {"num": 5})),
        (OFF, ("item.update.delisting", {})),
        (Call(Op.STOCK, "7", by=3, count=8), ("item.quantity.update", {"quantity": 8, "type": 1})),
        (Call(Op.STOCK, "7", by=-3), ("item.quantity.update", {"quantity": -3, "type": 2})),
        (Call(Op.STOCK, "7:71", by=3, count=8), ("skus.quantity.update", {"skuid_quantities": "71:8", "type": 1})),
        (Call(Op.STOCK, "7:71", by=-3), ("skus.quantity.update", {"skuid_quantities": "71:-3", "type": 2})),
        (
            Call(Op.MODIFY, "7:71", values={PRICE: 1990}, sku_properties="1:1"),
            ("item.sku.price.update", {"properties": "1:1", "price": "19.90"}),
        ),
    ],
    ids=["up", "down", "a count", "a move", "an SKU's count", "an SKU's move", "an SKU's price"],
)
def test_how_a_call_is_spelt(call: Call, spelt: tuple[str, dict[str, object]]) -> None:
    method, params = spelt
    assert ShopItems(scripted(NOWHERE)).spell(call) == (f"taobao.{method}", {"num_iid": "7", **params})


@pytest.mark.parametrize(
    ("call", "spelt"),
    [
        (Call(Op.STATUS, "7", status=Status.ACTIVE, count=5), ("operate.upshelf", {"quantity": 5})),
        (OFF, ("operate.downshelf", {})),
        (Call(Op.STATUS, "7", status=Status.DELETED), ("operate.delete", {})),
        (
            Call(Op.MODIFY, "7", values={TITLE: "<杯>", PRICE: 505}),
            (
                "edit.fastupdate",
                {
                    "schema": '<itemSchema><field id="title" type="input"><value>&lt;杯&gt;</value></field>'
                    '<field id="price" type="input"><value>5.05</value></field></itemSchema>'
                },
            ),
        ),
    ],
    ids=["up", "down", "away", "title and price"],
)
def test_how_the_newer_calls_are_spelt(call: Call, spelt: tuple[str, dict[str, object]]) -> None:
    method, params = spelt
    told = ShopItems(scripted(NOWHERE), operate=True).spell(call)
    assert told == (f"alibaba.item.{method}", {"item_id": "7", **params})


@pytest.mark.parametrize(
    "call",
    [
        Call(Op.GENERATE),
        Call(Op.PUBLISH, "7"),
        Call(Op.MODIFY, "7"),
        Call(Op.MODIFY, "7", values={CATEGORY: ("丽人", "美甲")}),
        Call(Op.MODIFY, "7", values={TITLE: "杯"}, remove=(PRICE,)),
        Call(Op.MODIFY, "7:71", values={TITLE: "杯"}),
    ],
    ids=["generate", "publish", "nothing", "category", "removal", "an SKU's title"],
)
def test_what_the_channel_cannot_do_has_no_spelling(call: Call) -> None:
    with pytest.raises(KeyError):
        ShopItems(scripted(NOWHERE)).spell(call)


def test_no_secret_is_spelt() -> None:
    spelt = repr([ShopItems(scripted(NOWHERE)).spell(call) for call in (LOOK, OFF)])
    assert SECRET not in spelt and SESSION not in spelt


# --- the whole shop -----------------------------------------------------------------------------------------------


Everything = Callable[[], Mapping[str, Item]]


@pytest.fixture
def everything(over: ShopItems, monkeypatch: pytest.MonkeyPatch) -> Everything:
    """Read the whole shop, in pages of four: two pages of what is on sale, three of what isn't."""
    on_sale, not_on_sale = shop_pages.MOST_PAGES
    monkeypatch.setattr(shop_pages, "PAGE", 4)
    monkeypatch.setattr(shop_pages, "MOST_PAGES", {on_sale: 2, not_on_sale: 3})
    monkeypatch.setattr("sync.sandbox.shop_items.LAST_PAGE", 3)
    monkeypatch.setattr("sync.sandbox.shop_items.LAST_ON_SALE", 8)
    return lambda: over.everything(lambda _: nullcontext(lambda _: None), START)


def at(days: int) -> str:
    return (START - timedelta(days=days)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("name", ["one_as_object", "tmall_envelope", "wrap_result", "ids_as_text"])
def test_a_shop_of_one_item_is_told_either_way(everything: Everything, sandbox: Sandbox, name: str) -> None:
    sandbox.shop = OpenItemShop(assumptions=dict(OTHER_WAY)[name], clock=lambda: START)
    load(sandbox, listing(7))
    assert [*everything()] == ["7"]


@pytest.mark.parametrize("omitted", [True, False], ids=["empty list omitted", "empty list"])
def test_a_shop_without_items_is_empty(everything: Everything, sandbox: Sandbox, omitted: bool) -> None:
    sandbox.shop = OpenItemShop(
        assumptions=None if omitted else dict(OTHER_WAY)["empty_list_omitted"], clock=lambda: START
    )
    assert everything() == {}


def test_lists_are_read_no_further_than_they_are_told() -> None:
    assert shop_pages.MOST_PAGES == {"taobao.items.onsale.get": 100, "taobao.items.inventory.get": 101}
    assert LAST_ON_SALE == 100 * shop_pages.PAGE


@pytest.mark.parametrize("items", [1, 4, 5, 8, 9, 12, 13, 60])
def test_every_item_is_told_once_in_the_shops_order(everything: Everything, sandbox: Sandbox, items: int) -> None:
    load(sandbox, *(listing(n, modified=at(n * n)) for n in range(items, 0, -1)))
    assert [*everything()] == [str(n) for n in range(1, items + 1)]


def test_what_is_not_on_sale_belongs_to_it_for_whatever_reason(everything: Everything, sandbox: Sandbox) -> None:
    load(
        sandbox,
        listing(1, approve_status="instock"),
        listing(2, approve_status="instock", num=0),
        listing(3, approve_status="instock", violation=True),
        listing(4, num=0),
    )
    told = {item_id: (item[STATUS], item[INVENTORY]) for item_id, item in everything().items()}
    off = Status.INACTIVE
    assert told == {"1": (off, 3), "2": (off, 0), "3": (off, 3), "4": (Status.ACTIVE, 0)}


def test_too_many_changed_at_one_moment_are_refused(everything: Everything, sandbox: Sandbox) -> None:
    load(sandbox, *(listing(n, modified=at(1)) for n in range(1, 14)))
    with pytest.raises(Refusal) as refused:
        everything()
    assert (refused.value.message.code, type(refused.value)) == ("shop.crowded", GatewayDown)


def test_a_page_that_cannot_be_read_leaves_no_hole(everything: Everything, sandbox: Sandbox) -> None:
    load(sandbox, *map(listing, range(1, 11)))
    sandbox.faults = Faults("isp-before@items.onsale.get=1")
    with pytest.raises(Refusal) as refused:
        everything()
    assert type(refused.value) is GatewayDown


class Restless(ShopItems):
    """A shop in which something happens while its pages are read."""

    def __init__(self, sandbox: Sandbox, happens: Sequence[Callable[[], object]]) -> None:
        """Each of `happens` comes before one of the next requests."""
        over = client(sandbox.gateway, timeout=PATIENT)
        due, send = iter(happens), over.send
        over.send = lambda calls: (next(due, lambda: None)(), send(calls))[1]  # type: ignore[method-assign]
        super().__init__(over, connections=1)


@pytest.mark.parametrize("before", range(9))
def test_an_item_that_changes_lists_meanwhile_is_not_missed(
    everything: Everything, sandbox: Sandbox, before: int
) -> None:
    load(sandbox, *(listing(n, modified=at(n)) for n in range(1, 6)))
    load(sandbox, *(listing(n, modified=at(n), approve_status="instock") for n in range(6, 11)))
    listings = sandbox.shop.listings
    quiet: list[Callable[[], object]] = [lambda: None] * before
    over = Restless(sandbox, [*quiet, lambda: listings.put_up(9, 5), lambda: listings.take_down(2)])
    found = over.everything(lambda _: nullcontext(lambda _: None), START)
    assert [*found] == [str(n) for n in range(1, 11)]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("seed", range(4))
def test_a_shop_that_sells_all_the_time_is_read_whole(everything: Everything, sandbox: Sandbox, seed: int) -> None:
    """Each sale brings a listing to the front of its list, or out of it."""
    seconds = count()
    sandbox.shop = OpenItemShop(clock=lambda: START + timedelta(seconds=next(seconds)))
    load(sandbox, *(listing(n, modified=at(n), num=2) for n in range(1, 61)))
    load(sandbox, *(listing(n, modified=at(n), approve_status="instock") for n in range(61, 81)))
    sandbox.faults = Faults(f"sales@items.onsale.get=1,sales@items.inventory.get=1,seed={seed}")
    assert [*everything()] == [str(n) for n in range(1, 81)]
    assert len(sandbox.faults.sales.made) > 20


def test_20150_listings_on_sale_are_read_whole(over: ShopItems, sandbox: Sandbox) -> None:
    """More than a list shows, of which some are sold while it is read."""
    load(sandbox, *(listing(n, modified=at(n // 30), num=2) for n in range(1, 20_151)))
    happens = iter(range(40, 20_150, 61))
    send = over._client.send

    def selling(calls: Sequence[OutgoingCall]) -> list[CallAnswer]:
        if sold := next(happens, None):
            sandbox.shop.listings.sell(sold, 1)
        return send(calls)

    over._client.send = selling  # type: ignore[method-assign]
    assert ids_of_shop(over._client, 4, START) == [str(n) for n in range(1, 20_151)]
    assert sandbox.calls.total() < 600


@pytest.mark.parametrize("told", [2, 0], ids=["shorter than told", "longer than told"])
def test_a_list_that_never_comes_to_rest_is_refused(told: int) -> None:
    page = said("items_onsale_get", total_results=told, items={"item": [{"num_iid": 7}]})
    empty = said("items_inventory_get", total_results=0)

    def answer(request: object) -> bytes:
        return page if "onsale" in str(request) else empty

    with serving(*[answer] * 40) as server, pytest.raises(Refusal) as refused:
        over = ShopItems(scripted(server.gateway, batch_size=1), connections=1)
        over.everything(lambda _: nullcontext(lambda _: None), START)
    assert refused.value.message.code == "shop.moving"


@pytest.mark.parametrize(
    "total", [None, "many", -1, 1.5, True, "9" * 5000], ids=["none", "word", "less", "part", "yes", "endless"]
)
def test_a_list_without_its_length_is_refused(total: object) -> None:
    with serving(*[said("items_onsale_get", total_results=total)] * 8) as server, pytest.raises(Refusal) as refused:
        over = ShopItems(scripted(server.gateway, batch_size=1), connections=1)
        over.everything(lambda _: nullcontext(lambda _: None), START)
    assert refused.value.message.code == "gateway.garbled"


def test_the_bar_is_told_of_every_item(over: ShopItems, sandbox: Sandbox) -> None:
    load(sandbox, *map(listing, range(1, 450)), listing(500, approve_status="instock"))
    totals: list[int] = []
    told: list[int] = []

    def reading(total: int) -> nullcontext[Callable[[int], None]]:
        totals.append(total)
        return nullcontext(told.append)

    assert len(over.everything(reading, START)) == 450
    assert totals == [450] and sum(told) == 450
