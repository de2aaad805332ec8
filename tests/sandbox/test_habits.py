"""What may be a habit of a platform: readings that lag, its own way of keeping texts and prices, odd answers."""

import json
from collections.abc import Callable

import pytest

from sync.sandbox.assumptions import Assumptions
from sync.sandbox.document import Document, Refused, kept
from sync.sandbox.faults import Faults
from sync.sandbox.gate import Rejected
from sync.sandbox.platform import CREDENTIALS, Platform, simplified
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.batches import post_batch, segment
from tests.sandbox.caller import CLOCK, post
from tests.sandbox.items import item, system_of

LAG = Assumptions(lag=3)


# --- readings that lag -------------------------------------------------------------------------------------------
def told(shop: OpenItemShop, item_id: int) -> object:
    """Stock and status as a reading tells them; None: no such item."""
    try:
        reserved = shop.read(item_id)["_sys"]
    except Refused:
        return None
    assert isinstance(reserved, dict)
    return reserved["inventory"], reserved["status"]


def test_a_reading_is_so_many_seconds_late() -> None:
    clock = HandClock()
    shop = OpenItemShop(assumptions=LAG, clock=clock)
    item_id = shop.publish(item(inventory=5))
    seen = [told(shop, item_id)]
    clock.move(seconds=10)
    shop.incr(item_id, 2)
    clock.move(seconds=2)
    shop.decr(item_id, 1)
    for seconds in (0, 0.9, 0.1, 1.9, 0.1, 60):
        clock.move(seconds=seconds)
        seen.append(told(shop, item_id))
    assert seen == [None, (5, 1), (5, 1), (7, 1), (7, 1), (6, 1), (6, 1)]
    # What it really holds is known to whoever owns the sandbox.
    assert system_of(shop, item_id)["inventory"] == 6


WRITES: dict[str, Callable[[OpenItemShop, int], object]] = {
    "modify": lambda shop, item_id: shop.modify(item_id, '{"_sys": {"inventory": 9}}'),
    "status": lambda shop, item_id: shop.set_status(item_id, 0),
    "deleted": lambda shop, item_id: shop.set_status(item_id, -1),
    "decr to 0": lambda shop, item_id: shop.decr(item_id, 5),
    "a sale": lambda shop, item_id: shop.sell(item_id, 1),
    "two at once": lambda shop, item_id: [shop.incr(item_id, by) for by in (1, 2)],  # type: ignore[func-returns-value]
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_every_write_is_told_late(write: Callable[[OpenItemShop, int], object]) -> None:
    clock = HandClock()
    shop = OpenItemShop(assumptions=LAG, clock=clock)
    item_id = shop.publish(item(inventory=5))
    clock.move(seconds=3)
    write(shop, item_id)
    assert told(shop, item_id) == (5, 1)
    clock.move(seconds=3)
    assert told(shop, item_id) != (5, 1)


def test_another_item_and_a_refused_write_are_told_as_they_are() -> None:
    clock = HandClock()
    shop = OpenItemShop(assumptions=LAG, clock=clock)
    one, other = (shop.publish(item(inventory=5)) for _ in range(2))
    clock.move(seconds=3)
    shop.incr(one, 1)
    with pytest.raises(Refused):
        shop.decr(other, 9)
    clock.move(seconds=3)
    assert (told(shop, one), told(shop, other)) == ((6, 1), (5, 1))


def test_nothing_is_kept_of_what_no_reading_tells_any_more() -> None:
    clock = HandClock()
    shop = OpenItemShop(assumptions=LAG, clock=clock)
    item_id = shop.publish(item())
    for _ in range(50):
        shop.incr(item_id, 1)
        clock.move(seconds=1)
    (held,) = shop._database.row("SELECT count(*) FROM past_items")
    assert held <= 4


def test_listings_are_told_late_whoever_asks() -> None:
    clock = HandClock()
    platform = Platform(OpenItemShop(assumptions=LAG, clock=clock), clock, Faults())
    platform.shop.listings.load([{"num_iid": 7, "num": 5, "outer_id": "A-7"}, {"num_iid": 8, "num": 1}])

    def ask(method: str, **params: object) -> object:
        asked = {"method": f"taobao.{method}", "fields": "num_iid,num", "session": CREDENTIALS.session}
        call = platform._call({**asked, **{name: str(value) for name, value in params.items()}})
        fields = next(iter(json.loads(call.carry_out().body).values()))
        return fields.get("item") or fields.get("items", {}).get("item", [])

    def everywhere() -> list[object]:
        return [
            ask("item.seller.get", num_iid=7),
            ask("items.seller.list.get", num_iids="7"),
            ask("items.custom.get", outer_id="A-7"),
            [one for one in ask("items.onsale.get") if one["num_iid"] == 7],  # type: ignore[attr-defined]
        ]

    before, after = {"num_iid": 7, "num": 5}, {"num_iid": 7, "num": 9}
    ask("item.quantity.update", num_iid=7, quantity=9)
    clock.move(seconds=2)
    ask("item.update.delisting", num_iid=7)
    assert everywhere() == [before, [before], [before], [before]]
    clock.move(seconds=1)
    assert everywhere() == [after, [after], [after], [after]]
    clock.move(seconds=2)
    assert everywhere() == [after, [after], [after], []]
    assert ask("items.inventory.get") == [after]
    assert ask("items.seller.list.get", num_iids="8") == [{"num_iid": 8, "num": 1}]


# --- what is kept its own way ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("switch", "sent", "held"),
    [
        ("folds_spaces", {"title": " a  b\u3000\tc "}, {"title": "a b c"}),
        ("cuts_titles", {"title": "甲" * 31}, {"title": "甲" * 30}),
        ("cuts_titles", {"title": "甲" * 30}, {"title": "甲" * 30}),
        ("escapes_entities", {"title": "A&B"}, {"title": "A&amp;B"}),
        ("rounds_prices", {"price": 1000.0}, {"price": 1000.0}),
        ("rounds_prices", {"price": 1000.01}, {"price": 1000}),
        ("rounds_prices", {"price": 1234.5}, {"price": 1235}),
        ("rounds_prices", {"price": 999.99}, {"price": 999.99}),
    ],
)
def test_what_is_kept_of_what_is_sent(switch: str, sent: Document, held: Document) -> None:
    document: Document = {"_sys": sent, "备注": "x"}
    assert kept(document, Assumptions(**{switch: True})) == {"_sys": held, "备注": "x"}
    assert kept(document, Assumptions()) == document


def test_custom_texts_are_folded_and_escaped_and_never_cut() -> None:
    everything = Assumptions(folds_spaces=True, cuts_titles=True, escapes_entities=True, rounds_prices=True)
    document: Document = {
        "_sys": {"title": f" {'甲' * 29}& b"},
        "备注": f"a  & {'乙' * 40}",
        "件": 2000.5,
        "盒": {"a": " "},
    }
    assert kept(document, everything) == {
        "_sys": {"title": f"{'甲' * 29}&amp;"}, "备注": f"a &amp; {'乙' * 40}", "件": 2000.5, "盒": {"a": " "}
    }  # fmt: skip


def test_it_is_kept_so_at_publish_and_at_modify(sandbox: Sandbox) -> None:
    sandbox.faults = Faults("normalise=1")
    item_id = post(sandbox, "publish", item_json=item(title="a  b", price=2000.5)).json()
    held = item_id["open_item_publish_response"]["item_id"]
    assert (system_of(sandbox.shop, held)["title"], system_of(sandbox.shop, held)["price"]) == ("a b", 2001)
    post(sandbox, "modify", item_id=held, json='{"_sys": {"title": "c & d"}}')
    assert system_of(sandbox.shop, held)["title"] == "c &amp; d"
    # A habit lasts as long as the faults that tell of it, and no longer.
    sandbox.faults = Faults()
    post(sandbox, "modify", item_id=held, json='{"_sys": {"title": "c & d"}}')
    assert system_of(sandbox.shop, held)["title"] == "c & d"


# --- answers of another form -------------------------------------------------------------------------------------
def test_an_envelope_of_the_other_half_of_the_platform(sandbox: Sandbox, item_id: int) -> None:
    sandbox.faults = Faults("tmall-envelope=1")
    assert set(post(sandbox, "get", item_id=item_id).json()) == {"open_item_get_tmall_response"}
    (part,) = [post_batch(sandbox, segment("get", item_id=item_id)).json()]
    assert set(part) == {"open_item_get_tmall_response"}
    sandbox.faults = Faults("tmall-envelope=1,isp-before=1")
    assert set(post(sandbox, "get", item_id=item_id).json()) == {"error_response"}


def test_without_an_envelope_only_when_asked_for(sandbox: Sandbox, item_id: int) -> None:
    plain = post(sandbox, "get", item_id=item_id, simplify="true").json()
    assert set(plain) == {"success", "item", "request_id"}
    assert json.loads(plain["item"]) == sandbox.shop.get(item_id)
    for wish in ("false", ""):
        assert set(post(sandbox, "get", item_id=item_id, simplify=wish).json()) == {"open_item_get_response"}
    (part,) = [post_batch(sandbox, segment("get", item_id=item_id, simplify="true")).json()]
    assert set(part) == {"success", "item", "request_id"}
    sandbox.faults = Faults("isp-before=1")
    assert set(post(sandbox, "get", item_id=item_id, simplify="true").json()) == {"error_response"}


@pytest.mark.parametrize(
    ("whole", "simple"),
    [
        ({"items": {"item": [{"a": 1}]}, "total_results": 1}, {"items": [{"a": 1}], "total_results": 1}),
        ({"items": {"item": []}}, {"items": []}),
        ({"item": {"skus": {"sku": [{"sku_id": 1}]}, "num": 2}}, {"item": {"skus": [{"sku_id": 1}], "num": 2}}),
        ({"item": {"num_iid": 7}}, {"item": {"num_iid": 7}}),
        ({"success": True, "item": "{}"}, {"success": True, "item": "{}"}),
    ],
)
def test_a_list_stands_by_itself_then(whole: object, simple: object) -> None:
    assert simplified({**whole, "request_id": "r"}) == {**simple, "request_id": "r"}  # type: ignore[dict-item]


def test_a_modify_needs_its_item_only(sandbox: Sandbox, item_id: int) -> None:
    before = sandbox.shop.get(item_id)
    assert post(sandbox, "modify", item_id=item_id).json()["open_item_modify_response"]["success"] is True
    assert sandbox.shop.get(item_id) == before
    post(sandbox, "modify", item_id=item_id, delete_paths="_sys@price")
    assert "price" not in system_of(sandbox.shop, item_id)
    assert post(sandbox, "modify", json="{}").json()["error_response"]["code"] == 40


@pytest.mark.parametrize(
    ("page", "size", "fits"), [(100, 200, True), (101, 200, False), (500, 40, True), (501, 40, False)]
)
def test_what_is_on_sale_is_told_20000_items_far(page: int, size: int, fits: bool) -> None:
    platform = Platform(OpenItemShop(clock=CLOCK), CLOCK, Faults())
    asked = {"method": "taobao.items.onsale.get", "fields": "num_iid", "session": CREDENTIALS.session}
    answer = json.loads(platform._call({**asked, "page_no": str(page), "page_size": str(size)}).carry_out().body)
    assert ("error_response" in answer) is not fits


def test_a_sub_code_can_be_a_number() -> None:
    answer = Platform(OpenItemShop(), CLOCK, Faults()).reject(Rejected(50, "Remote service error", 530))
    assert json.loads(answer.body)["error_response"]["sub_code"] == 530
