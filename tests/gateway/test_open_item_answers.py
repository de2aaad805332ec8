"""The open-item channel, and answers that the sandbox would never give."""

import pytest

from sync.call import Call, Op, Outcome
from sync.fields import PRICE
from sync.item import Status
from tests.gateway.scripted_server import DROP, Act, channel, error, raw, said, serving, whatever_was_called
from tests.gateway.test_client import LOST_CASES, closed_port
from tests.gateway.test_open_item import NEW, send

WRITES = [
    pytest.param(Call(Op.PUBLISH, "7", values=NEW), id="publish"),
    pytest.param(Call(Op.MODIFY, "7", values={PRICE: 1}), id="modify"),
    pytest.param(Call(Op.STATUS, "7", status=Status.ACTIVE), id="status"),
    pytest.param(Call(Op.STOCK, "7", by=1, count=6), id="stock"),
    pytest.param(Call(Op.STOCK, "7", by=-1), id="move"),
]


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("act", [*LOST_CASES, pytest.param(error(10), id="10"), pytest.param(error(15), id="15")])
def test_a_lost_write_is_unknown(call: Call, act: Act) -> None:
    with serving(act, raw("{}")) as server:
        reply = send(channel(server.gateway, timeout=0.2), call)
    assert (reply.outcome, reply.fatal) == (Outcome.UNKNOWN, False)
    assert reply.error is not None
    assert len(server.received) == 1


@pytest.mark.parametrize("call", WRITES)
def test_a_connection_never_made_stops_the_run(call: Call) -> None:
    reply = send(channel(f"http://127.0.0.1:{closed_port()}/router/rest"), call)
    assert (reply.outcome, reply.fatal) == (Outcome.NOT_SENT, True)
    assert reply.error is not None and reply.error.code == "gateway.unreachable"


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (error(7, "", "This ban will last for 40000 more seconds"), "gateway.banned"),
        (error(12), "gateway.permission"),
        (error(25), "gateway.signature"),
        (error(27), "gateway.session"),
        (error(29), "gateway.credentials"),
        (error(42), "gateway.permission"),
    ],
    ids=["a long ban", "permission", "signature", "session", "app key", "forbidden"],
)
def test_what_stops_the_run(act: Act, code: str) -> None:
    with serving(act) as server:
        reply = send(channel(server.gateway), Call(Op.STOCK, "7", by=1))
    assert (reply.outcome, reply.fatal) == (Outcome.NOT_SENT, True)
    assert reply.error is not None and reply.error.code == code


@pytest.mark.parametrize("op", [Op.LOOK, Op.GENERATE], ids=str)
def test_what_does_no_harm_twice_is_sent_again(op: Op) -> None:
    answer = whatever_was_called(success=True, item='{"_sys": {"title": "杯"}}', item_id=7)
    with serving(DROP, answer) as server:
        assert send(channel(server.gateway), Call(op, "7" if op is Op.LOOK else None)).outcome is Outcome.DONE
    assert len(server.received) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"success": True, "item_id": 9223372036854775807},
        {"success": True, "item_id": "9223372036854775807"},
        {"result": {"success": True, "item_id": 9223372036854775807}},
        {"result": {"success": "true", "item_id": "9223372036854775807"}},
    ],
    ids=["number", "text", "in a result", "text in a result"],
)
@pytest.mark.parametrize("op", [Op.GENERATE, Op.PUBLISH], ids=str)
def test_ids_come_as_numbers_and_as_text(op: Op, fields: dict[str, object]) -> None:
    with serving(whatever_was_called(**fields)) as server:
        reply = send(channel(server.gateway), Call(op))
    assert (reply.outcome, reply.item_id, reply.request_id) == (Outcome.DONE, "9223372036854775807", "r-1")


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        (Call(Op.PUBLISH, "7"), {"success": True}),
        (Call(Op.PUBLISH, "7"), {"success": True, "item_id": None}),
        (Call(Op.PUBLISH, "7"), {"success": True, "item_id": "seven"}),
        (Call(Op.PUBLISH, "7"), {"success": True, "item_id": 7.5}),
        (Call(Op.PUBLISH, "7"), {"success": True, "item_id": True}),
        (Call(Op.MODIFY, "7"), {"message": "ok"}),
        (Call(Op.MODIFY, "7"), {"success": "perhaps"}),
        (Call(Op.MODIFY, "7"), {"success": 1}),
        (Call(Op.MODIFY, "7"), {"success": True, "result": {"success": False}}),
        (Call(Op.LOOK, "7"), {"success": True}),
        (Call(Op.LOOK, "7"), {"success": True, "item": "not JSON"}),
        (Call(Op.LOOK, "7"), {"success": True, "item": "[]"}),
        (Call(Op.LOOK, "7"), {"success": True, "item": '{"_sys": {"itemId": 8, "title": "杯"}}'}),
        (Call(Op.LOOK, "7"), {"success": True, "item": '{"_sys": {"itemId": 7}}'}),
    ],
    ids=str,
)
def test_an_answer_that_cannot_be_trusted_is_unknown(call: Call, fields: dict[str, object]) -> None:
    with serving(whatever_was_called(**fields)) as server:
        reply = send(channel(server.gateway), call)
    assert reply.outcome is Outcome.UNKNOWN and reply.item is None and reply.item_id is None
    assert reply.error is not None and reply.error.code == "gateway.garbled"


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("商品不存在", Outcome.DONE),
        ("找不到该商品", Outcome.DONE),
        ("Item NOT FOUND", Outcome.DONE),
        ("系统繁忙", Outcome.FAILED),
        ("", Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
def test_only_its_words_say_that_there_is_no_such_item(words: str | None, outcome: Outcome) -> None:
    with serving(said("get", success=False, message=words)) as server:
        reply = send(channel(server.gateway), Call(Op.LOOK, "7"))
    assert (reply.outcome, reply.item) == (outcome, None)


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("words", ["系统繁忙，请稍候再试", "库存中心服务正忙", "isp.service-error"])
def test_a_no_of_a_platform_that_is_busy_is_none(call: Call, words: str) -> None:
    with serving(whatever_was_called(success=False, message=words)) as server:
        reply = send(channel(server.gateway), call)
    assert reply.outcome is Outcome.UNKNOWN
    assert reply.error is not None and words in reply.error.words("zh")


@pytest.mark.parametrize("call", [*WRITES, pytest.param(Call(Op.GENERATE), id="generate")])
def test_no_such_item_is_no_success_for_a_write(call: Call) -> None:
    with serving(whatever_was_called(success=False, message="商品不存在")) as server:
        assert send(channel(server.gateway), call).outcome is Outcome.FAILED
