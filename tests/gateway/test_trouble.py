"""How much trouble a run bears: the budget of retries, a gateway that is down, and a person who asks to stop."""

from threading import Event
from time import monotonic

import pytest

from sync.gateway.client import Client
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter, OnHold
from sync.gateway.retry import PROBE, RETRIES, SILENCES, CircuitBreaker
from sync.limits import RateLimit
from tests.clocks import FakeClock
from tests.gateway.memory_ledger import MemoryLedger
from tests.gateway.scripted_server import CREDENTIALS, DROP, client, error, no, raw, serving, together, yes
from tests.gateway.test_batches import each, reads, told, writes

YES = yes("modify", success=True)


def test_a_hundred_retries_to_begin_with_and_half_of_one_for_each_answer() -> None:
    breaker = CircuitBreaker()
    assert [breaker.take_retry() for _ in range(RETRIES + 1)] == [True] * RETRIES + [False]
    breaker.note(answered=True)
    assert not breaker.take_retry()
    breaker.note(answered=True)
    assert (breaker.take_retry(), breaker.take_retry()) == (True, False)
    for _ in range(3 * RETRIES):
        breaker.note(answered=True)
    assert [breaker.take_retry() for _ in range(RETRIES + 1)] == [True] * RETRIES + [False]


def test_without_retries_left_a_read_is_returned_as_it_is() -> None:
    """Every other request is lost, so that it never looks as if the gateway were down."""
    with serving(*[DROP, raw(YES)] * 400) as server:
        over = client(server.gateway)
        fates = [told(over.send(reads(1))) for _ in range(300)]
    assert fates[0] == {"success": 1}
    assert {"lost": 1} in fates
    assert len(server.requests) < 300 + RETRIES + 300 / 2 + 2


@pytest.mark.parametrize("act", [DROP, error(10), raw("<html>")], ids=["lost", "later", "a page"])
def test_a_gateway_that_answers_nothing_is_taken_to_be_down(act: bytes | None) -> None:
    with serving(*[act] * (SILENCES + 9)) as server:
        over = client(server.gateway)
        fates = [over.send(writes(1))[0] for _ in range(SILENCES + 5)]
    assert all(fate.in_doubt for fate in fates[:SILENCES]), "what was sent stays unknown"
    assert [fate.unsent and fate.unsent.code for fate in fates[SILENCES:]] == ["gateway.silent"] * 5
    assert len(server.requests) == SILENCES


def test_a_gateway_that_is_back_is_found_by_one_request() -> None:
    now = [0.0]
    with serving(*[DROP] * (SILENCES + 1), *[raw(YES)] * 9) as server:
        over = Client(
            server.gateway, CREDENTIALS, Limiter({}, MemoryLedger(), now=FakeClock().now), clock=lambda: now[0]
        )
        for _ in range(SILENCES):
            over.send(writes(1))
        now[0] += PROBE - 1
        assert told(over.send(writes(1))) == {"unsent": 1}
        now[0] += 1
        assert told(over.send(writes(1))) == {"lost": 1}, "it isn't back yet"
        assert told(over.send(writes(1))) == {"unsent": 1}
        now[0] += PROBE
        assert [told(over.send(writes(1))) for _ in range(3)] == [{"success": 1}] * 3
    assert len(server.requests) == SILENCES + 4


def test_while_one_request_finds_out_no_other_leaves() -> None:
    now = [0.0]
    breaker = CircuitBreaker(lambda: now[0])
    for _ in range(SILENCES):
        breaker.note(answered=False)
    now[0] += PROBE
    breaker.check()
    for _ in range(3):
        with pytest.raises(OnHold):
            breaker.check()
    breaker.note(answered=True)
    breaker.check()


def test_one_answer_in_between_and_it_is_not_down() -> None:
    acts = ([DROP] * (SILENCES - 1) + [raw(no(41))]) * 3
    with serving(*acts) as server:
        over = client(server.gateway)
        fates = told([over.send(writes(1))[0] for _ in acts])
    assert fates == {"lost": 3 * (SILENCES - 1), "refused": 3}


def test_reads_that_never_come_through_end_before_long() -> None:
    with serving(*[DROP] * 99) as server:
        answers = client(server.gateway).send(reads(20))
    assert set(told(answers)) == {"lost", "unsent"}
    assert len(server.requests) == SILENCES


def test_who_asks_to_stop_finds_what_was_answered_and_nothing_else_sent() -> None:
    stop = Event()
    with serving(together(YES, no(7), YES), each()) as server:
        over = Client(server.gateway, CREDENTIALS, Limiter({}, MemoryLedger(), stop=stop, pause=lambda _: stop.set()))
        answers = over.send(writes(3))
    assert told(answers) == {"success": 2, "stopped": 1}
    assert len(server.requests) == 1


def test_a_stop_is_noticed_between_requests() -> None:
    stop = Event()

    def answer(request: object) -> bytes:
        stop.set()
        return together(YES, YES)

    with serving(answer, each()) as server:
        over = Client(server.gateway, CREDENTIALS, Limiter({}, MemoryLedger(), stop=stop), batch_size=2)
        answers = over.send(writes(6))
    assert told(answers) == {"success": 2, "stopped": 4}


def test_the_rest_of_a_quota_is_used() -> None:
    with serving(*[each()] * 3) as server:
        over = client(server.gateway, FakeClock(), limits={"": RateLimit(calls_per_day=7)})
        answers = over.send(writes(20))
    assert told(answers) == {"success": 7, "unsent": 13}
    assert [len(request.calls) for request in server.requests] == [7]
    assert answers[7].unsent is not None and answers[7].unsent.code == "gateway.quota"


def test_fast_limits_make_small_batches() -> None:
    clock = FakeClock()
    with serving(*[each()] * 10) as server:
        answers = client(server.gateway, clock, limits={"": RateLimit(10)}).send(writes(20))
    assert told(answers) == {"success": 20}
    assert [len(request.calls) for request in server.requests] == [2] * 10
    assert sum(clock.pauses) == pytest.approx(18 / 10, rel=0.03)


def test_a_reading_that_breaks_off_waits_for_no_pause() -> None:
    """As with Ctrl-C: one of two threads sits out a ban, and nobody sits it out with it."""

    def break_off(_: int) -> None:
        raise RuntimeError

    ban = error(7, "", "This ban will last for 100 more seconds")
    with serving(each(lambda _: yes("get", success=True, item="{}")), ban) as server:
        over = OpenItems(Client(server.gateway, CREDENTIALS, Limiter({}, MemoryLedger())), connections=2)
        began = monotonic()
        with pytest.raises(RuntimeError):
            over.read(["1", "2", "3", "4"], break_off)
    assert monotonic() - began < 5
