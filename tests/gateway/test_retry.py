"""How often a call may be sent, by what came of it."""

from math import inf

import pytest

from sync.gateway.errors import FailureKind, Treatment
from sync.gateway.protocol import Success
from sync.gateway.retry import ATTEMPTS, BANS, CallAnswer, Exchange, OutgoingCall, attempts_allowed
from sync.messages import say

READ, WRITE = OutgoingCall("read", {}, repeatable=True), OutgoingCall("write", {})
WHY = say("gateway.lost")
DONE, LOST, UNSENT = CallAnswer(success=Success({})), CallAnswer(lost=WHY), CallAnswer(unsent=WHY)


def refused(kind: FailureKind, wait: float | None = None) -> CallAnswer:
    return CallAnswer(refused=Treatment(kind, WHY, "7", wait))


LATER, ROW, STOP = refused(FailureKind.LATER), refused(FailureKind.ROW), refused(FailureKind.STOP)
WAIT, BAN, SESSION = refused(FailureKind.WAIT), refused(FailureKind.WAIT, 9.0), refused(FailureKind.SESSION)

TABLE = [
    # call, answer, in a batch that failed as one, its reason holds no more → how often in all
    (READ, DONE, False, False, 1),
    (READ, UNSENT, True, False, 1),
    (READ, LOST, False, False, ATTEMPTS),
    (READ, LATER, False, False, ATTEMPTS),
    (READ, LOST, True, False, inf),
    (READ, LATER, True, False, inf),
    (WRITE, LOST, False, False, 1),
    (WRITE, LATER, True, False, 1),
    (WRITE, ROW, False, False, 1),
    (WRITE, ROW, True, False, inf),
    (WRITE, STOP, True, False, 1),
    (WRITE, BAN, False, False, 1),
    (WRITE, BAN, False, True, BANS),
    (WRITE, BAN, True, True, BANS),
    (WRITE, WAIT, False, True, ATTEMPTS),
    (WRITE, SESSION, False, False, 1),
    (WRITE, SESSION, True, True, ATTEMPTS),
]


@pytest.mark.parametrize(("call", "answer", "failed_batch", "resolved", "most"), TABLE)
def test_how_often_a_call_is_sent(
    call: OutgoingCall, answer: CallAnswer, failed_batch: bool, resolved: bool, most: float
) -> None:
    kinds = frozenset({answer.refused.kind} if resolved and answer.refused else ())
    exchange = Exchange((answer,) * (2 if failed_batch else 1), as_one=True, resolved=kinds)
    assert attempts_allowed(call, answer, exchange) == most


@pytest.mark.parametrize("answer", [LOST, LATER])
def test_what_is_in_doubt_stops_nothing(answer: CallAnswer) -> None:
    assert answer.in_doubt and answer.stops_all is None
