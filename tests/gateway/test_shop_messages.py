"""Messages of listings over the channel: what changed, and what can't be believed."""

import json

import pytest

from sync.errors import GatewayDown
from sync.gateway.channel import Messenger, News
from sync.gateway.shop_item import ShopItems
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.faults import Faults
from sync.sandbox.news import TAKEN_FOR
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.gateway.channel_kinds import client
from tests.gateway.scripted_server import client as scripted
from tests.gateway.scripted_server import raw, serving
from tests.gateway.test_listings import running

__all__ = ["running"]
CONSUME, PERMIT = "taobao.tmc.messages.consume", "taobao.tmc.user.permit"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sandbox(running: Sandbox, clock: HandClock) -> Sandbox:
    return open_shop(running, clock)


def open_shop(sandbox: Sandbox, clock: HandClock, other: str | None = None) -> Sandbox:
    assumptions = dict(OTHER_WAY)[other] if other else None
    sandbox.shop, sandbox.faults = OpenItemShop(assumptions=assumptions, clock=clock), Faults()
    sandbox.shop.listings.load([{"num_iid": n, "num": 500} for n in (1, 2, 3)])
    sandbox.calls.clear()
    return sandbox


@pytest.fixture
def over(sandbox: Sandbox) -> ShopItems:
    over = ShopItems(client(sandbox.gateway))
    assert over.take_news() == News()
    return over


def test_the_listings_that_changed_are_named_once_each(over: ShopItems, sandbox: Sandbox) -> None:
    assert isinstance(over, Messenger)
    for listing in (2, 1, 2):
        sandbox.shop.listings.sell(listing, 1)
    news = over.take_news()
    assert (news.changed, len(news.receipts), news.unclear) == (("2", "1"), 3, False)
    assert over.take_news() == News()
    assert dict(sandbox.calls) == {PERMIT: 1, CONSUME: 3}


def test_all_that_wait_are_taken(over: ShopItems, sandbox: Sandbox) -> None:
    for _ in range(401):
        sandbox.shop.listings.sell(1, 1)
    sandbox.calls.clear()
    news = over.take_news()
    assert (news.changed, len(news.receipts), sandbox.calls[CONSUME]) == (("1",), 401, 3)
    over.confirm_news(news)
    assert sandbox.calls["taobao.tmc.messages.confirm"] == 3


def test_what_was_not_confirmed_comes_again(over: ShopItems, sandbox: Sandbox, clock: HandClock) -> None:
    sandbox.shop.listings.sell(1, 1)
    first = over.take_news()
    clock.move(seconds=TAKEN_FOR.total_seconds())
    assert over.take_news() == first
    over.confirm_news(first)
    clock.move(seconds=TAKEN_FOR.total_seconds())
    assert over.take_news() == News()


@pytest.mark.parametrize(
    "name", ["messages_twice", "messages_out_of_order", "messages_need_permit", "one_as_object", "ids_as_text",
             "wrap_result", "tmall_envelope"]
)  # fmt: skip
def test_messages_are_heard_either_way(running: Sandbox, clock: HandClock, name: str) -> None:
    sandbox = open_shop(running, clock, name)
    over = ShopItems(client(sandbox.gateway))
    over.take_news()
    sandbox.shop.listings.sell(1, 1)
    assert over.take_news().changed == ("1",)


@pytest.mark.parametrize("fault", ["drop-after", "isp-before", "truncated", "http-502-after"])
def test_messages_whose_answer_gets_lost_come_again(
    over: ShopItems, sandbox: Sandbox, clock: HandClock, fault: str
) -> None:
    sandbox.shop.listings.sell(1, 1)
    sandbox.faults = Faults(f"{fault}@tmc.messages.consume:1")
    seen = [*over.take_news().changed]
    clock.move(seconds=TAKEN_FOR.total_seconds())
    assert [*seen, *over.take_news().changed][0] == "1"


@pytest.mark.parametrize("method", ["tmc.user.permit", "tmc.messages.consume"])
def test_messages_that_cannot_be_had_are_a_refusal(sandbox: Sandbox, method: str) -> None:
    over = ShopItems(client(sandbox.gateway))
    sandbox.faults = Faults(f"isp-before@{method}=1")
    with pytest.raises(GatewayDown):
        over.take_news()
    sandbox.faults = Faults()
    assert over.take_news() == News()


def heard(*messages: object) -> News:
    answers = [
        {"tmc_user_permit_response": {"is_success": True}},
        {"tmc_messages_consume_response": {"messages": {"tmc_message": [*messages]}}},
    ]
    with serving(*(raw(json.dumps(answer)) for answer in answers)) as server:
        return ShopItems(scripted(server.gateway)).take_news()


TOPIC = "taobao_item_ItemUpdate"


@pytest.mark.parametrize(
    ("message", "news"),
    [
        ({"id": 5, "topic": TOPIC, "content": '{"num_iid": 7}'}, News(("7",), ("5",))),
        ({"id": "5", "topic": TOPIC, "content": {"num_iid": "7"}}, News(("7",), ("5",))),
        ({"id": 5, "topic": TOPIC, "content": "{"}, News((), ("5",), unclear=True)),
        ({"id": 5, "topic": TOPIC}, News((), ("5",), unclear=True)),
        ({"id": 5, "topic": TOPIC, "content": '{"num_iid": "x"}'}, News((), ("5",), unclear=True)),
        ({"topic": TOPIC, "content": '{"num_iid": 7}'}, News(("7",), ())),
        ({"id": 5, "topic": "taobao_trade_TradeCreate", "content": '{"num_iid": 7}'}, News()),
        ({"id": 5}, News()),
        ("5", News()),
    ],
    ids=str,
)
def test_a_message_that_does_not_say_which_listing_makes_all_suspect(message: object, news: News) -> None:
    """One of another kind is somebody else's, and stays for them."""
    assert heard(message) == news
