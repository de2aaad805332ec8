"""Batches over real sockets: what is believed of an answer, what goes again, in what company, and what never does."""

from collections import Counter
from collections.abc import Callable, Sequence

import pytest

from sync.gateway.errors import FailureKind
from sync.gateway.retry import ATTEMPTS, CallAnswer, OutgoingCall
from sync.messages import Message
from tests.clocks import FakeClock
from tests.gateway.scripted_server import (
    CREDENTIALS,
    DROP,
    SECRET,
    SESSION,
    SILENCE,
    Act,
    Request,
    client,
    error,
    no,
    raw,
    serving,
    together,
    yes,
)

METHOD = "taobao.open.item.modify"
"""Of reads and writes alike: to the client, a read is what may be sent twice."""
YES = yes("modify", success=True)
BAN = "This ban will last for {} more seconds"
ENOUGH = 60
"""More requests than any of these tests needs."""


def writes(calls: int) -> list[OutgoingCall]:
    return [OutgoingCall(METHOD, {"item_id": str(n), "json": "{}"}, str(n)) for n in range(calls)]


def reads(calls: int) -> list[OutgoingCall]:
    return [OutgoingCall(METHOD, {"item_id": str(n)}, str(n), repeatable=True) for n in range(calls)]


def each(answer: Callable[[str], str] = lambda _: YES) -> Callable[[Request], bytes]:
    """Return an act that answers the calls of a request one by one, by their items."""
    return lambda request: together(*map(answer, request.items))


def poisoned(act: Act, item: str = "7") -> Callable[[Request], Act]:
    """Return an act that answers everything but requests with one item among them."""
    return lambda request: act if item in request.items else each()(request)


def told(answers: Sequence[CallAnswer]) -> Counter[str]:
    """Count what became of calls."""
    names = ("success", "refused", "lost", "unsent")
    return Counter(next((name for name in names if getattr(answer, name)), "stopped") for answer in answers)


def test_twenty_calls_are_one_request() -> None:
    with serving(each(lambda item: yes("modify", success=True, message=item))) as server:
        answers = client(server.gateway).send(writes(20))
    assert [answer.success and answer.success.fields["message"] for answer in answers] == [str(n) for n in range(20)]
    (request,) = server.requests
    assert request.path == "/router/batch"
    assert "content-type: text/plain;charset=utf-8" in request.head.lower()
    assert request.items == [str(n) for n in range(20)]


@pytest.mark.parametrize("size", [1, 3, 20])
def test_no_more_calls_a_request_than_are_wanted(size: int) -> None:
    with serving(*[each()] * 20) as server:
        answers = client(server.gateway, batch_size=size).send(writes(20))
    assert told(answers) == {"success": 20}
    assert max(len(request.calls) for request in server.requests) == size
    assert len(server.requests) == -(-20 // size)


def test_a_single_call_is_no_batch() -> None:
    with serving(raw(YES)) as server:
        assert told(client(server.gateway).send(writes(1))) == {"success": 1}
    assert server.requests[0].path == "/router/rest"


def test_each_call_stands_or_falls_alone() -> None:
    fates = [YES, no(41), yes("modify", success=False, message="不行"), "<html>", no(10), YES]
    with serving(together(*fates)) as server:
        answers = client(server.gateway).send(writes(6))
    assert told(answers) == {"success": 3, "refused": 2, "lost": 1}
    assert answers[3].lost is not None and answers[4].in_doubt
    assert len(server.requests) == 1


def test_answers_that_were_exchanged_are_not_believed() -> None:
    other = OutgoingCall("taobao.open.item.status.modify", {"item_id": "9", "status": "0"}, "9")
    with serving(together(yes("status_modify", success=True), YES)) as server:
        answers = client(server.gateway).send([*writes(1), other])
    assert told(answers) == {"lost": 2}


LOST_WHOLE = [
    pytest.param(DROP, id="dropped"),
    pytest.param(SILENCE, id="silent"),
    pytest.param(raw("<html>502 Bad Gateway</html>", "502 Bad Gateway"), id="a proxy's page"),
    pytest.param(raw(""), id="empty"),
    pytest.param(together(*[YES] * 19), id="one answer short"),
    pytest.param(together(*[YES] * 21), id="one answer too many"),
    pytest.param(raw(YES), id="one answer for all"),
    pytest.param(raw("\r\n-S-\r\n".join([YES] * 20), length=9000), id="cut off"),
    pytest.param(raw("[]"), id="a list"),
    pytest.param(error(10), id="unavailable"),
    pytest.param(error(15, "isp.top-remote-connection-timeout"), id="isp"),
]


@pytest.mark.parametrize("act", LOST_WHOLE)
def test_writes_that_are_lost_together_are_never_sent_again(act: Act) -> None:
    clock = FakeClock()
    with serving(act, *[each()] * 9) as server:
        answers = client(server.gateway, clock, timeout=0.2).send(writes(20))
    assert all(answer.in_doubt for answer in answers)
    assert len(server.requests) == 1 and clock.pauses == []


@pytest.mark.parametrize("act", LOST_WHOLE)
def test_reads_that_are_lost_together_go_again_in_halves(act: Act) -> None:
    clock = FakeClock()
    with serving(act, *[each()] * 9) as server:
        answers = client(server.gateway, clock, timeout=0.2).send(reads(20))
    assert told(answers) == {"success": 20}
    assert [len(request.calls) for request in server.requests] == [20, 10, 10]
    assert len(clock.pauses) == 1 and clock.pauses[0] > 0


@pytest.mark.parametrize("act", [DROP, raw("<html>"), error(10)], ids=["dropped", "a page", "unavailable"])
def test_one_poisoned_read_holds_nobody_back(act: Act) -> None:
    with serving(*[poisoned(act)] * ENOUGH) as server:
        answers = client(server.gateway).send(reads(20))
    assert told([answers[7]]) == {"refused" if act == error(10) else "lost": 1}
    assert told(answers[:7] + answers[8:]) == {"success": 19}
    assert [len(request.calls) for request in server.requests if "7" in request.items][-1] == 1
    assert sum(item == "0" for request in server.requests for item in request.items) <= 4


def test_reads_and_writes_that_are_lost_together_part() -> None:
    calls = [one for pair in zip(reads(10), writes(20)[10:], strict=True) for one in pair]
    with serving(DROP, *[each()] * 9) as server:
        answers = client(server.gateway).send(calls)
    assert told(answers[::2]) == {"success": 10} and told(answers[1::2]) == {"lost": 10}
    assert sorted(item for request in server.requests[1:] for item in request.items) == [str(n) for n in range(10)]


def test_a_read_that_is_lost_alone_goes_again_alone() -> None:
    with serving(together(YES, "{", YES, no(15), YES), each()) as server:
        answers = client(server.gateway).send(reads(5))
    assert told(answers) == {"success": 5}
    assert server.requests[1].items == ["1", "3"]


def test_a_read_that_stays_lost_alone_is_given_up() -> None:
    fate = each(lambda item: "{" if item in ("1", "3") else YES)
    with serving(*[fate] * ENOUGH) as server:
        answers = client(server.gateway).send(reads(5))
    assert told(answers) == {"success": 3, "lost": 2}
    assert len(server.requests) == ATTEMPTS


@pytest.mark.parametrize("whole", [True, False], ids=["all", "some"])
def test_calls_that_came_too_early_go_again_when_the_ban_is_over(whole: bool) -> None:
    clock = FakeClock()
    early = no(7, "accesscontrol.limited-by-app-access-count", BAN.format(40))
    act = raw(early) if whole else together(YES, early, YES, early)
    with serving(act, each()) as server:
        answers = client(server.gateway, clock).send(writes(4))
    assert told(answers) == {"success": 4}
    assert server.requests[1].items == (["0", "1", "2", "3"] if whole else ["1", "3"])
    assert clock.pauses == [40]


def test_calls_that_came_too_early_for_nobody_knows_how_long_go_again_after_a_while() -> None:
    clock = FakeClock()
    with serving(raw(no(7)), each()) as server:
        assert told(client(server.gateway, clock).send(writes(4))) == {"success": 4}
    assert len(clock.pauses) == 1 and clock.pauses[0] > 0


@pytest.mark.parametrize("whole", [True, False], ids=["all", "some"])
def test_a_ban_that_is_too_long_closes_the_door(whole: bool) -> None:
    clock = FakeClock()
    early = no(7, "", BAN.format(7200))
    with serving(raw(early) if whole else together(YES, early, no(41), early), each()) as server:
        answers = client(server.gateway, clock).send([*writes(4), *writes(30)[20:]][:4])
    expected = {"refused": 4} if whole else {"success": 1, "refused": 3}
    assert told(answers) == expected
    closing = answers[1].stops_all
    assert closing is not None and closing.code == "gateway.banned"
    assert "11:00" in closing.words("zh")
    assert len(server.requests) == 1 and clock.pauses == []


def test_what_is_behind_a_closed_door_never_leaves() -> None:
    with serving(together(YES, no(12), YES), each()) as server:
        answers = client(server.gateway, batch_size=3).send(writes(9))
    assert told(answers) == {"success": 2, "refused": 1, "unsent": 6}
    assert len(server.requests) == 1
    assert answers[8].unsent is not None and answers[8].unsent.code == "gateway.permission"


class Renewing:
    """A token that can be renewed."""

    def __init__(self, *newer: str) -> None:
        self.held = SESSION
        self.newer = list(newer)
        self.asked: list[str] = []

    def token(self) -> str:
        return self.held

    def renewed(self, refused: str) -> str | None:
        self.asked.append(refused)
        if not self.newer:
            return None
        self.held = self.newer.pop(0)
        return self.held


def renewing(
    gateway: str, access: Renewing, batch_size: int = 20
) -> Callable[[list[OutgoingCall]], list[CallAnswer]]:
    credentials = type(CREDENTIALS)("12345678", SECRET, access)
    return client(gateway, credentials=credentials, batch_size=batch_size).send


@pytest.mark.parametrize(
    "act",
    [raw(no(27)), together(no(27), YES, no(26), YES), raw(no(53)), together(YES, no(53, "isv.x"), no(53), YES)],
    ids=["all", "some", "the level of all", "the level of some"],
)
def test_a_token_that_is_refused_is_renewed_once(act: Act) -> None:
    access = Renewing("a-newer-token")
    with serving(act, each()) as server:
        assert told(renewing(server.gateway, access)(writes(4))) == {"success": 4}
    assert access.asked == [SESSION]
    assert [request.query["session"] for request in server.requests] == [SESSION, "a-newer-token"]


@pytest.mark.parametrize("newer", [[], ["no-better"]], ids=["there is none", "it is refused too"])
@pytest.mark.parametrize("batch_size", [1, 20])
def test_without_a_token_that_is_accepted_nothing_leaves(newer: list[str], batch_size: int) -> None:
    access = Renewing(*newer, "never-asked-for")
    if not newer:
        access.newer = []
    with serving(*[raw(no(27))] * 9) as server:
        answers = renewing(server.gateway, access, batch_size)(writes(4))
    assert {answer.stops_all and answer.stops_all.code for answer in answers} == {"gateway.session"}
    assert len(server.requests) == 1 + len(newer)


@pytest.mark.parametrize("code", [40, 41, 501])
def test_a_batch_that_is_refused_for_one_call_is_taken_apart(code: int) -> None:
    with serving(*[poisoned(error(code))] * ENOUGH) as server:
        answers = client(server.gateway).send(writes(20))
    assert told(answers) == {"success": 19, "refused": 1}
    refused = answers[7].refused
    assert refused is not None and refused.kind is FailureKind.ROW
    sent = Counter(item for request in server.requests for item in request.items if "7" not in request.items)
    assert set(sent.values()) == {1}


@pytest.mark.parametrize("code", [11, 25, 29, 42])
def test_a_batch_that_is_refused_for_good_stops_everything(code: int) -> None:
    with serving(error(code), each()) as server:
        answers = client(server.gateway).send(writes(20))
    assert all(answer.stops_all and not answer.in_doubt for answer in answers)
    assert len(server.requests) == 1


NO_ROUTE = [
    pytest.param(raw("<html>404</html>", "404 Not Found"), id="404"),
    pytest.param(raw("", "405 Method Not Allowed"), id="405"),
    pytest.param(error(22), id="invalid method"),
    pytest.param(error(21), id="missing method"),
    pytest.param(error(9), id="action not allowed"),
]


SAID_BY_THE_GATEWAY = NO_ROUTE[2:]
"""The others may be a proxy's, of whatever was executed behind it."""


@pytest.mark.parametrize(
    ("act", "calls"),
    [(act.values[0], reads(6)) for act in NO_ROUTE] + [(act.values[0], writes(6)) for act in SAID_BY_THE_GATEWAY],
)
def test_a_gateway_without_batches_gets_single_calls_from_then_on(act: Act, calls: list[OutgoingCall]) -> None:
    heard: list[Message] = []
    with serving(act, *[raw(YES)] * 12) as server:
        over = client(server.gateway, notify=heard.append)
        assert told(over.send(calls)) == {"success": 6}
        assert told(over.send(writes(6))) == {"success": 6}
    assert [request.path.rpartition("/")[2] for request in server.requests] == ["batch"] + ["rest"] * 12
    assert [message.code for message in heard] == ["gateway.no_batches"]
    assert over.batch_size == 1


@pytest.mark.parametrize("act", NO_ROUTE[:2])
def test_writes_of_a_first_batch_to_which_a_page_says_404_are_lost(act: Act) -> None:
    """A proxy may say so of what was executed; from then on there are single calls, for there may be no route."""
    mixed = [*writes(3), *reads(6)[3:]]
    with serving(act, *[raw(YES)] * 9) as server:
        over = client(server.gateway)
        answers = over.send(mixed)
        assert told(over.send(writes(6))) == {"success": 6}
    assert told(answers[:3]) == {"lost": 3} and told(answers[3:]) == {"success": 3}
    assert [request.path.rpartition("/")[2] for request in server.requests] == ["batch"] + ["rest"] * 9


@pytest.mark.parametrize("act", NO_ROUTE)
@pytest.mark.parametrize("worked", [reads(2), writes(2)], ids=["a reading", "a write"])
def test_once_a_batch_has_worked_there_is_a_route(act: Act, worked: list[OutgoingCall]) -> None:
    heard: list[Message] = []
    with serving(each(), act, each(), act, each(), each()) as server:
        over = client(server.gateway, notify=heard.append)
        assert told(over.send(worked)) == {"success": 2}
        assert told(over.send(writes(6))) == {"lost": 6}
        assert told(over.send(writes(6))) == {"success": 6}
        # Readings go again, in halves as after any lost answer.
        assert told(over.send(reads(4))) == {"success": 4}
    assert [len(request.calls) for request in server.requests] == [2, 6, 6, 4, 2, 2]
    assert {request.path.rpartition("/")[2] for request in server.requests} == {"batch"}
    assert (heard, over.batch_size) == ([], 20)


@pytest.mark.parametrize("act", [raw("[]"), error(7, "", "This ban will last for 1 more seconds"), DROP])
def test_a_batch_that_was_not_answered_as_one_has_not_worked(act: Act) -> None:
    with serving(act, error(22), *[raw(YES)] * 9) as server:
        over = client(server.gateway)
        over.send(writes(3))
        if len(server.requests) == 1:
            over.send(writes(3))
    assert over.batch_size == 1


def test_a_gateway_that_refuses_single_calls_too_stops_everything() -> None:
    with serving(error(22), error(22)) as server:
        answers = client(server.gateway).send(writes(6))
    assert told(answers) == {"refused": 1, "unsent": 5}
    assert len(server.requests) == 2


def test_a_page_that_is_not_there_for_a_single_write_is_no_proof() -> None:
    with serving(raw("<html>404</html>", "404 Not Found")) as server:
        assert told(client(server.gateway).send(writes(1))) == {"lost": 1}
