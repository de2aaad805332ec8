"""What every channel promises, asked of open items, listings and SKUs against the sandbox over HTTP."""

import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sync.apply.executor import Pace
from sync.apply.prepare import prepare
from sync.apply.run import RunContext, RunReport, apply
from sync.apply.stock_moves import made_of
from sync.call import Call, Op, Outcome, Reply, Result, RowResult
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.gateway.auth import FixedToken
from sync.gateway.channel import Channel
from sync.item import Item, Row, Status
from sync.plan.identity import Memory
from sync.plan.options import Options
from sync.sandbox.faults import Faults
from sync.sandbox.methods import METHODS
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.state.journal import Origin
from sync.state.store import Store
from tests.clocks import START, FakeClock
from tests.gateway.channel_kinds import CHANNEL_KINDS, CREDENTIALS, OF_ITEMS, ChannelKind, client, item_id
from tests.gateway.test_client import closed_port

UNKNOWN = "999"
"""An id that no item has."""
WRITES = (
    Call(Op.STATUS, item_id("A-1"), status=Status.INACTIVE),
    Call(Op.STATUS, item_id("A-2"), status=Status.ACTIVE, count=10),
    Call(Op.STOCK, item_id("A-1"), by=7, count=17),
    Call(Op.STOCK, item_id("A-1"), by=4),
    Call(Op.STOCK, item_id("A-1"), by=-4),
)
AFTERWARDS: dict[int, Item] = {
    0: {STATUS: Status.INACTIVE, INVENTORY: 10},
    1: {STATUS: Status.ACTIVE, INVENTORY: 10},
    2: {STATUS: Status.ACTIVE, INVENTORY: 17},
    3: {STATUS: Status.ACTIVE, INVENTORY: 14},
    4: {STATUS: Status.ACTIVE, INVENTORY: 6},
}
NAMES = ["off", "on", "count", "more", "less"]
each_write = pytest.mark.parametrize("nth", AFTERWARDS, ids=NAMES)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=lambda: START) as sandbox:
        yield sandbox


@pytest.fixture(params=CHANNEL_KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> ChannelKind:
    chosen: ChannelKind = request.param
    return chosen


@pytest.fixture
def sandbox(running: Sandbox, kind: ChannelKind) -> Iterator[Sandbox]:
    """A shop of `A-1`, on sale, and `A-2`, not on sale, with 10 units each."""
    running.shop, running.faults = OpenItemShop(clock=lambda: START), Faults()
    kind.put(running.shop, "A-1", 10, active=True)
    kind.put(running.shop, "A-2", 10, active=False)
    running.calls.clear()
    running.requests.clear()
    yield running
    running.release_late()


@pytest.fixture
def over(sandbox: Sandbox, kind: ChannelKind) -> Channel:
    return kind.over(client(sandbox.gateway))


def send(over: Channel, call: Call) -> Reply:
    (reply,) = over.send([call])
    return reply


def held(over: Channel, kind: ChannelKind, code: str) -> Item:
    reply = send(over, kind.call(Call(Op.LOOK, item_id(code))))
    assert reply.outcome is Outcome.DONE and reply.item is not None, reply
    return reply.item


# --- reading ------------------------------------------------------------------------------------------------------


def test_an_item_is_read_as_paths(over: Channel, kind: ChannelKind) -> None:
    expected: Item = {
        ITEM_ID: kind.id(item_id("A-1")) or "",
        OUTER_ID: "A-1",
        TITLE: "猫爪杯 A-1",
        PRICE: 1990,
        INVENTORY: 10,
        STATUS: Status.ACTIVE,
    }
    found = held(over, kind, "A-1")
    assert {path: found.get(path) for path in expected} == expected
    assert held(over, kind, "A-2")[STATUS] is Status.INACTIVE


def test_many_are_read_in_their_order_and_one_that_is_not_there_is_none(
    over: Channel, kind: ChannelKind, sandbox: Sandbox
) -> None:
    codes = [f"A-{n}" for n in range(50, 3, -1)]
    for code in codes:
        kind.put(sandbox.shop, code, 1, active=True)
    told: list[int] = []
    asked = [kind.id(one) or "" for one in (*map(item_id, codes), UNKNOWN)]
    replies = over.read(asked, told.append)
    assert [*replies] == asked and sum(told) == 48
    assert [reply.item and reply.item[OUTER_ID] for reply in replies.values()] == [*codes, None]
    assert {reply.outcome for reply in replies.values()} == {Outcome.DONE}
    assert sandbox.writes == 0
    assert over.read([], told.append) == {}


@pytest.mark.parametrize(
    "fault", ["drop-before", "http-502-after", "isp-before", "truncated", "empty", "batch-short"]
)
def test_a_reading_that_gets_lost_is_made_again(
    over: Channel, kind: ChannelKind, sandbox: Sandbox, fault: str
) -> None:
    for n in range(3, 60):
        kind.put(sandbox.shop, f"A-{n}", 1, active=True)
    sandbox.faults = Faults(f"{fault}@1,{fault}@4")
    replies = over.read([kind.id(item_id(f"A-{n}")) or "" for n in range(1, 60)], lambda _: None)
    assert all(reply.item for reply in replies.values())


def test_a_reading_that_cannot_pass_is_not_tried_thousands_of_times(kind: ChannelKind) -> None:
    told: list[int] = []
    over = kind.over(client(f"http://127.0.0.1:{closed_port()}/router/rest"))
    replies = over.read([str(n) for n in range(1, 5000)], told.append)
    assert len(replies) == 4999 and all(reply.fatal and reply.error for reply in replies.values())
    assert sum(told) <= 4 * 20 * 20


# --- writing ------------------------------------------------------------------------------------------------------


@each_write
def test_what_a_call_does(over: Channel, kind: ChannelKind, nth: int) -> None:
    call = WRITES[nth]
    reply = send(over, kind.call(call))
    assert (reply.outcome, reply.fatal, reply.error) == (Outcome.DONE, False, None) and reply.request_id
    code = "A-2" if call.item_id == item_id("A-2") else "A-1"
    found = held(over, kind, code)
    assert {path: found[path] for path in AFTERWARDS[nth]} == AFTERWARDS[nth]


@each_write
def test_what_is_asked_of_no_item_fails_with_the_platforms_words(over: Channel, kind: ChannelKind, nth: int) -> None:
    reply = send(over, kind.call(replace(WRITES[nth], item_id=UNKNOWN)))
    assert (reply.outcome, reply.fatal) == (Outcome.FAILED, False)
    assert reply.error is not None and "商品不存在" in reply.error.words("zh")
    assert reply.error_code and reply.request_id


@each_write
@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "isp-after", "truncated"])
def test_a_write_that_gets_lost_is_unknown_and_leaves_once(
    over: Channel, kind: ChannelKind, sandbox: Sandbox, nth: int, fault: str
) -> None:
    sandbox.faults = Faults(f"{fault}@1")
    reply = send(over, kind.call(WRITES[nth]))
    assert (reply.outcome, reply.fatal) == (Outcome.UNKNOWN, False)
    assert reply.error is not None
    assert sandbox.calls.total() == 1


@each_write
def test_what_cannot_pass_is_not_sent(kind: ChannelKind, sandbox: Sandbox, nth: int) -> None:
    stale = replace(CREDENTIALS, access=FixedToken("stale"))
    reply = send(kind.over(client(sandbox.gateway, credentials=stale)), kind.call(WRITES[nth]))
    assert (reply.outcome, reply.fatal) == (Outcome.NOT_SENT, True)
    assert sandbox.calls.total() == 0


def test_a_long_ban_stops_the_run(over: Channel, kind: ChannelKind, sandbox: Sandbox) -> None:
    sandbox.faults = Faults("ban@1,ban-for=40000")
    replies = over.send([kind.call(WRITES[0]), kind.call(WRITES[1])])
    assert {reply.outcome for reply in replies} == {Outcome.NOT_SENT}
    assert any(reply.fatal for reply in replies)


def test_what_is_below_zero(over: Channel, kind: ChannelKind) -> None:
    reply = send(over, kind.call(Call(Op.STOCK, item_id("A-1"), by=-11)))
    assert reply.outcome is kind.below_zero
    assert held(over, kind, "A-1")[INVENTORY] == (10 if reply.outcome is Outcome.FAILED else 0)


@pytest.mark.parametrize("fault", ["", "drop-after", "drop-before", "isp-after", "truncated"])
def test_a_price_that_gets_lost_is_unknown_and_leaves_once(
    over: Channel, kind: ChannelKind, sandbox: Sandbox, fault: str
) -> None:
    (method,) = kind.methods("modify")
    sandbox.faults = Faults(f"{fault}@{method}:1" if fault else "")
    reply = send(over, kind.call(Call(Op.MODIFY, item_id("A-1"), values={PRICE: 2550})))
    assert reply.outcome is (Outcome.UNKNOWN if fault else Outcome.DONE), reply
    assert sandbox.writes == 1
    assert held(over, kind, "A-1")[PRICE] == (1990 if fault == "drop-before" else 2550)


def test_calls_share_a_request_and_each_has_its_own_reply(over: Channel, kind: ChannelKind, sandbox: Sandbox) -> None:
    replies = over.send([*map(kind.call, (WRITES[2], replace(WRITES[0], item_id=UNKNOWN), WRITES[1]))])
    assert [reply.outcome for reply in replies] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE]
    assert (sandbox.requests.total(), sandbox.calls.total()) == (1, 3)


def test_two_calls_for_one_item_never_leave_together(over: Channel, kind: ChannelKind, sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="two calls for one item"):
        over.send([kind.call(WRITES[0]), kind.call(WRITES[2])])
    assert sandbox.requests.total() == 0


@pytest.mark.parametrize("call", [*WRITES, Call(Op.LOOK, item_id("A-1"))], ids=[*NAMES, "look"])
def test_a_call_is_spelt_as_it_leaves(over: Channel, kind: ChannelKind, sandbox: Sandbox, call: Call) -> None:
    call = kind.call(call)
    method, params = over.spell(call)
    assert {*METHODS[method].required} <= params.keys()
    assert all(value not in (None, "") for value in params.values())
    assert METHODS[method].writes is call.writes
    send(over, call)
    assert dict(sandbox.calls) == {method: 1}


# --- a run --------------------------------------------------------------------------------------------------------


Apply = Callable[..., RunReport]
each_kind_of_item = pytest.mark.parametrize("kind", OF_ITEMS, ids=lambda kind: kind.name)


@pytest.fixture
def run(kind: ChannelKind, sandbox: Sandbox, tmp_path: Path) -> Apply:
    """Apply rows, with one state for all of a test."""
    clock, store = FakeClock(), Store(str(tmp_path / "state.db"), "shop")

    def apply_rows(*rows: Row) -> RunReport:
        over = kind.over(client(sandbox.gateway, clock))
        options = Options("weekly.xlsx", abilities=kind.abilities)
        memory, quiet = Memory(store.baselines()), nullcontext(lambda _: None)
        plan = prepare(rows, memory, over, options, lambda _: quiet, made=partial(made_of, store))
        place = RunContext(store, over, clock.of_runs, Pace(connections=1))
        return apply(plan, Origin("/weekly.xlsx"), place, allow_delete=True)

    return apply_rows


def row(code: str, cells: Item, *, change: int | None = None) -> Row:
    return Row(2, code, item_id(code), {OUTER_ID: code, **cells}, stock_change=change)


def did(result: RowResult, kind: ChannelKind) -> list[str]:
    """What the calls of a row did, in their order."""
    prefix = re.compile(r"(taobao\.open\.item|taobao|alibaba)\.")
    names = [prefix.sub("", call.method, count=1) for call in result.calls]
    return [kind.ops[name] for name in names]


@pytest.mark.one_in(5)
@each_kind_of_item
@pytest.mark.parametrize(
    ("code", "cells", "change", "calls", "after"),
    [
        ("A-1", {STATUS: Status.INACTIVE, INVENTORY: 4}, None, ["status", "stock"], (Status.INACTIVE, 4)),
        ("A-2", {STATUS: Status.ACTIVE, INVENTORY: 4}, None, ["stock", "status"], (Status.ACTIVE, 4)),
        ("A-2", {STATUS: Status.ACTIVE}, None, ["status"], (Status.ACTIVE, 10)),
        ("A-2", {STATUS: Status.ACTIVE}, 5, ["stock", "status"], (Status.ACTIVE, 15)),
        ("A-1", {STATUS: Status.ACTIVE, INVENTORY: 0}, None, ["stock"], (Status.INACTIVE, 0)),
        ("A-3", {STATUS: Status.ACTIVE, INVENTORY: 6}, None, ["stock", "status"], (Status.ACTIVE, 6)),
        ("A-3", {STATUS: Status.ACTIVE}, None, [], (Status.INACTIVE, 0)),
        ("A-3", {INVENTORY: 6}, None, ["stock", "status"], (Status.INACTIVE, 6)),
    ],
    ids=["down", "up", "up as it is", "up and more", "sold out", "restocked", "nothing to sell", "stays off"],
)
def test_what_comes_down_comes_first_and_what_goes_up_last(
    run: Apply,
    kind: ChannelKind,
    sandbox: Sandbox,
    over: Channel,
    *,
    code: str,
    cells: Item,
    change: int | None,
    calls: list[str],
    after: tuple[Status, int],
) -> None:
    kind.put(sandbox.shop, "A-3", 0, active=False)
    (result,) = run(row(code, cells, change=change)).results
    assert did(result, kind) == calls
    found = held(over, kind, code)
    assert (found[STATUS], found[INVENTORY]) == after
    sandbox.calls.clear()
    run(row(code, cells))
    assert sandbox.writes == 0


@pytest.mark.one_in(5)
@each_kind_of_item
@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
@pytest.mark.parametrize("word", ["stock", "status"])
def test_what_gets_lost_is_settled_by_looking(
    run: Apply, kind: ChannelKind, sandbox: Sandbox, over: Channel, *, word: str, fault: str
) -> None:
    sandbox.faults = Faults(",".join(f"{fault}@{method}:1" for method in kind.methods(word)))
    (result,) = run(row("A-2", {STATUS: Status.ACTIVE, INVENTORY: 25})).results
    assert sandbox.faults.happened
    assert result.result is Result.DONE
    found = held(over, kind, "A-2")
    assert (found[STATUS], found[INVENTORY]) == (Status.ACTIVE, 25)


@pytest.mark.one_in(5)
@each_kind_of_item
@pytest.mark.parametrize("by", [5, -5])
@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "drop-late"])
def test_a_move_that_gets_lost_is_never_made_twice(
    run: Apply, kind: ChannelKind, sandbox: Sandbox, over: Channel, *, by: int, fault: str
) -> None:
    sandbox.faults = Faults(",".join(f"{fault}@{method}:1" for method in kind.methods("stock")))
    (result,) = run(row("A-1", {}, change=by)).results
    sandbox.release_late()
    assert held(over, kind, "A-1")[INVENTORY] == (10 if fault == "drop-before" else 10 + by)
    # Only a move upwards that stands can't be a sale; of any other a person must say what it was.
    known = fault == "drop-after" and by > 0
    assert result.result is (Result.DONE if known else Result.UNKNOWN)
    assert did(result, kind).count("stock") == 1
