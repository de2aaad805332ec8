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

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, insert, select

from sync.errors import Refusal, StateDown
from sync.gateway.pace import Charge, Limiter, UsageLedger
from sync.item import SHOP_TIME
from sync.limits import RateLimit
from sync.state.fleet_tables import RESERVATIONS
from sync.state.schema import METADATA
from sync.state.store import Store
from sync.state.tables import FLOWS
from sync.state.usage_ledger import SharedLedger

APP = "12345678"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=SHOP_TIME)
BATCH = 200_000
"""Microseconds that ten calls at 50 a second take."""
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


def reserve(ledger: UsageLedger, at: datetime, cost: int, name: str = "", longest: int = BATCH) -> float | None:
    """The seconds to wait for the place that was granted; None: none was."""
    granted, wait = ledger.reserve(name, cost, longest, lambda: at)
    return wait if granted else None


# --- The steady flow ------------------------------------------------------------------------------------------


ARRIVALS = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 200)), max_size=15)


@settings(max_examples=40)
@given(ARRIVALS)
def test_no_two_places_overlap_and_all_are_near(arrivals: list[tuple[int, int]]) -> None:
    """Whoever asks, the first process or another, with a database in between; in milliseconds."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    shared = itertools.cycle([SharedLedger(engine, APP), SharedLedger(engine, APP)])
    moment, free = 0, 0
    for later, cost in arrivals:
        moment += later
        wait = reserve(next(shared), NOON + timedelta(milliseconds=moment), cost * 1000)
        expected = max(0, free - moment)
        assert wait == (expected / 1000 if expected <= 800 else None)
        free = max(free, moment) + cost if wait is not None else free
    engine.dispose()


def test_applications_and_methods_flow_by_themselves(opened: Opened, tmp_path: Path) -> None:
    assert [reserve(opened(), NOON, BATCH) for _ in range(2)] == [0, 0.2]
    assert reserve(opened(), NOON, BATCH, GET) == 0
    store = Store(str(tmp_path / "state.db"), "shop")
    assert reserve(SharedLedger(store.engine, "87654321"), NOON, BATCH) == 0
    store.close()


def test_who_finds_too_many_ahead_is_told_when_to_ask_again(opened: Opened) -> None:
    ledger = opened()
    assert [reserve(ledger, NOON, BATCH) for _ in range(6)] == [0, 0.2, 0.4, 0.6, 0.8, None]
    assert ledger.reserve("", BATCH, BATCH, lambda: NOON) == (False, 0.2)
    assert reserve(ledger, NOON + timedelta(seconds=0.2), BATCH) == 0.8


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=4000), timedelta(seconds=2.5)], ids=str)
def test_a_clock_that_was_set_back_costs_one_batch(opened: Opened, back: timedelta) -> None:
    mine, other = opened(), opened()
    assert reserve(mine, NOON + back, BATCH) == 0
    assert [reserve(mine, NOON, BATCH), reserve(other, NOON, BATCH), reserve(mine, NOON, BATCH)] == [0, 0.2, 0.4]


def test_a_caller_that_was_held_up_asks_the_time_when_it_is_its_turn(opened: Opened, tmp_path: Path) -> None:
    """Else it would take its late question for a clock that was set back."""

    def now() -> datetime:
        with closing(sqlite3.connect(tmp_path / "state.db", timeout=0)) as other, pytest.raises(sqlite3.Error):
            other.execute("BEGIN IMMEDIATE")
        return NOON

    assert opened().reserve("", BATCH, BATCH, now) == (True, 0)


def test_a_server_goes_by_its_own_clock(postgres: str) -> None:
    store = Store(postgres, "shop")
    ledger = SharedLedger(store.engine, APP)
    waits = [reserve(ledger, NOON + timedelta(hours=hours), 10 * BATCH, longest=10 * BATCH) for hours in (0, -9, 9)]
    store.close()
    assert waits[0] == 0 and waits[1:] == [None, None], "two seconds are taken, whoever's clock says what"


def test_threads_and_connections_never_take_the_same_place_twice(place: str) -> None:
    stores = [Store(place, "shop") for _ in range(2)]
    ledgers, cost = [SharedLedger(store.engine, APP) for store in stores], 9_000
    assert reserve(ledgers[0], NOON, cost) == 0
    with ThreadPoolExecutor(8) as pool, stores[0].engine.connect() as connection:
        began = connection.execute(select(RESERVATIONS.c.next)).scalar_one()
        waits = list(pool.map(lambda n: reserve(ledgers[n % 2], NOON, cost), range(80)))
        connection.rollback()
        ended = connection.execute(select(RESERVATIONS.c.next)).scalar_one()
    for store in stores:
        store.close()
    assert None not in waits
    assert ended - began >= 80 * cost


@pytest.mark.parametrize(("stands", "goes"), [(-3, True), (-1, False), (0.5, False), (20, True)])
def test_while_a_program_before_2_2_calls_none_of_ours_leaves(place: str, stands: float, goes: bool) -> None:
    """It counts in a table of its own, and sees none of our calls."""
    store = Store(place, "shop")
    ledger, now = SharedLedger(store.engine, APP), datetime.now(UTC)
    assert reserve(ledger, now, 1) is not None
    with store.engine.begin() as connection:
        at = (now + timedelta(seconds=stands)).timestamp()
        connection.execute(insert(FLOWS).values(app_key=APP, name="", state=str(round(at * 1_000_000))))
    assert (reserve(ledger, now, 1) is not None) == goes
    assert reserve(ledger, now, 1, GET) is not None, "by method as ever"
    store.close()


def test_a_server_that_does_not_answer_lets_no_call_leave() -> None:
    engine = create_engine("postgresql+psycopg://itemsync@127.0.0.1:1/itemsync")
    with pytest.raises(StateDown) as refused:
        reserve(SharedLedger(engine, APP), NOON, BATCH)
    assert refused.value.message.code == "state.unreachable"


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
    "flow": lambda ledger: ledger.reserve("", BATCH, BATCH, lambda: NOON),
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


def test_a_program_that_is_stopped_once_it_has_its_place_keeps_nobody_waiting(postgres: str) -> None:
    """A stopped process, or a machine whose network is gone, holds whatever it has locked for hours."""
    store = Store(postgres, "shop")
    mine, other = SharedLedger(store.engine, APP), SharedLedger(store.engine, APP)
    assert reserve(mine, NOON, 1) is not None
    found: list[float | None] = []
    beside = threading.Thread(target=lambda: found.append(reserve(other, NOON, 1)))

    def stopped_after(*_: object) -> None:
        if beside.ident is None:
            beside.start()
            beside.join(5)
            assert found, "the other waits"

    event.listen(store.engine, "after_cursor_execute", stopped_after)
    assert reserve(mine, NOON, 1) is not None
    store.close()


def test_a_transaction_that_nobody_goes_on_with_is_ended_by_the_server(postgres: str) -> None:
    store = Store(postgres, "shop")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar() == "30s"
    store.close()
