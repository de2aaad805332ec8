"""Each fault over real HTTP: what the client sees, and what the shop holds afterwards."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep

import pytest
import requests

from sync.gateway.protocol import Failure, parse
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.fault_catalog import KINDS, Reach
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.caller import (
    BANNED,
    BUSY,
    CLOCK,
    CODE50,
    EXPIRED,
    IMPATIENT,
    ISP,
    ITEM,
    LEVEL,
    NUMBER,
    PATIENT,
    TMALL,
    post,
    seen,
)  # fmt: skip
from tests.sandbox.items import item, system_of

SEEN = {
    "drop-before": ("dropped", False),
    "drop-after": ("dropped", True),
    "drop-late": ("dropped", None),
    "slow-before": ("time-out", False),
    "slow-after": ("time-out", True),
    "slow-late": ("time-out", None),
    "isp-before": (ISP, False),
    "isp-after": (ISP, True),
    "code50-before": (CODE50, False),
    "code50-after": (CODE50, True),
    "tmall-before": (TMALL, False),
    "tmall-after": (TMALL, True),
    "number-before": (NUMBER, False),
    "number-after": (NUMBER, True),
    "busy-before": (BUSY, False),
    "busy-after": (BUSY, True),
    "level-once": (LEVEL, False),
    "ban": (BANNED, False),
    "session-once": (EXPIRED, False),
    "session-expired": (EXPIRED, False),
    "http-404-before": ("404 text/html", False),
    "http-404-after": ("404 text/html", True),
    "http-405-before": ("405 text/html", False),
    "http-405-after": ("405 text/html", True),
    "http-502-before": ("502 text/html", False),
    "http-502-after": ("502 text/html", True),
    "http-500-before": ("500 text/plain", False),
    "http-500-after": ("500 text/plain", True),
    "http-503-before": ("503 text/plain", False),
    "http-503-after": ("503 text/plain", True),
    "truncated": ("not JSON", True),
    "empty": ("empty", True),
    "control": ("right", True),
}
"""Kind → what the client sees, and whether the call took effect (None: later)."""
LASTING = {"ban": BANNED, "session-expired": EXPIRED}
OF_BATCHES = [kind.name for kind in KINDS.values() if kind.reach is Reach.BATCH]


def stock(sandbox: Sandbox, item_id: int) -> object:
    return system_of(sandbox.shop, item_id)["inventory"]


def test_every_kind_is_tried() -> None:
    assert set(SEEN) == set(KINDS) - set(OF_BATCHES)


@pytest.mark.parametrize("kind", OF_BATCHES)
def test_what_only_a_batch_can_meet_leaves_a_single_call_alone(sandbox: Sandbox, item_id: int, kind: str) -> None:
    sandbox.faults = Faults(f"{kind}=1,isp-after@2")
    words = [seen(sandbox, "inventory.incr", item_id=item_id, num=2) for _ in range(3)]
    assert words == ["right", ISP, "right"]
    assert stock(sandbox, item_id) == 11
    assert [fault.kind for fault in sandbox.faults.happened] == ["isp-after"]


@pytest.mark.parametrize(
    ("kind", "sees", "took_effect"), [(kind, *expected) for kind, expected in SEEN.items()], ids=SEEN
)
def test_a_call_that_meets_a_fault(
    sandbox: Sandbox, item_id: int, kind: str, sees: str, took_effect: bool | None
) -> None:
    sandbox.faults = Faults(f"{kind}@1")
    assert seen(sandbox, "inventory.incr", IMPATIENT if "slow" in kind else PATIENT, item_id=item_id, num=2) == sees
    assert stock(sandbox, item_id) == (7 if took_effect else 5)
    assert sandbox.faults.happened == [(1, ITEM + "inventory.incr", kind, took_effect)]
    assert sandbox.release_late() == (took_effect is None)
    assert stock(sandbox, item_id) == (5 if took_effect is False else 7)
    assert sandbox.faults.happened[0].took_effect is (took_effect is not False)
    assert seen(sandbox, "get", item_id=item_id) == LASTING.get(kind, "right")


@pytest.mark.parametrize(
    ("kind", "took_effect"), [("drop-after", False), ("truncated", False), ("drop-late", None), ("slow-late", None)]
)
def test_the_shops_own_no_is_no_effect(sandbox: Sandbox, item_id: int, kind: str, took_effect: bool | None) -> None:
    sandbox.faults = Faults(f"{kind}=1")
    seen(sandbox, "inventory.decr", IMPATIENT, item_id=item_id, num=6)
    assert sandbox.faults.happened == [(1, ITEM + "inventory.decr", kind, took_effect)]
    sandbox.release_late()
    assert sandbox.faults.happened == [(1, ITEM + "inventory.decr", kind, False)]
    assert stock(sandbox, item_id) == 5


@pytest.mark.parametrize("wrapped", [False, True], ids=["as assumed", "wrapped in a result"])
def test_control_characters_spoil_nothing_but_a_strict_reader(sandbox: Sandbox, wrapped: bool) -> None:
    sandbox.shop = OpenItemShop(assumptions=dict(OTHER_WAY)["wrap_result"] if wrapped else None, clock=CLOCK)
    item_id = sandbox.shop.publish(item({"备注": '引号"和{"括号'}))
    sandbox.faults = Faults("control=1")
    response = post(sandbox, "get", item_id=item_id)
    with pytest.raises(ValueError, match="control character"):
        json.loads(response.content)
    answer = parse(response.content)
    assert not isinstance(answer, Failure)
    assert json.loads(str(answer.fields["item"])) == sandbox.shop.get(item_id)


def test_a_ban_lasts_its_seconds_on_the_servers_clock() -> None:
    clock = HandClock()
    with Sandbox(clock=clock, faults=Faults("ban@2,ban-for=30")) as sandbox:
        words = []
        for seconds in (0, 0, 0, 10.5, 19.4, 0.1):
            clock.move(seconds=seconds)
            words.append(seen(sandbox, "id.generate").rpartition(": ")[2])
    told = "This ban will last for {} more seconds"
    assert words == ["right", *(told.format(left) for left in (30, 30, 20, 1)), "right"]
    assert [fault.call for fault in sandbox.faults.happened] == [2, 3, 4, 5]
    assert {fault[1:] for fault in sandbox.faults.happened} == {(ITEM + "id.generate", "ban", False)}


def test_a_client_may_keep_its_session_through_all_that_happens(sandbox: Sandbox) -> None:
    faults = [kind for kind in SEEN if "slow" not in kind and kind not in LASTING]
    sandbox.faults = Faults(",".join(f"{kind}@{2 * number}" for number, kind in enumerate(faults, start=1)))
    with requests.Session() as session:
        words = [seen(sandbox, "id.generate", over=session) for _ in range(2 * len(faults) + 1)]
    assert words[1::2] == [SEEN[kind][0] for kind in faults]
    assert set(words[::2]) == {"right"}


def test_other_faults_heal_a_session(sandbox: Sandbox) -> None:
    sandbox.faults = Faults("session-expired@2")
    assert [seen(sandbox, "id.generate") for _ in range(4)] == ["right", EXPIRED, EXPIRED, EXPIRED]
    sandbox.faults = Faults()
    assert seen(sandbox, "id.generate") == "right"


# --- slow and late -----------------------------------------------------------------------------------------------
def test_a_slow_answer_is_right_for_who_waits_and_holds_nobody_else(sandbox: Sandbox, item_id: int) -> None:
    sandbox.faults = Faults("slow-after@1,delay=0.3")
    with ThreadPoolExecutor(1) as caller:
        slow = caller.submit(seen, sandbox, "inventory.incr", item_id=item_id, num=2)
        while not sandbox.faults.happened:
            sleep(0.002)
        assert [seen(sandbox, "id.generate") for _ in range(5)] == ["right"] * 5
        assert not slow.done()
        assert slow.result() == "right"


def test_the_server_ends_while_a_client_still_waits(caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(1) as caller:
        with Sandbox(clock=CLOCK, faults=Faults("slow-after=1,drop-late@2,late=60")) as sandbox:
            waiting = caller.submit(seen, sandbox, "id.generate")
            while not sandbox.faults.happened:
                sleep(0.002)
            assert seen(sandbox, "id.generate") == "dropped"
        assert waiting.result() == "dropped"
    # A busy machine may take the server past its patience, which it says; but nothing goes wrong.
    assert not [record for record in caplog.records if record.exc_info]


def test_a_late_effect_by_the_clock_happens_once(sandbox: Sandbox, item_id: int) -> None:
    sandbox.faults = Faults("drop-late@1,late=0.1")
    assert seen(sandbox, "inventory.incr", item_id=item_id, num=2) == "dropped"
    assert stock(sandbox, item_id) == 5
    deadline = monotonic() + 5
    while sandbox.faults.happened[0].took_effect is None and monotonic() < deadline:
        sleep(0.01)
    assert stock(sandbox, item_id) == 7
    assert sandbox.release_late() == 0
    assert stock(sandbox, item_id) == 7


def test_a_released_effect_does_not_come_again_by_the_clock(sandbox: Sandbox, item_id: int) -> None:
    sandbox.faults = Faults("drop-late@1", late=0.05)
    seen(sandbox, "inventory.incr", item_id=item_id, num=2)
    sandbox.release_late()
    sleep(0.1)
    assert stock(sandbox, item_id) == 7


def test_late_effects_come_in_their_order_to_their_own_shop(sandbox: Sandbox, item_id: int) -> None:
    shop, sandbox.faults = sandbox.shop, Faults("drop-late=1")
    happened = sandbox.faults.happened
    for num in (5, 1):
        seen(sandbox, "inventory.decr", item_id=item_id, num=num)
    seen(sandbox, "inventory.incr", item_id=item_id, num=3)
    sandbox.shop, sandbox.faults = OpenItemShop(clock=CLOCK), Faults()
    assert sandbox.release_late() == 3
    # To 0 and so inactive, then refused, then up again.
    assert [fault.took_effect for fault in happened] == [True, False, True]
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (3, 0)
    assert sandbox.shop.documents() == []


@pytest.mark.parametrize("path", ["/router/rest", "/router/batch", "/authorize", "/token"])
def test_a_client_that_is_killed_half_way_through_its_call(sandbox: Sandbox, path: str) -> None:
    address = ("127.0.0.1", int(sandbox.gateway.split(":")[2].split("/")[0]))
    with socket.create_connection(address) as half:
        half.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nmethod=".encode())
        sleep(0.05)
    sleep(0.05)
    assert seen(sandbox, "id.generate") == "right"
    assert sandbox.calls == {ITEM + "id.generate": 1}
