"""Just before anything leaves, the client asks whether it still may: of one call, of a batch, and of a second try."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.errors import Locked
from sync.gateway.retry import OutgoingCall
from sync.messages import say
from tests.gateway.scripted_server import DROP, METHOD, PARAMS, client, said, serving, together, yes

OK = said("status_modify", success=True)


def lease(passes: int) -> Callable[[], None]:
    """A lease that another has taken over after so many requests."""
    left = [None] * passes

    def check() -> None:
        if not left:
            raise Locked(say("run.lost_lock"))
        left.pop()

    return check


def calls(number: int, *, repeatable: bool = False) -> list[OutgoingCall]:
    return [OutgoingCall(METHOD, PARAMS, str(item), repeatable=repeatable) for item in range(number)]


@pytest.mark.parametrize("number", [1, 3], ids=["alone", "in a batch"])
def test_nothing_leaves_once_the_lease_is_lost(number: int) -> None:
    with serving(OK) as server:
        answers = client(server.gateway, check=lease(0)).send(calls(number))
    assert server.received == []
    assert [answer.unsent and answer.unsent.code for answer in answers] == ["run.lost_lock"] * number
    assert not any(answer.in_doubt for answer in answers), "nobody need look after them"


def test_what_had_left_before_keeps_its_answer() -> None:
    with serving(together(*[yes("status_modify", success=True)] * 2), OK) as server:
        answers = client(server.gateway, batch_size=2, check=lease(1)).send(calls(4))
    assert len(server.requests) == 1
    assert [answer.success is not None for answer in answers] == [True, True, False, False]
    assert [answer.unsent and answer.unsent.code for answer in answers[2:]] == ["run.lost_lock"] * 2


def test_a_second_try_is_a_new_request() -> None:
    with serving(DROP, OK) as server:
        (answer,) = client(server.gateway, check=lease(1)).send(calls(1, repeatable=True))
    assert len(server.received) == 1
    assert answer.success is None
