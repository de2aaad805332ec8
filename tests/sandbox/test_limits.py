"""The platform's limits, with a clock that only the test winds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sync.sandbox.gate import Rejected
from sync.sandbox.limits import ALL_CALLS, Meter, SandboxLimit
from sync.sandbox.server import Sandbox
from tests.clocks import HandClock
from tests.sandbox.batches import seen_batch, segment
from tests.sandbox.caller import CLOCK, ITEM, seen

GET, INCR = ITEM + "get", ITEM + "inventory.incr"
LIMITED = "error 7 accesscontrol.limited-by-{}-access-count: This ban will last for {} more seconds"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def let_through(meter: Meter, clock: HandClock, method: str = GET) -> str:
    """What the platform says to a call now: nothing, or its words."""
    try:
        meter.count(method, clock.at)
    except Rejected as rejected:
        assert rejected.code == 7
        return f"{str(rejected.sub_code).split('-')[2]} {rejected.sub_message.split()[-3]}"
    return ""


def test_any_window_of_a_second_holds_so_many(clock: HandClock) -> None:
    meter = Meter({ALL_CALLS: SandboxLimit(calls_per_second=3)})
    said = []
    for seconds in (0, 0.4, 0.3, 0.2, 0.099, 0.001, 0, 0.399, 0.001):
        clock.move(seconds=seconds)
        said.append(let_through(meter, clock))
    assert said == ["", "", "", "app 1", "app 1", "", "app 1", "app 1", ""]


@pytest.mark.parametrize(("rate", "slack"), [(10, 0), (10, 2), (50, 10), (1, 0)])
def test_the_window_holds_for_whoever_calls_all_the_time(clock: HandClock, rate: int, slack: int) -> None:
    meter = Meter({ALL_CALLS: SandboxLimit(rate, slack)})
    passed = []
    for _ in range(3000):
        clock.move(milliseconds=1)
        if not let_through(meter, clock):
            passed.append(clock.at)
    most = rate + slack
    assert len(passed) == 3 * most
    assert all(later - earlier >= timedelta(seconds=1) for earlier, later in zip(passed, passed[most:], strict=False))


def test_a_refused_call_does_not_count(clock: HandClock) -> None:
    meter = Meter({ALL_CALLS: SandboxLimit(calls_per_second=1, calls_per_day=2)})
    for _ in range(5):
        let_through(meter, clock)
    clock.move(seconds=1)
    assert let_through(meter, clock) == ""


def test_a_methods_own_limit_is_beside_the_applications(clock: HandClock) -> None:
    meter = Meter({ALL_CALLS: SandboxLimit(calls_per_second=3), GET: SandboxLimit(calls_per_second=1)})
    asked = [GET, GET, INCR, INCR, INCR]
    assert [let_through(meter, clock, method) for method in asked] == ["", "api 1", "", "", "app 1"]


def test_no_limit_is_none(clock: HandClock) -> None:
    for limits in ({}, {ALL_CALLS: SandboxLimit()}, {INCR: SandboxLimit(calls_per_second=1)}):
        meter = Meter(limits)
        assert {let_through(meter, clock) for _ in range(100)} == {""}


@pytest.mark.parametrize(
    ("now", "wait"),
    [
        (datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 21, 15, 59, 58, 500_000, tzinfo=UTC), 2),
        (datetime(2026, 11, 21, 16, 0, 0, tzinfo=UTC), 24 * 3600),
    ],
    ids=["a second before midnight in China", "a second and a half", "at midnight"],
)
def test_a_day_ends_at_midnight_in_china(clock: HandClock, now: datetime, wait: int) -> None:
    meter = Meter({ALL_CALLS: SandboxLimit(calls_per_day=2)})
    clock.at = now
    assert [let_through(meter, clock) for _ in range(3)] == ["", "", f"app {wait}"]
    clock.move(seconds=wait)
    assert [let_through(meter, clock) for _ in range(3)] == ["", "", f"app {24 * 3600 - (wait == 2) / 2:.0f}"]


# --- over HTTP ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def limited() -> Iterator[Sandbox]:
    limits = {ALL_CALLS: SandboxLimit(calls_per_second=4), GET: SandboxLimit(calls_per_second=1)}
    with Sandbox(clock=CLOCK, limits=limits) as sandbox:
        yield sandbox


def test_each_call_of_a_batch_counts(limited: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CLOCK, "at", CLOCK.at)
    generate, get = segment("id.generate"), segment("get", item_id=7)
    api, app = LIMITED.format("api", 1), LIMITED.format("app", 1)
    assert seen_batch(limited, get, get, generate) == ["no", api, "right"]
    assert seen_batch(limited, generate, generate, generate, "method=x") == [
        "right",
        "right",
        app,
        "error 22 None: None",
    ]
    assert seen(limited, "id.generate") == app
    assert limited.calls == {GET: 1, ITEM + "id.generate": 3}
    CLOCK.move(seconds=1)
    assert seen(limited, "id.generate") == "right"
    # A call that doesn't get in for another reason is none.
    assert seen_batch(limited, *[generate] * 4, session="stale") == ["error 27 None: None"]
    assert seen_batch(limited, *[generate] * 3) == ["right"] * 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_the_command_takes_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CLOCK, "at", datetime.now(UTC))
    command = [sys.executable, "-W", "error", "-m", "sync", "sandbox", "--json", "--calls-per-day", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        distant = Sandbox(port=int(json.loads(server.stdout.readline())["gateway"].split(":")[2].split("/")[0]))
        told = seen_batch(distant, *[segment("id.generate")] * 3)
        server.terminate()
        assert server.communicate(timeout=10) == ("", "")
    assert told[:2] == ["right", "right"]
    assert told[2].startswith("error 7 accesscontrol.limited-by-app-access-count: This ban will last for ")
