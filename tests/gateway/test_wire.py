"""One HTTP exchange over a real socket: it ends in time, takes no more than it can hold, and keeps connections."""

import logging
from collections.abc import Iterator
from time import monotonic, sleep

import pytest

from sync.gateway.wire import LONGEST_ANSWER, Answered, Unanswered, Wire
from sync.sandbox.server import Sandbox
from tests.gateway.wires import DROP, Act, raw, wire

FORM = "application/x-www-form-urlencoded"
WAITS = 0.3
"""Seconds."""
MIB = b"x" * 1024 * 1024


def post(act: Act, timeout: float = 5.0) -> Answered | Unanswered:
    with wire(act) as server:
        return Wire(timeout).post(server.gateway, b"a=1", FORM)


def dripping(answer: bytes, *, every: float) -> Iterator[bytes]:
    for byte in answer:
        yield bytes([byte])
        sleep(every)


def flooding(*headers: str) -> Iterator[bytes]:
    """An answer that is as long as anybody likes to read."""
    yield raw(b"", "200 OK", *headers, length=1 << 40)
    for _ in range(2 * LONGEST_ANSWER // len(MIB)):
        yield MIB


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_whatever_comes_back_is_an_answer(status: int) -> None:
    assert post(raw("x" * 99, f"{status} Whatever")) == Answered(status, b"x" * 99)


def test_a_long_answer_is_read_whole() -> None:
    body = MIB * 9
    assert post(raw(body)) == Answered(200, body)


def test_an_answer_that_drips_has_no_more_time_than_another() -> None:
    began = monotonic()
    answer = post(dripping(raw("x" * 9999), every=WAITS / 200), WAITS)
    assert isinstance(answer, Unanswered) and answer.connected
    assert monotonic() - began < 4 * WAITS


def test_an_answer_that_is_too_long_is_not_held() -> None:
    answer = post(flooding())
    assert isinstance(answer, Unanswered) and answer.why.code == "gateway.lost"


def test_a_dropped_connection_was_a_connection() -> None:
    answer = post(DROP)
    assert isinstance(answer, Unanswered) and answer.connected


def test_connections_are_kept_alive(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    over = Wire()
    with Sandbox() as sandbox:
        for _ in range(3):
            answer = over.post(sandbox.gateway, b"a=1", FORM)
            assert isinstance(answer, Answered) and answer.body
    assert caplog.text.count("POST /router/rest") == 3
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_no_query_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with wire(raw("x")) as server:
        Wire().post(f"{server.gateway}?session=hunter2", b"", FORM)
    assert "POST /router/rest" in caplog.text and "hunter2" not in caplog.text
