"""How fast calls leave: the steady flow, the day's quota, bans, clocks that go wrong, and people who can't wait."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import ceil
from threading import Event, Timer
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.gateway.pace import Charge, Limiter, OnHold, batch_size
from sync.limits import RateLimit, Reservation
from tests.clocks import START, FakeClock
from tests.gateway.memory_ledger import MemoryLedger

GET, MODIFY = "taobao.open.item.get", "taobao.open.item.modify"
MIDNIGHT = START.replace(hour=16)
"""Midnight GMT+8."""


def limiter(clock: FakeClock, ledger: MemoryLedger | None = None, **limits: RateLimit) -> Limiter:
    named = {{"app": "", "get": GET, "modify": MODIFY}[name]: limit for name, limit in limits.items()}
    return Limiter(named, ledger or MemoryLedger(), now=clock.now, monotonic=clock.monotonic, pause=clock.pause)


def send_all(over: Limiter, clock: FakeClock, methods: Sequence[str], batch: int = 20) -> list[datetime]:
    """Let all calls leave, one request after another; return when each left."""
    times: list[datetime] = []
    while len(times) < len(methods):
        admitted = over.admit(methods[len(times) :][:batch])
        times += [clock.at] * admitted
    return times


def most_in(times: Sequence[datetime], seconds: float) -> int:
    ends = [bisect_left(times, start + timedelta(seconds=seconds)) for start in times]
    return max(end - number for number, end in enumerate(ends))


@pytest.mark.parametrize("batch", [1, 7, 10, 20])
def test_2000_calls_at_50_a_second_take_40_seconds(batch: int) -> None:
    clock = FakeClock()
    times = send_all(limiter(clock, app=RateLimit(50)), clock, [GET] * 2000, batch)
    assert (times[-1] - times[0]).total_seconds() == pytest.approx(40, rel=0.03)
    assert most_in(times, 1) <= 50 + 10


@given(
    a_second=st.floats(0.3, 120),
    wants=st.lists(st.tuples(st.integers(1, 20), st.floats(0, 3)), min_size=1, max_size=30),
)
def test_no_second_holds_more_than_the_limit_and_one_batch(a_second: float, wants: list[tuple[int, float]]) -> None:
    clock, times = FakeClock(), list[datetime]()
    over = limiter(clock, app=RateLimit(a_second))
    for calls, idle in wants:
        times += send_all(over, clock, [GET] * calls)
        clock.pause(idle)
    # A part of a call can't be made: of a limit of 0.9 a second, one fits into a second.
    assert most_in(times, 1) <= ceil(a_second) + batch_size(20, RateLimit(a_second))


def test_several_threads_keep_to_one_pace() -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(50))
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: over.admit([GET] * 10), range(40))) == 400
    assert (clock.at - START).total_seconds() == pytest.approx(390 / 50, rel=0.03)


def test_two_that_share_a_tally_share_the_pace() -> None:
    clock, ledger = FakeClock(), MemoryLedger()
    one, other = (limiter(clock, ledger, app=RateLimit(50)) for _ in range(2))
    times = [at for _ in range(50) for over in (one, other) for at in send_all(over, clock, [GET] * 10)]
    assert (times[-1] - times[0]).total_seconds() == pytest.approx(1000 / 50, rel=0.03)


def test_a_methods_limit_holds_beside_the_applications() -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(100), get=RateLimit(10))
    times = send_all(over, clock, [GET, MODIFY] * 100)
    assert most_in(times[::2], 1) <= 10 + 2
    assert (times[-1] - times[0]).total_seconds() == pytest.approx(10, rel=0.03)
    assert len(set(send_all(over, clock, [MODIFY] * 20))) == 1


@pytest.mark.parametrize(
    ("asked", "a_second", "together"),
    [
        (20, None, 20),
        (7, None, 7),
        (20, 100, 20),
        (20, 50, 10),
        (20, 99.9, 19),
        (20, 9, 1),
        (20, 0.5, 1),
        (3, 500, 3),
    ],
)
def test_a_batch_is_a_fifth_of_a_second_at_most(asked: int, a_second: float | None, together: int) -> None:
    assert batch_size(asked, RateLimit(a_second)) == together


def test_a_quota_is_used_up_to_its_last_call() -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(calls_per_day=47))
    assert [over.admit([GET] * 20) for _ in range(3)] == [20, 20, 7]
    with pytest.raises(OnHold) as held:
        over.admit([GET] * 20)
    assert held.value.why is not None and held.value.why.code == "gateway.quota"
    assert "47" in held.value.why.words("zh") and "itemsync resume" in held.value.why.words("en")
    assert clock.pauses == []


def test_a_methods_quota_holds_back_its_own_calls_only() -> None:
    over = limiter(
        FakeClock(),
        app=RateLimit(calls_per_day=100),
        get=RateLimit(calls_per_day=3),
        modify=RateLimit(calls_per_day=50),
    )
    assert over.admit([GET, GET, MODIFY, GET, GET, MODIFY]) == 4
    with pytest.raises(OnHold) as held:
        over.admit([GET, MODIFY])
    assert held.value.why is not None and GET in held.value.why.words("zh")
    assert over.admit([MODIFY, GET]) == 1


def test_a_quota_that_was_lowered_holds_back_nobody_else() -> None:
    clock, ledger = FakeClock(), MemoryLedger()
    limiter(clock, ledger, modify=RateLimit(calls_per_day=10)).admit([MODIFY] * 10)
    over = limiter(clock, ledger, app=RateLimit(calls_per_day=100), modify=RateLimit(calls_per_day=5))
    assert over.admit([GET, GET, MODIFY]) == 2
    with pytest.raises(OnHold) as held:
        over.admit([MODIFY])
    assert held.value.why is not None and MODIFY in held.value.why.words("zh")


@pytest.mark.parametrize(("later", "comes_back"), [(timedelta(seconds=-1), False), (timedelta(0), True)])
def test_a_quota_comes_back_at_midnight_in_china(later: timedelta, comes_back: bool) -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(calls_per_day=1))
    over.admit([GET])
    clock.at = MIDNIGHT + later
    if comes_back:
        assert over.admit([GET]) == 1
    else:
        with pytest.raises(OnHold):
            over.admit([GET])


class Rival(MemoryLedger):
    """Between a look at what is left and the counting, another process is faster."""

    rival = 13

    name = ""

    def spend(self, charges: Sequence[Charge], now: datetime) -> bool:
        taken, self.rival = self.rival, 0
        if taken:
            super().spend([Charge(self.name, taken, 1000)], now)
        return super().spend(charges, now)


def test_what_another_process_takes_is_not_taken_twice() -> None:
    ledger = Rival()
    assert limiter(FakeClock(), ledger, app=RateLimit(calls_per_day=20)).admit([GET] * 20) == 7
    assert ledger.spent("", START) == 20


@pytest.mark.parametrize("lost", ["", GET])
def test_when_one_of_two_quotas_loses_a_race_the_other_is_not_charged(lost: str) -> None:
    ledger = Rival()
    ledger.name = lost
    limits = {"app": RateLimit(calls_per_day=20), "get": RateLimit(calls_per_day=20)}
    assert limiter(FakeClock(), ledger, **limits).admit([GET] * 20) == 7
    assert {ledger.spent("", START), ledger.spent(GET, START)} == {7, 20}


@pytest.mark.parametrize(("late", "reserved"), [(0.9, 2), (1.1, 3)])
def test_a_place_more_than_a_second_old_is_not_used(late: float, reserved: int) -> None:
    """Whatever held the caller up: another thread's ban, a busy machine, an answer that was long under way."""
    clock, ledger = FakeClock(), CountingLedger()

    def pause(seconds: float) -> None:
        clock.pause(seconds + (late if ledger.reserved == 2 else 0))

    over = Limiter({"": RateLimit(50)}, ledger, now=clock.now, monotonic=clock.monotonic, pause=pause)
    assert [over.admit([GET] * 10), over.admit([GET] * 10)] == [10, 10]
    assert ledger.reserved == reserved


class CountingLedger(MemoryLedger):
    reserved = 0

    def reserve(self, name: str, cost: int, longest: int, now: Callable[[], datetime]) -> Reservation:
        self.reserved += 1
        return super().reserve(name, cost, longest, now)


def test_a_ban_is_kept_until_its_end_by_all() -> None:
    clock = FakeClock()
    over = limiter(clock)
    assert over.ban(90) and over.ban(30)
    assert (over.admit([GET]), over.admit([GET])) == (1, 1)
    assert clock.pauses == [90]


def test_a_ban_that_nobody_waits_for_bans_nobody() -> None:
    clock = FakeClock()
    over = limiter(clock)
    assert not over.ban(121)
    over.admit([GET])
    assert clock.pauses == []


@pytest.mark.parametrize("back", [timedelta(seconds=30), timedelta(hours=5), timedelta(days=4000)], ids=str)
def test_a_clock_that_goes_back_hangs_nobody(back: timedelta) -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(50))
    send_all(over, clock, [GET] * 100)
    over.ban(100)
    clock.at -= back
    send_all(over, clock, [GET] * 100)
    assert max(clock.pauses) == pytest.approx(100, abs=3)
    assert sum(clock.pauses) < 120 + 40


def test_after_a_clock_went_back_the_flow_stays_steady() -> None:
    clock = FakeClock()
    over = limiter(clock, app=RateLimit(50))
    send_all(over, clock, [GET] * 100)
    clock.at -= timedelta(hours=1)
    times = send_all(over, clock, [GET] * 500)
    assert most_in(times, 1) <= 50 + 10


@pytest.mark.parametrize("limit", [RateLimit(0.01), RateLimit()], ids=["its turn", "a ban's end"])
def test_who_asks_to_stop_need_not_wait_for(limit: RateLimit) -> None:
    stop = Event()
    over = Limiter({"": limit}, MemoryLedger(), stop=stop, patience=3600)
    over.admit([GET])
    over.ban(3600)
    Timer(0.05, stop.set).start()
    began = monotonic()
    with pytest.raises(OnHold) as held:
        over.admit([GET])
    assert held.value.why is None
    assert monotonic() - began < 5
