"""`watch` on the shop channel: ordinary listings go up with the stock that they have, and come down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sync.sandbox.faults import Faults
from sync.sandbox.gate import Rejected
from sync.sandbox.listing import IN_STOCK, ON_SALE, Listing
from sync.sandbox.listings import Listings
from sync.sandbox.news import MessageQueue
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES
from tests.cli.watch.conftest import HOURS, Rules, write
from tests.cli.watch.event_clock import EventClock, RecordingShop

DEAR = """
[[profiles.default.rules]]
name = "平价"
kind = "price"
highest = "25"
codes = ["A-3"]
"""


def num_iid(code: str) -> int:
    return 642_500_118_000 + int(code.rpartition("-")[2])


def listing(code: str, **fields: object) -> Listing:
    held = {"title": f"猫眼美甲 {code}", "price": "20.00", "num": 10, "approve_status": ON_SALE}
    return {"num_iid": num_iid(code), "outer_id": code, **held, **fields}


@pytest.fixture
def shop(clock: EventClock) -> RecordingShop:
    shop = RecordingShop(clock=clock.now)
    sold_out = {"num": 0, "approve_status": IN_STOCK}
    shop.listings.load([listing("A-1"), listing("A-2", **sold_out), listing("A-3", price="30.00", num=7)])
    return shop


@pytest.fixture
def listings(folder: Path, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sheet of listings that nobody ever applied, whose prices wait for a person."""
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "shop")
    rules(HOURS + DEAR)
    lines = ({"商家编码": code, "商品ID": str(num_iid(code)), "价格": 99} for code in CODES)
    return write(folder / "shop.xlsx", *lines)


def test_a_row_that_has_only_a_code_is_told_until_somebody_applies_it(
    listings: Path, shop: RecordingShop, itemsync: Command
) -> None:
    write(listings, {"商家编码": "A-1"})
    (held,) = (told := itemsync("watch", listings, "--once", "--json")).json["held"]
    assert (told.code, held["code"]) == (1, "watch.no_listing")
    assert itemsync("apply", listings, "--yes").code == 0
    assert itemsync("watch", listings, "--once", "--json").json["held"] == []


def test_listings_go_down_and_up_with_their_stock(
    clock: EventClock, listings: Path, shop: RecordingShop, sandbox: Sandbox, itemsync: Command
) -> None:
    def now() -> list[tuple[object, object]]:
        held = [shop.listings.get(num_iid(code)) for code in CODES]
        return [(one["approve_status"], one["num"]) for one in held]

    seen: list[list[tuple[object, object]]] = []
    clock.happen(0, "07:30", lambda: seen.append(now()))
    clock.happen(0, "12:00", lambda: seen.append(now()))
    clock.happen(0, "12:10", lambda: shop.listings.load([listing("A-3", num=7, approve_status=IN_STOCK)]))
    clock.happen(0, "12:20", lambda: shop.listings.load([listing("A-2", num=4, approve_status=IN_STOCK)]))
    clock.happen(0, "22:30", lambda: seen.append(now()))
    clock.last(hours=23, minutes=30)
    ran = itemsync("watch", listings, "--every", "1h")
    night, noon, evening = seen
    assert night == [(IN_STOCK, 10), (IN_STOCK, 0), (IN_STOCK, 7)]
    assert noon == [(ON_SALE, 10), (IN_STOCK, 0), (IN_STOCK, 7)], "none without stock, none that is too dear"
    assert evening == [(ON_SALE, 10), (ON_SALE, 4), (ON_SALE, 7)], "restocked, and cheaper"
    assert now() == [(IN_STOCK, 10), (IN_STOCK, 4), (IN_STOCK, 7)]
    assert (ran.code, sandbox.writes) == (0, 8)


READ, CONSUME = "taobao.items.seller.list.get", "taobao.tmc.messages.consume"


@pytest.fixture
def hearing(listings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ITEMSYNC_MESSAGES", "true")
    return listings


@pytest.mark.parametrize("assumed", ["", "messages-twice=1", "messages-out-of-order=1", "messages-lost=1"])
def test_with_messages_only_what_changed_is_read(
    clock: EventClock,
    hearing: Path,
    shop: RecordingShop,
    sandbox: Sandbox,
    itemsync: Command,
    *,
    assumed: str,
) -> None:
    """What a lost message told is seen at the next full reading."""
    sandbox.faults = Faults(assumed)
    begun, late = [0], [0]
    clock.happen(0, "12:05", lambda: begun.append(sandbox.calls[READ]))
    clock.happen(0, "12:05", lambda: shop.listings.edit(num_iid("A-3"), {"price": "20.00"}))
    clock.happen(0, "12:15", lambda: shop.listings.edit(num_iid("A-3"), {"title": "便宜了"}))
    clock.happen(0, "13:55", lambda: late.append(sandbox.calls[READ]))
    clock.last(hours=14)
    assert itemsync("watch", hearing, "--every", "10m").code == 0
    assert shop.listings.get(num_iid("A-3"))["approve_status"] == ON_SALE
    assert late[-1] - begun[-1] <= 8, "fewer than the eleven ticks: one an hour, and after each change"
    assert sandbox.calls[CONSUME] >= 36
    assert sandbox.calls["taobao.tmc.user.permit"] == 1


def test_messages_that_cannot_be_had_are_told_and_all_is_read(
    clock: EventClock, hearing: Path, shop: RecordingShop, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(news: MessageQueue, most: int) -> object:
        raise Rejected(11, "Insufficient ISV permissions", "isv.permission-api-package-limit", "没有权限")

    monkeypatch.setattr(MessageQueue, "take", forbidden)
    clock.happen(0, "12:05", lambda: shop.listings.edit(num_iid("A-3"), {"price": "20.00"}))
    clock.last(hours=14)
    ran = itemsync("watch", hearing, "--every", "1h")
    assert ran.err.count("平台的消息取不到") == 1, ran.err
    assert shop.listings.get(num_iid("A-3"))["approve_status"] == ON_SALE


def test_a_message_is_confirmed_after_what_it_caused_is_journalled(
    clock: EventClock, hearing: Path, shop: RecordingShop, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    confirm, put_up = MessageQueue.confirm, Listings.put_up

    def confirmed(news: MessageQueue, ids: Sequence[int]) -> None:
        order.append("confirm")
        confirm(news, ids)

    def went_up(held: Listings, listing: int, num: int) -> Listing:
        order.append(f"up {listing % 10}")
        return put_up(held, listing, num)

    monkeypatch.setattr(MessageQueue, "confirm", confirmed)
    monkeypatch.setattr(Listings, "put_up", went_up)
    clock.happen(0, "12:05", order.clear)
    clock.happen(0, "12:05", lambda: shop.listings.edit(num_iid("A-3"), {"price": "20.00"}))
    clock.last(hours=13)
    itemsync("watch", hearing, "--every", "10m")
    assert order[:2] == ["up 3", "confirm"]
