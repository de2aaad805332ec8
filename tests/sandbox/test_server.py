"""The sandbox over real HTTP: the front door's codes, the envelope, and many callers at once."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
import requests

from sync.gateway.protocol import Failure, SignMethod, Success, envelope_name, parse, sign, timestamp
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.document import system
from sync.sandbox.open_items import OPEN_ITEMS
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.items import item, system_of

ITEM = "taobao.open.item."
CLOCK = HandClock()


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=CLOCK) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.shop = OpenItemShop(clock=CLOCK)
    running.calls.clear()
    return running


def public(method: str, **business: object) -> dict[str, str]:
    return {
        "method": ITEM + method,
        "app_key": Sandbox.app_key,
        "session": Sandbox.session,
        "timestamp": timestamp(CLOCK.at),
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
    } | {name: str(value) for name, value in business.items()}


def signed(params: Mapping[str, str], method: SignMethod = SignMethod.MD5) -> dict[str, str]:
    return {**params, "sign": sign(params, Sandbox.app_secret, method)}


def post(sandbox: Sandbox, params: Mapping[str, str]) -> Success | Failure:
    response = requests.post(sandbox.gateway, data=params, timeout=5)
    assert response.status_code == 200
    return parse(response.content)


def call(sandbox: Sandbox, method: str, **business: object) -> dict[str, object]:
    """Make a call that gets through the door, and return the answer's fields without the request id."""
    answer = post(sandbox, signed(public(method, **business)))
    assert isinstance(answer, Success)
    assert answer.request_id
    return {name: value for name, value in answer.fields.items() if name != "request_id"}


def test_the_whole_life_of_an_item(sandbox: Sandbox) -> None:
    item_id = call(sandbox, "id.generate")["item_id"]
    yes = {"success": True}
    assert call(sandbox, "publish", item_json=item(itemId=item_id)) == yes | {"item_id": item_id}
    edit = json.dumps({"_sys": {"title": "新👍"}, "产地": "杭州"})
    assert call(sandbox, "modify", item_id=item_id, json=edit, delete_paths="_sys@price") == yes
    assert call(sandbox, "inventory.incr", item_id=item_id, num=2) == yes
    assert call(sandbox, "inventory.decr", item_id=item_id, num=7) == yes
    got = call(sandbox, "get", item_id=item_id)
    assert isinstance(got["item"], str)
    found = json.loads(got["item"])
    assert (found["_sys"]["title"], found["_sys"]["inventory"], found["_sys"]["status"]) == ("新👍", 0, 0)
    assert ("price" in found["_sys"], found["产地"]) == (False, "杭州")
    assert call(sandbox, "status.modify", item_id=item_id, status=-1) == yes
    assert call(sandbox, "get", item_id=item_id) == {"success": False, "message": "商品不存在"}


def test_the_envelope_is_the_methods_own_and_says_no_inside(sandbox: Sandbox) -> None:
    body = requests.post(sandbox.gateway, data=signed(public("get", item_id=7)), timeout=5).json()
    assert body["open_item_get_response"].pop("request_id")
    assert body == {"open_item_get_response": {"success": False, "message": "商品不存在"}}


def test_one_application_serves_several_sellers_each_by_a_session(sandbox: Sandbox) -> None:
    sandbox.sellers["another"] = OpenItemShop(clock=CLOCK, seller=20_000_002)
    made = post(sandbox, signed(public("publish", item_json=item()) | {"session": "another"}))
    assert isinstance(made, Success)
    assert sandbox.shop.documents() == []
    (theirs,) = sandbox.sellers["another"].documents()
    assert system(theirs)["userId"] == 20_000_002


@pytest.mark.parametrize("method", SignMethod, ids=str)
def test_all_three_signatures(sandbox: Sandbox, method: SignMethod) -> None:
    params = public("publish", item_json=item({"备注": "好评👍🏻 a=b&c"}), session_hint="")
    answer = post(sandbox, signed(params | {"sign_method": method.value}, method))
    assert isinstance(answer, Success), answer
    assert answer.success is True


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in public("get", item_id=7).items() if key != name}


def having(**changed: str) -> dict[str, str]:
    return public("get", item_id=7) | changed


def at(minutes: float) -> str:
    return timestamp(CLOCK.at + timedelta(minutes=minutes))


REJECTED = {
    "no method": (without("method"), 21, "Missing Method"),
    "an unknown method": (having(method="taobao.item.get"), 22, "Invalid Method"),
    "no format, so xml": (without("format"), 23, "Invalid Format"),
    "format xml": (having(format="xml"), 23, "Invalid Format"),
    "no app key": (without("app_key"), 28, "Missing App Key"),
    "a wrong app key": (having(app_key="1"), 29, "Invalid App Key"),
    "no timestamp": (without("timestamp"), 30, "Missing Timestamp"),
    "a timestamp that is none": (having(timestamp="yesterday"), 31, "Invalid Timestamp"),
    "a stale timestamp": (having(timestamp=at(-10.1)), 31, "Invalid Timestamp"),
    "a timestamp of the future": (having(timestamp=at(10.1)), 31, "Invalid Timestamp"),
    "a timestamp in UTC": (having(timestamp=at(-8 * 60)), 31, "Invalid Timestamp"),
    "stale milliseconds": (
        having(timestamp=str(int(CLOCK.at.timestamp() * 1000) - 601_000)),
        31,
        "Invalid Timestamp",
    ),
    "seconds": (having(timestamp=str(int(CLOCK.at.timestamp()))), 31, "Invalid Timestamp"),
    "no version": (without("v"), 32, "Missing Version"),
    "a version that is none": (having(v="two"), 33, "Invalid Version"),
    "another version": (having(v="1.0"), 34, "Unsupported Version"),
    "an unknown sign_method": (having(sign_method="sha1"), 25, "Invalid Signature"),
    "another sign_method than signed with": (having(sign_method="hmac"), 25, "Invalid Signature"),
    "no session": (without("session"), 26, "Missing Session"),
    "an empty session": (having(session=""), 26, "Missing Session"),
    "a wrong session": (having(session="expired"), 27, "Invalid Session"),
    "an argument missing": (without("item_id"), 40, "Missing required arguments:item_id"),
    "an argument empty": (having(item_id=""), 40, "Missing required arguments:item_id"),
    "an id that is no number": (having(item_id="12a"), 41, "Invalid arguments:item_id"),
    "an id beyond 64 bits": (having(item_id=str(2**63)), 41, "Invalid arguments:item_id"),
    "a num that is no number": (public("inventory.incr", item_id=7, num="1.5"), 41, "Invalid arguments:num"),
}


@pytest.mark.parametrize(("params", "code", "message"), REJECTED.values(), ids=REJECTED.keys())
def test_what_the_door_rejects(sandbox: Sandbox, params: Mapping[str, str], code: int, message: str) -> None:
    answer = post(sandbox, signed(params))
    assert isinstance(answer, Failure)
    assert (answer.code, answer.message) == (code, message)
    assert answer.request_id


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, 24), ({"sign": ""}, 24), ({"sign": "0" * 32}, 25), ({"sign": signed(having(v="2.1"))["sign"]}, 25)],
    ids=["no signature", "an empty one", "a wrong one", "one of another call"],
)
def test_a_signature_that_is_missing_or_wrong(sandbox: Sandbox, given: Mapping[str, str], code: int) -> None:
    answer = post(sandbox, {**public("get", item_id=7), **given})
    assert isinstance(answer, Failure)
    assert answer.code == code


def test_a_signature_is_upper_case(sandbox: Sandbox) -> None:
    params = signed(public("get", item_id=7))
    answer = post(sandbox, {**params, "sign": params["sign"].lower()})
    assert isinstance(answer, Failure)
    assert answer.code == 25


@pytest.mark.parametrize("stamp", [at(-9.9), at(9.9), str(int(CLOCK.at.timestamp() * 1000))], ids=str)
def test_timestamps_within_ten_minutes(sandbox: Sandbox, stamp: str) -> None:
    answer = post(sandbox, signed(having(timestamp=stamp)))
    assert isinstance(answer, Success), answer


def test_query_and_body_are_one_set(sandbox: Sandbox) -> None:
    params = signed(public("publish", item_json=item({"备注": "a+b c%20&d=é"})))
    body = {"item_json": params.pop("item_json")}
    answer = parse(requests.post(sandbox.gateway, params=params, data=body, timeout=5).content)
    assert isinstance(answer, Success), answer
    assert sandbox.shop.documents()[0]["备注"] == "a+b c%20&d=é"


def test_a_small_call_may_be_a_get(sandbox: Sandbox) -> None:
    answer = parse(requests.get(sandbox.gateway, params=signed(public("id.generate")), timeout=5).content)
    assert isinstance(answer, Success), answer


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH"])
def test_another_verb_is_code_9(sandbox: Sandbox, verb: str) -> None:
    answer = parse(requests.request(verb, sandbox.gateway, params=signed(public("id.generate")), timeout=5).content)
    assert isinstance(answer, Failure)
    assert answer.code == 9


@pytest.mark.parametrize("body", [b"method=%ff%fe", b"method=\xff"], ids=["encoded", "raw"])
def test_bytes_that_are_no_text_are_code_41(sandbox: Sandbox, body: bytes) -> None:
    answer = parse(requests.post(sandbox.gateway, data=body, timeout=5).content)
    assert isinstance(answer, Failure)
    assert answer.code == 41


def test_calls_are_counted_by_method(sandbox: Sandbox) -> None:
    address = sandbox.gateway.replace("/router/rest", "/sandbox/calls")
    call(sandbox, "get", item_id=7)
    call(sandbox, "get", item_id=8)
    post(sandbox, public("publish", item_json=item()))
    assert requests.get(address, timeout=5).json() == {"taobao.open.item.get": 2}
    assert sandbox.writes == 0
    for method in OPEN_ITEMS:
        call(sandbox, method.removeprefix(ITEM), item_id=7, item_json=item(), json="{}", status=1, num=1)
    assert sandbox.writes == 6
    assert requests.get(address, timeout=5).json() == dict.fromkeys(OPEN_ITEMS, 1) | {"taobao.open.item.get": 3}


@pytest.mark.parametrize("wrapped", [False, True], ids=["as assumed", "the other way"])
def test_fields_stand_directly_or_in_a_result(sandbox: Sandbox, wrapped: bool) -> None:
    sandbox.shop = OpenItemShop(assumptions=dict(OTHER_WAY)["wrap_result"] if wrapped else None)
    body = requests.post(sandbox.gateway, data=signed(public("id.generate")), timeout=5).json()
    envelope = body[envelope_name("taobao.open.item.id.generate")]
    assert set(envelope) == ({"result", "request_id"} if wrapped else {"success", "item_id", "request_id"})
    assert set(call(sandbox, "publish", item_json=item())) == {"success", "item_id"}


@pytest.mark.parametrize(("other", "kind"), [(False, int), (True, str)], ids=["as assumed", "the other way"])
def test_ids_are_numbers_or_text(sandbox: Sandbox, other: bool, kind: type) -> None:
    sandbox.shop = OpenItemShop(assumptions=dict(OTHER_WAY)["ids_as_text"] if other else None)
    item_id = call(sandbox, "publish", item_json=item())["item_id"]
    found = json.loads(str(call(sandbox, "get", item_id=item_id)["item"]))["_sys"]
    assert {type(call(sandbox, "id.generate")["item_id"]), type(item_id)} == {kind}
    assert {type(found["itemId"]), type(found["userId"])} == {kind}
    assert type(found["inventory"]) is int


def test_eight_callers_at_once_lose_nothing(sandbox: Sandbox) -> None:
    item_id = sandbox.shop.publish(item(inventory=1))

    def add(_: int) -> None:
        with requests.Session() as session:
            for _ in range(15):
                params = signed(public("inventory.incr", item_id=item_id, num=3))
                assert session.post(sandbox.gateway, data=params, timeout=10).json()

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(add, range(8)))
    assert system_of(sandbox.shop, item_id)["inventory"] == 1 + 8 * 15 * 3


def test_a_shop_may_be_used_from_several_threads_beside_the_server() -> None:
    shop = OpenItemShop()
    item_id = shop.publish(item(inventory=1))

    def add(_: int) -> int:
        shop.incr(item_id, 1)
        return shop.generate_id()

    with ThreadPoolExecutor(8) as threads:
        ids = list(threads.map(add, range(200)))
    assert len(set(ids)) == 200
    assert system_of(shop, item_id)["inventory"] == 201


def test_an_answer_does_not_wait_for_the_network_to_be_quiet(sandbox: Sandbox) -> None:
    def seconds(session: requests.Session) -> float:
        started = perf_counter()
        session.post(sandbox.gateway, data=signed(public("id.generate")), timeout=5)
        return perf_counter() - started

    with requests.Session() as session:
        # A delayed acknowledgement costs 40 ms a call, but not the first few.
        assert median(seconds(session) for _ in range(40)) < 0.03


def test_a_port_that_is_taken_is_an_oserror() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match=r"(?i)address"),
        Sandbox(port=taken.getsockname()[1]),
    ):
        pass


def test_a_client_that_keeps_its_connection_does_not_keep_the_sandbox() -> None:
    with requests.Session() as session:
        with Sandbox(clock=CLOCK) as sandbox:
            assert session.post(sandbox.gateway, data=signed(public("id.generate")), timeout=5).ok
        with pytest.raises(requests.ConnectionError):
            session.post(sandbox.gateway, data=signed(public("id.generate")), timeout=5)


def test_what_a_sandbox_did_is_in_its_data_file(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    for expected in ([], ["猫眼美甲"], ["猫眼美甲", "猫眼美甲"]):
        shop = OpenItemShop(data, clock=CLOCK)
        with Sandbox(shop, clock=CLOCK) as sandbox:
            assert [system(found)["title"] for found in shop.documents()] == expected
            assert call(sandbox, "publish", item_json=item())["success"] is True
        shop.close()


SERVING = """
from sync.sandbox.server import Sandbox
with Sandbox() as sandbox:
    sandbox.wait(lambda: print(sandbox.gateway, flush=True))
print("left cleanly")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_a_signal_ends_it_cleanly(sent: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        gateway = server.stdout.readline().strip()
        assert requests.get(gateway.replace("/router/rest", "/sandbox/calls"), timeout=5).json() == {}
        server.send_signal(sent)
        assert server.communicate(timeout=10) == ("left cleanly\n", "")
    assert server.returncode == 0
