"""Each fault in a batch, over real HTTP: what the client sees, and which of the calls took effect."""

from collections.abc import Sequence

import pytest

from sync.gateway.protocol import timestamp
from sync.sandbox.document import system
from sync.sandbox.fault_catalog import KINDS
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.clocks import HandClock
from tests.sandbox.batches import SEPARATOR, adding, post_batch, seen_batch, segment, words
from tests.sandbox.caller import (
    BANNED,
    BUSY,
    CODE50,
    EXPIRED,
    IMPATIENT,
    ISP,
    ITEM,
    LEVEL,
    NUMBER,
    PATIENT,
    TMALL,
    seen,
)  # fmt: skip
from tests.sandbox.items import item

R = "right"
ISV = "error 15 isv.batch-not-allowed: 批量请求参数不合法"
ALL, NONE = [True] * 4, [False] * 4
THIRD_NOT = [True, True, False, True]
LATER = [True, True, None, True]

SEEN: dict[str, tuple[Sequence[str], Sequence[bool | None]]] = {
    "drop-before": ("dropped", THIRD_NOT),
    "drop-after": ("dropped", ALL),
    "drop-late": ("dropped", LATER),
    "slow-before": ("time-out", THIRD_NOT),
    "slow-after": ("time-out", ALL),
    "slow-late": ("time-out", LATER),
    "isp-before": ([R, R, ISP, R], THIRD_NOT),
    "isp-after": ([R, R, ISP, R], ALL),
    "code50-before": ([R, R, CODE50, R], THIRD_NOT),
    "code50-after": ([R, R, CODE50, R], ALL),
    "tmall-before": ([R, R, TMALL, R], THIRD_NOT),
    "tmall-after": ([R, R, TMALL, R], ALL),
    "number-before": ([R, R, NUMBER, R], THIRD_NOT),
    "number-after": ([R, R, NUMBER, R], ALL),
    "busy-before": ([R, R, BUSY, R], THIRD_NOT),
    "busy-after": ([R, R, BUSY, R], ALL),
    "level-once": ([R, R, LEVEL, R], THIRD_NOT),
    "ban": ([R, R, BANNED, BANNED], [True, True, False, False]),
    "session-once": ([R, R, EXPIRED, R], THIRD_NOT),
    "session-expired": ([R, R, EXPIRED, EXPIRED], [True, True, False, False]),
    "http-404-before": ("404 text/html", THIRD_NOT),
    "http-404-after": ("404 text/html", ALL),
    "http-405-before": ("405 text/html", THIRD_NOT),
    "http-405-after": ("405 text/html", ALL),
    "http-502-before": ("502 text/html", THIRD_NOT),
    "http-502-after": ("502 text/html", ALL),
    "http-500-before": ("500 text/plain", THIRD_NOT),
    "http-500-after": ("500 text/plain", ALL),
    "http-503-before": ("503 text/plain", THIRD_NOT),
    "http-503-after": ("503 text/plain", ALL),
    "truncated": ([R, "not JSON"], ALL),
    "empty": (["empty"], ALL),
    "control": ([R, R, R, R], ALL),
    "batch-short": ([R, R, R], ALL),
    "batch-long": ([R, R, R, R, R], ALL),
    "batch-cut": ([R, R, R, "not JSON"], ALL),
    "batch-garbled": (["not JSON"], ALL),
    "batch-isp-before": ([ISP], NONE),
    "batch-isp-after": ([ISP], ALL),
    "batch-isv": ([ISV], NONE),
    "batch-ban": ([BANNED], NONE),
}
"""Kind → what the client of four calls sees when the third meets it, and which of them took effect (None: later)."""
LASTING = {"ban": BANNED, "batch-ban": BANNED, "session-expired": EXPIRED}


@pytest.fixture
def item_ids(sandbox: Sandbox) -> list[int]:
    return [sandbox.shop.publish(item(inventory=5)) for _ in range(4)]


def moved(sandbox: Sandbox) -> list[bool]:
    """Which items' stock is raised; by less or more than once would be neither."""
    return [{5: False, 7: True}[int(str(system(found)["inventory"]))] for found in sandbox.shop.documents()]


def test_every_kind_is_tried() -> None:
    assert set(SEEN) == set(KINDS)


@pytest.mark.parametrize(("kind", "sees", "effects"), [(kind, *told) for kind, told in SEEN.items()], ids=SEEN)
def test_a_batch_whose_third_call_meets_a_fault(
    sandbox: Sandbox, item_ids: list[int], kind: str, sees: Sequence[str], effects: Sequence[bool | None]
) -> None:
    sandbox.faults = Faults(f"{kind}@3")
    assert seen_batch(sandbox, *adding(item_ids), timeout=IMPATIENT if "slow" in kind else PATIENT) == sees
    assert moved(sandbox) == [effect is True for effect in effects]
    assert sandbox.release_late() == (None in effects)
    assert moved(sandbox) == [effect is not False for effect in effects]
    assert seen(sandbox, "get", item_id=item_ids[0]) == LASTING.get(kind, "right")


@pytest.mark.parametrize(
    ("kind", "calls"),
    [
        ("isp-after", [3]),
        ("drop-before", [3]),
        ("ban", [3, 4]),
        ("batch-short", [1, 2, 3, 4]),
        ("batch-isv", [1, 2, 3, 4]),
    ],
)
def test_what_happened_is_told_call_by_call(
    sandbox: Sandbox, item_ids: list[int], kind: str, calls: list[int]
) -> None:
    sandbox.faults = Faults(f"{kind}@3")
    seen_batch(sandbox, *adding(item_ids))
    told = sorted(sandbox.faults.happened)
    assert [(fault.call, fault.method, fault.kind) for fault in told] == [
        (call, ITEM + "inventory.incr", kind) for call in calls
    ]
    effects = dict(enumerate(SEEN[kind][1], start=1))
    assert [fault.took_effect for fault in told] == [effects[call] for call in calls]


@pytest.mark.parametrize(
    ("spec", "sees", "effects"),
    [
        ("isp-after@1,session-once@3", [ISP, R, EXPIRED, R], THIRD_NOT),
        ("isp-before@1,truncated@2,drop-before@4", "dropped", [False, True, True, False]),
        ("drop-before@1,truncated@2", "dropped", [False, True, True, True]),
        ("truncated@1,http-502-before@2", "502 text/html", [True, False, True, True]),
        ("drop-after@1,drop-late@4", "dropped", [True, True, True, None]),
        ("isp-before@1,batch-isv@2", [ISV], NONE),
        ("drop-before@1,batch-cut@2,batch-isv@3", [R, R, R, "not JSON"], ALL),
        ("ban@1,batch-isv@3", [BANNED] * 4, NONE),
    ],
)
def test_several_faults_in_one_batch(
    sandbox: Sandbox, item_ids: list[int], spec: str, sees: Sequence[str], effects: Sequence[bool | None]
) -> None:
    sandbox.faults = Faults(spec)
    assert seen_batch(sandbox, *adding(item_ids)) == sees
    assert moved(sandbox) == [effect is True for effect in effects]


def test_a_slow_answer_that_is_broken_too(sandbox: Sandbox, item_ids: list[int]) -> None:
    sandbox.faults = Faults("http-502-after@1,slow-after@2,delay=0.2")
    assert seen_batch(sandbox, *adding(item_ids), timeout=IMPATIENT) == "time-out"
    sandbox.faults = Faults("http-502-after@1,slow-after@2,delay=0.05")
    assert seen_batch(sandbox, *adding(item_ids)) == "502 text/html"


def test_faults_are_drawn_call_by_call_whoever_shares_the_request(sandbox: Sandbox) -> None:
    spec = "isp=0.3,session-once=0.1,seed=5"
    generate = segment("id.generate")
    sandbox.faults = Faults(spec)
    alone = [seen(sandbox, "id.generate") for _ in range(24)]
    for size in (2, 5, 12):
        sandbox.faults = Faults(spec)
        together: list[str] = []
        while len(together) < 24:
            answered = seen_batch(sandbox, *[generate] * min(size, 24 - len(together)))
            together += [answered] if isinstance(answered, str) else answered
        assert together == alone


def test_a_batch_of_one_that_is_answered_short_is_not_answered(sandbox: Sandbox) -> None:
    sandbox.faults = Faults("batch-short=1")
    assert seen_batch(sandbox, segment("id.generate")) == ["empty"]


def test_a_stray_answer_stands_in_front(sandbox: Sandbox) -> None:
    sandbox.faults = Faults("batch-long=1")
    stray, first, second = post_batch(sandbox, segment("id.generate"), segment("get", item_id=7)).text.split(
        SEPARATOR
    )
    assert stray == second
    assert words(first.encode()) == [R]


def test_a_ban_of_a_batch_lasts_its_seconds(sandbox: Sandbox) -> None:
    clock = HandClock()
    with Sandbox(clock=clock, faults=Faults("batch-ban@1,ban-for=30")) as banning:
        generate = [segment("id.generate")] * 2
        told = []
        for seconds in (0, 10.5, 19.5):
            clock.move(seconds=seconds)
            told.append(seen_batch(banning, *generate, timestamp=timestamp(clock.at)))
    words_of = "error 7 accesscontrol.limited-by-api-access-count: This ban will last for {} more seconds"
    assert told == [[words_of.format(30)], [words_of.format(20)] * 2, [R, R]]


def test_a_platform_without_a_batch_route(sandbox: Sandbox, item_ids: list[int]) -> None:
    sandbox.faults = Faults("no-batch=1,isp-before@2")
    assert seen_batch(sandbox, *adding(item_ids)) == "404 text/plain"
    assert (moved(sandbox), sandbox.calls, sandbox.requests) == (NONE, {}, {"/router/batch": 1})
    assert [seen(sandbox, "get", item_id=item_id) for item_id in item_ids] == [R, ISP, R, R]
    sandbox.faults = Faults("no-batch=0")
    assert seen_batch(sandbox, *adding(item_ids)) == [R] * 4


@pytest.mark.parametrize("word", ["batch", "batch-isp"])
def test_the_beginning_of_names_stands_for_all_of_them(sandbox: Sandbox, item_ids: list[int], word: str) -> None:
    sandbox.faults = Faults(f"{word}=1,ban-for=0")
    for _ in range(60):
        seen_batch(sandbox, *adding(item_ids))
    met = {fault.kind for fault in sandbox.faults.happened}
    assert met == {kind for kind in KINDS if kind.startswith(word)}


def test_buyers_come_between_the_calls_of_a_batch(sandbox: Sandbox, item_ids: list[int]) -> None:
    sandbox.faults = Faults("sales=1")
    assert seen_batch(sandbox, *adding(item_ids)) == [R] * 4
    assert sorted(sale.call for sale in sandbox.faults.sales.made) == [1, 2, 3, 4]
