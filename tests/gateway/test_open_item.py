"""The open-item channel: its seven methods against the real sandbox, and how they are spelt."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from sync.call import Call, Op, Outcome, Reply
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.gateway.auth import FixedToken
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter
from sync.gateway.protocol import SignMethod
from sync.item import Item, Opaque, Status, Value, opaque
from sync.sandbox.assumptions import OTHER_WAY, Assumptions
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import START, FakeClock
from tests.gateway.memory_ledger import MemoryLedger
from tests.gateway.scripted_server import SECRET, SESSION, channel, serving
from tests.gateway.test_client import closed_port

RIGHT = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
PACKING = {"盒": 1, "袋": "纸"}
NEW: Item = {
    OUTER_ID: "A-001",
    TITLE: "猫爪杯 & 20% off +1",
    CATEGORY: ("丽人", "美甲"),
    PRICE: 1990,
    INVENTORY: 5,
    "品牌": "猫=&爪",
    "包装": opaque(PACKING),
}
AS_ASSUMED = ("as assumed", Assumptions())
EACH_WAY = [pytest.param(assumed, id=name) for name, assumed in (AS_ASSUMED, *OTHER_WAY)]


@pytest.fixture(scope="module")
def platform() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: START) as sandbox:
        yield sandbox


def items(platform: Sandbox, credentials: Credentials = RIGHT) -> OpenItems:
    limiter = Limiter({}, MemoryLedger(), now=lambda: START, pause=lambda _: None)
    return OpenItems(Client(platform.gateway, credentials, limiter))


def send(over: OpenItems, call: Call) -> Reply:
    (reply,) = over.send([call])
    return reply


def done(open_items: OpenItems, call: Call) -> Reply:
    reply = send(open_items, call)
    assert reply.outcome is Outcome.DONE, reply
    return reply


def held(open_items: OpenItems, item_id: str) -> Item:
    item = done(open_items, Call(Op.LOOK, item_id)).item
    assert item is not None
    return item


def published(open_items: OpenItems, item: Item = NEW) -> str:
    item_id = done(open_items, Call(Op.GENERATE)).item_id
    reply = done(open_items, Call(Op.PUBLISH, item_id, values=item))
    assert item_id is not None and reply.item_id == item_id
    return item_id


def shop(platform: Sandbox, assumptions: Assumptions, clock: FakeClock | None = None) -> OpenItems:
    platform.shop = OpenItemShop(assumptions=assumptions, clock=(clock or FakeClock()).now)
    return items(platform)


@pytest.mark.one_in(3)
@pytest.mark.parametrize("assumptions", EACH_WAY)
def test_an_items_life(platform: Sandbox, assumptions: Assumptions) -> None:
    over = shop(platform, assumptions)
    item_id = published(over)
    fresh = held(over, item_id)
    amp = "&amp;" if assumptions.escapes_entities else "&"
    kept = {path: value.replace("&", amp) if isinstance(value, str) else value for path, value in NEW.items()}
    assert {path: fresh[path] for path in NEW} == kept
    assert (fresh[STATUS], fresh[ITEM_ID]) == (Status.ACTIVE, item_id)

    done(over, Call(Op.MODIFY, item_id, values={PRICE: 2005, "产地": "景德镇"}, remove=("品牌", "_sys@market")))
    done(over, Call(Op.STOCK, item_id, by=7, count=12))
    done(over, Call(Op.STOCK, item_id, by=-2))
    done(over, Call(Op.STATUS, item_id, status=Status.INACTIVE))
    edited = held(over, item_id)
    changed: dict[str, Value | None] = {PRICE: 2005, "产地": "景德镇", "品牌": None}
    changed |= {INVENTORY: 10, STATUS: Status.INACTIVE, TITLE: kept[TITLE]}
    assert {path: edited.get(path) for path in changed} == changed

    done(over, Call(Op.STATUS, item_id, status=Status.ACTIVE))
    done(over, Call(Op.STOCK, item_id, by=-10, count=0))
    assert (held(over, item_id)[INVENTORY], held(over, item_id)[STATUS]) == (0, Status.INACTIVE)

    done(over, Call(Op.STATUS, item_id, status=Status.DELETED))
    assert done(over, Call(Op.LOOK, item_id)).item is None
    assert send(over, Call(Op.STATUS, item_id, status=Status.ACTIVE)).outcome is Outcome.FAILED


Ask = Callable[[OpenItems, FakeClock], object]


def foreign_id(over: OpenItems, clock: FakeClock) -> object:
    reply = send(over, Call(Op.PUBLISH, "424242", values=NEW))
    return reply.outcome, reply.item_id == "424242"


def used_id(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    clock.at += timedelta(hours=1)
    reply = send(over, Call(Op.PUBLISH, item_id, values=NEW))
    return reply.outcome, reply.item_id == item_id


def modified_stock(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    done(over, Call(Op.MODIFY, item_id, values={INVENTORY: 9}))
    return held(over, item_id)[INVENTORY]


def nested(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    done(over, Call(Op.MODIFY, item_id, values={"包装": Opaque('{"盒": 2}')}))
    return held(over, item_id)["包装"]


def read_only(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    outcome = send(over, Call(Op.MODIFY, item_id, values={STATUS: Status.INACTIVE, PRICE: 5})).outcome
    return outcome, held(over, item_id)[STATUS], held(over, item_id)[PRICE]


def raised_from_zero(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    done(over, Call(Op.STOCK, item_id, by=-5))
    done(over, Call(Op.STOCK, item_id, by=3))
    return held(over, item_id)[STATUS]


def below_zero(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over)
    return send(over, Call(Op.STOCK, item_id, by=-6)).outcome, held(over, item_id)[INVENTORY]


def kept_title(over: OpenItems, clock: FakeClock) -> object:
    return held(over, published(over, {**NEW, TITLE: f" 猫  眼&{'甲' * 30}"}))[TITLE]


def kept_price(over: OpenItems, clock: FakeClock) -> object:
    item_id = published(over, {**NEW, PRICE: 100_050})
    done(over, Call(Op.MODIFY, item_id, values={"产地": "景德镇"}))
    before = held(over, item_id)[PRICE]
    done(over, Call(Op.MODIFY, item_id, values={PRICE: 100_000}))
    return before, held(over, item_id)[PRICE]


def same_either_way(over: OpenItems, clock: FakeClock) -> object:
    return held(over, published(over))[ITEM_ID] == "7627361700001"


DONE, FAILED = Outcome.DONE, Outcome.FAILED
SWITCHES: Mapping[str, tuple[Ask, object, object]] = {
    "wrap_result": (same_either_way, True, True),
    "ids_as_text": (same_either_way, True, True),
    "foreign_id_refused": (foreign_id, (FAILED, False), (DONE, False)),
    "used_id_refused": (used_id, (FAILED, False), (DONE, True)),
    "modify_sets_inventory": (modified_stock, 9, 5),
    "nested_replaced": (nested, opaque({"盒": 2}), opaque(PACKING | {"盒": 2})),
    "read_only_ignored": (read_only, (DONE, Status.ACTIVE, 5), (FAILED, Status.ACTIVE, 1990)),
    "incr_turns_on": (raised_from_zero, Status.INACTIVE, Status.ACTIVE),
    "decr_below_zero_refused": (below_zero, (FAILED, 5), (DONE, 0)),
    **dict.fromkeys(
        (
            "listing_off_at_zero",
            "restock_lists",
            "listing_price_follows",
            "sku_add_stops_at_zero",
            "fast_price",
            "fast_price_ignored",
            "lists_show_skus",
            "messages_need_permit",
            "messages_lost",
            "messages_twice",
            "messages_out_of_order",
        ),
        (same_either_way, True, True),
    ),
    "empty_list_omitted": (same_either_way, True, True),
    "one_as_object": (same_either_way, True, True),
    "tmall_envelope": (same_either_way, True, True),
    "folds_spaces": (kept_title, f" 猫  眼&{'甲' * 30}", f"猫 眼&{'甲' * 30}"),
    "cuts_titles": (kept_title, f" 猫  眼&{'甲' * 30}", f" 猫  眼&{'甲' * 24}"),
    "escapes_entities": (kept_title, f" 猫  眼&{'甲' * 30}", f" 猫  眼&amp;{'甲' * 30}"),
    "rounds_prices": (kept_price, (100_050, 100_000), (100_100, 100_000)),
}


@pytest.mark.parametrize(("name", "turned"), OTHER_WAY, ids=[name for name, _ in OTHER_WAY])
def test_what_the_channel_says_either_way(platform: Sandbox, name: str, turned: Assumptions) -> None:
    ask, as_assumed, other_way = SWITCHES[name]
    for assumptions, expected in ((Assumptions(), as_assumed), (turned, other_way)):
        clock = FakeClock()
        assert ask(shop(platform, assumptions, clock), clock) == expected


@pytest.mark.parametrize("method", SignMethod, ids=str)
def test_every_way_of_signing_is_accepted(platform: Sandbox, method: SignMethod) -> None:
    platform.shop = OpenItemShop()
    over = items(platform, replace(RIGHT, sign_method=method))
    assert held(over, published(over))[TITLE] == NEW[TITLE]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(RIGHT, access=FixedToken("stale")), "gateway.session"),
        (replace(RIGHT, app_secret="guess"), "gateway.signature"),
        (replace(RIGHT, app_key="1"), "gateway.credentials"),
    ],
    ids=["session", "secret", "app key"],
)
def test_wrong_credentials_stop_everything(platform: Sandbox, wrong: Credentials, code: str) -> None:
    reply = send(items(platform, wrong), Call(Op.GENERATE))
    assert (reply.outcome, reply.fatal) == (Outcome.NOT_SENT, True)
    assert reply.error is not None and reply.error.code == code
    assert reply.request_id is not None


def test_the_platforms_words_reach_the_row(platform: Sandbox) -> None:
    over = shop(platform, Assumptions())
    reply = send(over, Call(Op.STOCK, published(over), by=-6))
    assert reply.outcome is Outcome.FAILED and not reply.fatal
    assert reply.error is not None and "库存不足" in reply.error.words("zh")


def test_reading_many_side_by_side(platform: Sandbox) -> None:
    over = shop(platform, Assumptions())
    ids = [published(over, {**NEW, OUTER_ID: f"A-{n}"}) for n in range(9)]
    told: list[int] = []
    replies = over.read([*ids, "404"], told.append)
    assert list(replies) == [*ids, "404"]
    assert [reply.item and reply.item[OUTER_ID] for reply in replies.values()] == [f"A-{n}" for n in range(9)] + [
        None
    ]
    assert all(reply.outcome is Outcome.DONE for reply in replies.values())
    assert sum(told) == 10
    assert over.read([], told.append) == {}


def test_a_reading_that_cannot_pass_is_not_tried_thousands_of_times() -> None:
    told: list[int] = []
    replies = channel(f"http://127.0.0.1:{closed_port()}/router/rest").read([str(n) for n in range(500)], told.append)
    assert all(reply.fatal and reply.error for reply in replies.values())
    assert sum(told) <= 4 * 20


def test_two_calls_for_one_item_never_leave_together() -> None:
    calls = [Call(Op.LOOK, "7"), Call(Op.GENERATE), Call(Op.GENERATE), Call(Op.STOCK, "7", by=1)]
    with serving() as server, pytest.raises(ValueError, match="two calls for one item"):
        channel(server.gateway).send(calls)
    assert server.requests == []


@pytest.mark.parametrize(
    ("call", "spelt"),
    [
        (Call(Op.GENERATE), ("taobao.open.item.id.generate", {})),
        (
            Call(Op.PUBLISH, "7", values={TITLE: "杯", PRICE: 1990, "品牌": "猫"}),
            (
                "taobao.open.item.publish",
                {"item_json": '{"_sys": {"title": "杯", "price": 19.9, "itemId": 7}, "品牌": "猫"}'},
            ),
        ),
        (
            Call(Op.MODIFY, "7", values={PRICE: 5}, remove=("_sys@market", "品牌")),
            (
                "taobao.open.item.modify",
                {"item_id": "7", "json": '{"_sys": {"price": 0.05}}', "delete_paths": "_sys@market,品牌"},
            ),
        ),
        (
            Call(Op.MODIFY, "7", remove=("a",)),
            ("taobao.open.item.modify", {"item_id": "7", "json": "{}", "delete_paths": "a"}),
        ),
        (
            Call(Op.STATUS, "7", status=Status.DELETED),
            ("taobao.open.item.status.modify", {"item_id": "7", "status": -1}),
        ),
        (Call(Op.STOCK, "7", by=3), ("taobao.open.item.inventory.incr", {"item_id": "7", "num": 3})),
        (Call(Op.STOCK, "7", by=-3, count=0), ("taobao.open.item.inventory.decr", {"item_id": "7", "num": 3})),
        (Call(Op.LOOK, "7"), ("taobao.open.item.get", {"item_id": "7"})),
    ],
    ids=lambda value: str(value.op) if isinstance(value, Call) else "",
)
def test_how_a_call_is_spelt(call: Call, spelt: tuple[str, dict[str, object]]) -> None:
    assert channel("http://127.0.0.1:9/router/rest").spell(call) == spelt


def test_no_secret_is_spelt() -> None:
    spelt = repr([channel("http://127.0.0.1:9/router/rest").spell(Call(op, "7")) for op in Op])
    assert SECRET not in spelt and SESSION not in spelt
