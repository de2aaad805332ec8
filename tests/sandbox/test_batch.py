"""The batch route over real HTTP: docs/explanation/platform.md#batches, sentence by sentence."""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.gateway.protocol import Failure, parse
from sync.sandbox import batch
from sync.sandbox.assumptions import OTHER_WAY
from sync.sandbox.document import system
from sync.sandbox.faults import Faults
from sync.sandbox.platform import Platform
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.sandbox.batches import SEPARATOR, adding, post_batch, seen_batch, segment, signature, words
from tests.sandbox.caller import CLOCK, EXPIRED, ITEM, PATIENT, query, seen
from tests.sandbox.items import item, system_of

INCR = ITEM + "inventory.incr"
INVALID_SESSION = "error 27 None: None"
MISSING_SESSION = "error 26 None: None"


@pytest.fixture
def item_ids(sandbox: Sandbox) -> list[int]:
    return [sandbox.shop.publish(item(inventory=5)) for _ in range(20)]


def stocks(sandbox: Sandbox) -> list[object]:
    return [system(found)["inventory"] for found in sandbox.shop.documents()]


@pytest.mark.parametrize("calls", [1, 2, 20])
def test_answers_come_in_the_order_of_the_calls(sandbox: Sandbox, item_ids: list[int], calls: int) -> None:
    asked = item_ids[:calls][::-1]
    response = post_batch(sandbox, *(segment("get", item_id=item_id) for item_id in asked))
    answers = [json.loads(part) for part in response.text.split(SEPARATOR)]
    got = [json.loads(answer["open_item_get_response"]["item"])["_sys"]["itemId"] for answer in answers]
    assert got == asked
    assert len({answer["open_item_get_response"]["request_id"] for answer in answers}) == calls


def test_the_whole_life_of_two_items_side_by_side(sandbox: Sandbox) -> None:
    made = post_batch(sandbox, *(segment("publish", item_json=item(title=name)) for name in ("甲👍", "a=b&c+d%")))
    first, second = (json.loads(part)["open_item_publish_response"]["item_id"] for part in made.text.split(SEPARATOR))
    for method, arguments in (
        ("modify", {"json": '{"产地": "杭州"}', "delete_paths": "_sys@price"}),
        ("inventory.incr", {"num": 2}),
        ("inventory.decr", {"num": 7}),
        ("status.modify", {"status": -1}),
    ):
        segments = [segment(method, item_id=item_id, **arguments) for item_id in (first, second)]
        assert seen_batch(sandbox, *segments) == ["right", "right"]
        if method == "inventory.decr":
            titles = {(system(found)["title"], found["产地"]) for found in sandbox.shop.documents()}
            assert titles == {("甲👍", "杭州"), ("a=b&c+d%", "杭州")}
    assert sandbox.shop.documents() == []


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
def test_the_signature_is_over_the_query_and_the_raw_body(sandbox: Sandbox, method: str) -> None:
    segments = [segment("publish", item_json=item({"备注": "好评👍🏻 a=b&c"})), "N"]
    assert seen_batch(sandbox, *segments, method=ITEM + "id.generate", sign_method=method) == ["right", "right"]


def test_public_parameters_are_for_all_that_have_none_of_their_own(sandbox: Sandbox, item_ids: list[int]) -> None:
    public = f"#PUBLIC#method={INCR}&num=2"
    own = f"item_id={item_ids[2]}&num=4"
    assert seen_batch(sandbox, public, f"item_id={item_ids[0]}", segment("id.generate"), own) == ["right"] * 3
    assert stocks(sandbox)[:3] == [7, 5, 9]


def test_n_is_a_call_without_parameters_of_its_own(sandbox: Sandbox) -> None:
    assert seen_batch(sandbox, f"#PUBLIC#method={ITEM}id.generate", "N", "N", "N") == ["right"] * 3
    assert sandbox.calls == {ITEM + "id.generate": 3}


@pytest.mark.parametrize("separator", ["@@", "|-|", "-分-"])
def test_another_separator_is_named_in_the_header(sandbox: Sandbox, separator: str) -> None:
    answers = post_batch(sandbox, segment("id.generate"), segment("get", item_id=7), separator=separator)
    assert words(answers.content, separator) == ["right", "no"]


def test_each_stands_or_falls_alone(sandbox: Sandbox, item_ids: list[int]) -> None:
    segments = [
        segment("inventory.incr", item_id=item_ids[0], num=2),
        segment("inventory.incr", item_id=7, num=2),
        segment("inventory.incr", item_id=item_ids[1]),
        segment("inventory.incr", item_id="x", num=2),
        segment("sell", item_id=item_ids[2]),
        "item_id=7",
        "",
        segment("inventory.decr", item_id=item_ids[3], num=6),
        segment("inventory.incr", item_id=item_ids[4], num=2),
    ]
    assert seen_batch(sandbox, *segments) == [
        "right",
        "no",
        "error 40 None: None",
        "error 41 None: None",
        "error 22 None: None",
        "error 21 None: None",
        "error 21 None: None",
        "no",
        "right",
    ]
    assert stocks(sandbox)[:5] == [7, 5, 5, 5, 7]
    assert sandbox.calls == {INCR: 5, ITEM + "inventory.decr": 1}


def test_a_segment_may_carry_its_own_session(sandbox: Sandbox, item_ids: list[int]) -> None:
    first, second = adding(item_ids[:2])
    assert seen_batch(sandbox, first, f"{second}&session=stale") == ["right", INVALID_SESSION]
    own = f"{second}&session={Sandbox.session}"
    assert seen_batch(sandbox, first, own, session=None) == [MISSING_SESSION, "right"]
    assert stocks(sandbox)[:2] == [7, 7]
    assert seen_batch(sandbox, f"#PUBLIC#session={Sandbox.session}", first, session=None) == ["right"]


REFUSED = {
    "a wrong signature": ({"sign": "0" * 32}, 25),
    "no signature": ({"sign": ""}, 24),
    "a wrong app key": ({"app_key": "1"}, 29),
    "a stale timestamp": ({"timestamp": "2026-11-21 10:19:00"}, 31),
    "format xml": ({"format": "xml"}, 23),
    "another version": ({"v": "1.0"}, 34),
    "a session that isn't valid": ({"session": "stale"}, 27),
}


@pytest.mark.parametrize(("more", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_as_a_whole_there_is_one_error(
    sandbox: Sandbox, item_ids: list[int], more: Mapping[str, str], code: int
) -> None:
    response = post_batch(sandbox, *adding(item_ids[:3]), separator=SEPARATOR, timeout=PATIENT, **more)
    answer = parse(response.content)
    assert response.status_code == 200
    assert isinstance(answer, Failure) and answer.code == code and answer.request_id
    assert stocks(sandbox) == [5] * 20
    assert sandbox.calls == {}


def test_a_body_that_was_changed_on_its_way(sandbox: Sandbox, item_ids: list[int]) -> None:
    sent = post_batch(sandbox, *adding(item_ids[:2])).request
    assert isinstance(sent.url, str) and isinstance(sent.body, bytes)
    answer = parse(requests.post(sent.url, data=sent.body.replace(b"num=2", b"num=9"), timeout=5).content)
    assert isinstance(answer, Failure) and answer.code == 25
    assert stocks(sandbox)[:2] == [7, 7]


def test_a_batch_has_20_calls_at_most(sandbox: Sandbox, item_ids: list[int]) -> None:
    generate = segment("id.generate")
    assert seen_batch(sandbox, *[generate] * 20) == ["right"] * 20
    assert seen_batch(sandbox, *[generate] * 21) == ["error 41 None: a batch has 20 calls at most"]
    public = f"#PUBLIC#method={ITEM}id.generate"
    assert seen_batch(sandbox, public, *["N"] * 20) == ["right"] * 20
    assert sandbox.calls == {ITEM + "id.generate": 40}
    assert seen_batch(sandbox, public) == ["error 40 None: a batch without a call"]
    assert seen_batch(sandbox, "") == ["error 21 None: None"]


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE"])
def test_a_batch_is_posted(sandbox: Sandbox, verb: str) -> None:
    sent = post_batch(sandbox, segment("id.generate")).request
    assert isinstance(sent.url, str)
    answer = parse(requests.request(verb, sent.url, data=sent.body, timeout=5).content)
    assert isinstance(answer, Failure) and answer.code == 9


@pytest.mark.parametrize("text", [b"method=%ff%fe", b"method=\xff"], ids=["encoded", "raw"])
def test_bytes_that_are_no_text_are_code_41(sandbox: Sandbox, text: bytes) -> None:
    body = text.decode("latin-1")
    if text.isascii():
        assert seen_batch(sandbox, segment("id.generate"), body) == ["error 41 None: None"]
    else:
        address = sandbox.gateway.replace("/rest", "/batch")
        answer = parse(requests.post(address, data=text, timeout=5).content)
        assert isinstance(answer, Failure) and answer.code == 41
    assert sandbox.calls == {}


def test_each_counts_as_one_call_and_the_batch_as_one_request(sandbox: Sandbox, item_ids: list[int]) -> None:
    seen_batch(sandbox, *adding(item_ids))
    seen_batch(sandbox, *adding(item_ids[:3]), session="stale")
    seen(sandbox, "get", item_id=item_ids[0])
    assert sandbox.calls == {INCR: 20, ITEM + "get": 1}
    assert sandbox.writes == 20
    assert sandbox.requests == {"/router/batch": 2, "/router/rest": 1}
    address = sandbox.gateway.replace("/router/rest", "/sandbox/requests")
    assert requests.get(address, timeout=5).json() == {"/router/batch": 2, "/router/rest": 1}


def test_calls_of_a_batch_may_run_in_any_order(sandbox: Sandbox) -> None:
    item_id = sandbox.shop.publish(item(inventory=5))
    off, on = (segment("status.modify", item_id=item_id, status=status) for status in (0, 1))
    ended = set()
    for seed in range(8):
        sandbox.faults = Faults(f"seed={seed}")
        assert seen_batch(sandbox, off, on) == ["right", "right"]
        ended.add(system_of(sandbox.shop, item_id)["status"])
    # One who counts on the order of two calls for one item is caught.
    assert ended == {0, 1}


def test_the_same_seed_runs_them_in_the_same_order(sandbox: Sandbox) -> None:
    def order(seed: int) -> str:
        sandbox.shop, sandbox.faults = OpenItemShop(clock=CLOCK), Faults(f"seed={seed}")
        answers = post_batch(sandbox, *[segment("publish", item_json=item(title=str(n))) for n in range(8)])
        assert words(answers.content) == ["right"] * 8
        return "".join(str(system(found)["title"]) for found in sandbox.shop.documents())

    assert order(1) == order(1) != order(2)


@pytest.mark.parametrize("name", ["wrap_result", "ids_as_text"])
def test_answers_either_way(sandbox: Sandbox, name: str) -> None:
    sandbox.shop = OpenItemShop(assumptions=dict(OTHER_WAY)[name], clock=CLOCK)
    response = post_batch(sandbox, segment("id.generate"), segment("id.generate"))
    for part in response.text.split(SEPARATOR):
        envelope = json.loads(part)["open_item_id_generate_response"]
        assert ("result" in envelope) == (name == "wrap_result")
        assert type(envelope.get("result", envelope)["item_id"]) is (str if name == "ids_as_text" else int)


def test_a_text_that_holds_the_separator_is_a_text(sandbox: Sandbox) -> None:
    text = f"甲{SEPARATOR}乙"
    publish = [segment("publish", item_json=item({"备注": text})), segment("id.generate")]
    assert seen_batch(sandbox, *publish) == ["right", "right"]
    got = post_batch(sandbox, segment("get", item_id=system(sandbox.shop.documents()[0])["itemId"]))
    assert json.loads(got.json()["open_item_get_response"]["item"])["备注"] == text


def test_quoting_as_other_clients_do(sandbox: Sandbox) -> None:
    # Blanks as %20 and lower-case hex, as some languages' libraries write them.
    text = quote(item({"备注": "a b+c"}), safe="").lower()
    assert seen_batch(sandbox, f"method={ITEM}publish&item_json={text}") == ["right"]
    assert sandbox.shop.documents()[0]["备注"] == "a b+c"


def test_a_session_that_expired_is_told_call_by_call_where_a_fault_says_so(
    sandbox: Sandbox, item_ids: list[int]
) -> None:
    sandbox.faults = Faults("session-once@2")
    assert seen_batch(sandbox, *adding(item_ids[:3])) == ["right", EXPIRED, "right"]


# --- whatever comes ----------------------------------------------------------------------------------------------
PARAMETERS = st.dictionaries(st.text(min_size=1), st.text(), max_size=4)


@settings(max_examples=50)
@given(public=PARAMETERS, own=st.lists(PARAMETERS, min_size=1, max_size=20))
def test_a_body_is_read_as_it_was_written(public: dict[str, str], own: list[dict[str, str]]) -> None:
    segments = ["#PUBLIC#" + urlencode(public), *(urlencode(call) or "N" for call in own)]
    calls = batch.read(SEPARATOR.join(segments), SEPARATOR, {"v": "2.0"})
    assert calls == [{"v": "2.0", **public, **call} for call in own]


@given(segments=st.lists(st.text() | st.sampled_from(["N", "#PUBLIC#", f"method={ITEM}get&item_id="]), max_size=22))
@example(segments=["%ff"])
def test_any_body_is_answered(segments: list[str]) -> None:
    platform = Platform(OpenItemShop(clock=CLOCK), CLOCK, Faults())
    body = SEPARATOR.join(segments)
    params = query()
    try:
        reply = platform.answer_batch({**params, "sign": signature(params, body)}, body)
    except UnicodeDecodeError:
        assert "%" in body
        return
    assert all(word.startswith("error ") for word in words(reply.body))
