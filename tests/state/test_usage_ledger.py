"""What all processes of one application count together: a steady flow, and a day's quota."""

from __future__ import annotations

import itertools
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrate_limiter import GCRA, Decision, InMemoryStateStore, Rate, StateStore
from sqlalchemy import create_engine

from sync.errors import Refusal, StateDown
from sync.gateway.pace import Charge, Limiter, UsageLedger
from sync.item import SHOP_TIME
from sync.limits import RateLimit
from sync.state.schema import METADATA
from sync.state.store import Store
from sync.state.usage_ledger import SharedLedger

APP = "12345678"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=SHOP_TIME)
MOMENT = 1_795_233_600_000
"""Milliseconds since 1970, as a flow's clock tells them."""
GET = "taobao.open.item.get"

Opened = Callable[[], SharedLedger]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens the same state again and again, as many processes do."""
    stores: list[Store] = []

    def open_it() -> SharedLedger:
        stores.append(Store(str(tmp_path / "state.db"), "shop"))
        return SharedLedger(stores[-1].engine, APP)

    yield open_it
    for store in stores:
        store.close()


def fifty(batch: int = 10) -> list[Rate]:
    """50 calls a second, in batches: 20 ms each."""
    return [Rate(50, 1000, burst=batch)]


def waits(store: StateStore, rates: list[Rate], *moments: int, weight: int = 1) -> list[int]:
    """How long each moment's caller has to wait, in milliseconds; 0: goes at once."""
    decisions = [check(store, rates, moment, weight) for moment in moments]
    return [0 if decision.allowed else decision.retry_after_ms or -1 for decision in decisions]


def check(store: StateStore, rates: list[Rate], moment: int, weight: int) -> Decision:
    return cast(Decision, store.check(GCRA(), rates, moment, weight))


# --- The steady flow ------------------------------------------------------------------------------------------


RATES = st.builds(lambda limit, burst: Rate(limit, 1000, burst=burst), st.integers(1, 200), st.integers(1, 20))
ARRIVALS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 20)), max_size=12)


@settings(max_examples=40)
@given(RATES, ARRIVALS)
def test_a_shared_flow_decides_as_one_in_memory_does(rate: Rate, arrivals: list[tuple[int, int]]) -> None:
    """Whoever asks, the first process or another, with a database in between."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    shared = itertools.cycle([SharedLedger(engine, APP).flow(""), SharedLedger(engine, APP).flow("")])
    alone, moment = InMemoryStateStore(), MOMENT
    for later, weight in arrivals:
        moment += later
        assert check(next(shared), [rate], moment, weight) == check(alone, [rate], moment, weight)
    engine.dispose()


def test_applications_and_methods_flow_by_themselves(opened: Opened, tmp_path: Path) -> None:
    assert waits(opened().flow(""), fifty(1), MOMENT, MOMENT) == [0, 20]
    assert waits(opened().flow(GET), fifty(1), MOMENT) == [0]
    store = Store(str(tmp_path / "state.db"), "shop")
    assert waits(SharedLedger(store.engine, "87654321").flow(""), fifty(1), MOMENT) == [0]
    store.close()


def test_a_refused_call_takes_nothing_out_of_the_flow(opened: Opened) -> None:
    flow = opened().flow("")
    assert waits(flow, fifty(1), *([MOMENT] * 5), MOMENT + 20) == [0, 20, 20, 20, 20, 0]
    assert waits(flow, fifty(10), MOMENT + 100, weight=11) == [-1], "more than ever fits is told, not waited for"


def test_a_clock_that_was_set_back_costs_one_batch_and_the_wait_for_one(opened: Opened) -> None:
    """The flow stands an hour ahead of the clock by then; nobody waits for longer than a burst takes."""
    hour, a_burst = 3_600_000, 201
    mine, other = opened().flow(""), opened().flow("")
    assert waits(mine, fifty(), MOMENT + hour, weight=10) == [0]
    assert waits(mine, fifty(), MOMENT, MOMENT + a_burst, MOMENT + a_burst, weight=10) == [a_burst, 0, 200]
    assert waits(other, fifty(), MOMENT + a_burst, MOMENT + 400, MOMENT + 401, weight=10) == [200, 1, 0]


def test_a_caller_that_was_held_up_gets_no_more_than_its_share(opened: Opened) -> None:
    """It looked at the clock, and then others were quicker."""
    quick, slow = opened().flow(""), opened().flow("")
    assert waits(quick, fifty(), *range(MOMENT, MOMENT + 1001, 200), weight=10) == [0] * 6
    assert waits(slow, fifty(), MOMENT, MOMENT + 1, MOMENT + 1199, MOMENT + 1200, weight=10) == [201, 201, 1, 0]


def test_a_machine_whose_clock_is_ahead_stops_nobody(opened: Opened) -> None:
    """Each keeps at least to the limit by itself, and neither waits for the other's clock."""
    ahead, behind = opened().flow(""), opened().flow("")
    sent = 0
    for moment in range(MOMENT, MOMENT + 4_000, 20):
        waits(ahead, fifty(1), moment + 60_000)
        sent += waits(behind, fifty(1), moment) == [0]
    assert 160 <= sent <= 201


def test_a_flow_that_was_kept_for_other_rates_begins_anew(opened: Opened) -> None:
    flow = opened().flow("")
    assert waits(flow, fifty(1), MOMENT) == [0]
    two = [Rate(50, 1000, burst=1), Rate(500, 60_000, burst=1)]
    assert waits(flow, two, MOMENT) == [0]
    assert flow.read(GCRA(), fifty(1)) == (0,)


def test_a_flow_can_be_looked_at_and_forgotten(opened: Opened) -> None:
    flow = opened().flow("")
    assert waits(flow, fifty(1), MOMENT) == [0]
    assert opened().flow("").read(GCRA(), fifty(1)) == flow.read(GCRA(), fifty(1)) == ((MOMENT + 20) * 1000,)
    flow.reset()
    assert flow.read(GCRA(), fifty(1)) == (0,)


class SharedClock:
    """One clock for several threads: when all of them wait, it is the time that the first of them waits for."""

    def __init__(self, sleepers: int) -> None:
        self.moment = 0.0
        self._awake = sleepers
        self._due: list[float] = []
        self._changed = threading.Condition()
        self._chance = Random(7)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.moment)

    def pause(self, seconds: float) -> None:
        with self._changed:
            # A sleeper always wakes a little late, and so nobody is the first every time.
            due = self.moment + seconds + self._chance.uniform(0, 0.003)
            heappush(self._due, due)
            self._sleep()
            self._changed.wait_for(lambda: self.moment >= due)

    def leave(self) -> None:
        """This thread waits for nothing any more."""
        with self._changed:
            self._sleep()

    def _sleep(self) -> None:
        self._awake -= 1
        while self._due and not self._awake:
            self.moment = max(self.moment, heappop(self._due))
            self._awake += 1
            while self._due and self._due[0] <= self.moment:
                heappop(self._due)
                self._awake += 1
            self._changed.notify_all()


def test_two_processes_share_one_pace(opened: Opened) -> None:
    """2,000 calls at 50 a second, by the limiters of two processes on one state and one clock."""
    clock = SharedClock(2)
    sent: list[list[float]] = [[], []]
    limits = {"": RateLimit(calls_per_second=50)}
    limiters = [Limiter(limits, opened(), now=clock.now, pause=clock.pause) for _ in sent]

    def process(mine: list[float], limiter: Limiter) -> None:
        while sum(map(len, sent)) < 200:
            assert limiter.admit([GET] * 10) == 10
            mine.append(clock.moment)
            clock.pause(0.05)
        clock.leave()

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(process, *pair) for pair in zip(sent, limiters, strict=True)]:
            future.result(timeout=60)
    moments = sorted(sent[0] + sent[1])[:200]
    assert moments[-1] == pytest.approx(40, rel=0.03)
    for moment in moments:
        assert 10 * sum(moment <= other < moment + 1 for other in moments) <= 50 + 10
    assert min(map(len, sent)) >= 60, "half the pace each, as far as chance goes"


def test_threads_and_processes_never_take_the_same_place_twice(opened: Opened) -> None:
    flows = [opened().flow(""), opened().flow("")]
    with ThreadPoolExecutor(8) as pool:
        waited = pool.map(lambda n: waits(flows[n % 2], fifty(20), MOMENT), range(80))
        assert sum(wait == [0] for wait in waited) == 20


# --- The day's quota ------------------------------------------------------------------------------------------


def test_what_is_left_of_today_is_spent_to_the_last_call_and_no_further(opened: Opened) -> None:
    ledger, other = opened(), opened()
    assert ledger.spent("", NOON) == 0
    assert [
        ledger.spend([Charge("", 20, 50)], NOON),
        other.spend([Charge("", 20, 50)], NOON),
        ledger.spend([Charge("", 20, 50)], NOON),
    ] == [
        True,
        True,
        False,
    ]
    assert (ledger.spent("", NOON), other.spent("", NOON)) == (40, 40), "all or nothing"
    assert other.spend([Charge("", 10, 50)], NOON)
    assert not ledger.spend([Charge("", 1, 50)], NOON)
    assert not opened().spend([Charge(GET, 51, 50)], NOON), "not even on a fresh day"
    assert ledger.spend([Charge("", 1, 51)], NOON), "a quota that was raised meanwhile"


def test_a_day_ends_at_midnight_of_the_platforms_clock(opened: Opened) -> None:
    ledger = opened()
    last = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)
    assert ledger.spend([Charge("", 5, 5)], last)
    assert not ledger.spend([Charge("", 1, 5)], last)
    assert ledger.spend([Charge("", 5, 5)], last + timedelta(seconds=1)), "23:59:59 is over in GMT+8"
    assert ledger.spent("", last) == 5, "a machine whose clock is a little late still counts yesterday's"


def test_methods_and_applications_have_quotas_of_their_own(opened: Opened, tmp_path: Path) -> None:
    assert opened().spend([Charge("", 5, 5)], NOON)
    assert opened().spend([Charge(GET, 5, 5)], NOON)
    store = Store(str(tmp_path / "state.db"), "shop")
    assert SharedLedger(store.engine, "87654321").spend([Charge("", 5, 5)], NOON)
    store.close()


def test_of_two_quotas_both_are_charged_or_none(opened: Opened) -> None:
    ledger, other = opened(), opened()
    assert other.spend([Charge(GET, 8, 10)], NOON)
    assert not ledger.spend([Charge("", 5, 100), Charge(GET, 5, 10)], NOON), "another took it meanwhile"
    assert not ledger.spend([Charge(GET, 2, 10), Charge("", 101, 100)], NOON)
    assert (ledger.spent("", NOON), ledger.spent(GET, NOON)) == (0, 8)
    assert ledger.spend([Charge("", 2, 100), Charge(GET, 2, 10)], NOON)
    assert (other.spent("", NOON), other.spent(GET, NOON)) == (2, 10)
    assert ledger.spend([], NOON), "where nothing is limited"


def test_two_quotas_stay_equal_whoever_races(opened: Opened) -> None:
    """Each call counts against both, named in either order; the smaller one ends it."""
    tallies = [opened(), opened()]

    def take(number: int) -> bool:
        charges = [Charge("", 3, 100), Charge(GET, 3, 50)]
        return tallies[number % 2].spend(charges[:: 1 if number % 3 else -1], NOON)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(60))) == 16
    assert (tallies[0].spent("", NOON), tallies[0].spent(GET, NOON)) == (48, 48)


def test_old_days_are_dropped(opened: Opened, tmp_path: Path) -> None:
    ledger = opened()
    for day in range(30):
        assert ledger.spend([Charge("", 1, 5)], NOON + timedelta(days=day))
    with closing(sqlite3.connect(tmp_path / "state.db")) as state:
        days = [day for (day,) in state.execute("SELECT day FROM quota ORDER BY day")]
    assert (len(days), days[-1]) == (8, "2026-12-20")


SPEND = """
import sys
from datetime import datetime
from sync.state.store import Store
from sync.state.usage_ledger import SharedLedger
ledger = SharedLedger(Store(sys.argv[1], "shop").engine, "12345678")
print(sum(ledger.spend([("", 3, 100)], datetime.fromisoformat(sys.argv[2])) for _ in range(20)))
"""


def test_processes_together_spend_exactly_what_there_is(opened: Opened, tmp_path: Path) -> None:
    """Three processes want 20 times 3 calls each, of a quota of 100: 33 get theirs."""
    ledger, place = opened(), str(tmp_path / "state.db")
    running = [
        subprocess.Popen([sys.executable, "-c", SPEND, place, NOON.isoformat()], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    granted = [int(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0] * 3
    assert sum(granted) == 33
    assert ledger.spent("", NOON) == 99


DIE = """
import os, sys
from datetime import datetime
from sync.state.store import Store
from sync.state.usage_ledger import SharedLedger
spent = SharedLedger(Store(sys.argv[1], "shop").engine, "12345678").spend
assert spent([("", 7, 10)], datetime.fromisoformat(sys.argv[2]))
os._exit(9)
"""


def test_what_was_taken_stays_taken_when_the_process_dies(opened: Opened, tmp_path: Path) -> None:
    ledger, place = opened(), str(tmp_path / "state.db")
    died = subprocess.run([sys.executable, "-c", DIE, place, NOON.isoformat()], check=False, timeout=60)
    assert died.returncode == 9
    assert (ledger.spent("", NOON), ledger.spend([Charge("", 4, 10)], NOON)) == (7, False)


# --- A state that can't be written ----------------------------------------------------------------------------


USES: dict[str, Callable[[UsageLedger], object]] = {
    "spend": lambda ledger: ledger.spend([Charge("", 1, 10)], NOON),
    "flow": lambda ledger: check(ledger.flow(""), fifty(), MOMENT, 1),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_state_that_stays_busy_stops_the_run_in_words(
    opened: Opened, tmp_path: Path, use: Callable[[UsageLedger], object]
) -> None:
    ledger, file = opened(), tmp_path / "state.db"
    impatient = SharedLedger(create_engine(f"sqlite:///{file}", connect_args={"timeout": 0.05}), APP)
    with closing(sqlite3.connect(file)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(Refusal) as refused:
            use(impatient)
    assert (refused.value.message.code, type(refused.value)) == ("state.busy", StateDown)
    assert use(ledger), "and goes on when it is free again"


@pytest.mark.parametrize("use", [*USES.values(), lambda ledger: ledger.spent("", NOON)], ids=[*USES, "spent"])
def test_a_state_without_tables_stops_the_run_in_words(tmp_path: Path, use: Callable[[UsageLedger], object]) -> None:
    ledger = SharedLedger(create_engine(f"sqlite:///{tmp_path / 'nothing.db'}"), APP)
    with pytest.raises(Refusal) as refused:
        use(ledger)
    assert refused.value.message.code == "state.damaged"
