"""A fleet whose workers are killed and stopped at random: each change once, no limit exceeded, all runs end."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from cryptography.fernet import Fernet

from sync.call import RowResult
from sync.demo.fleet.processes import DemoProcess
from sync.fleet.fleet import Fleet
from sync.sandbox.document import system
from sync.sandbox.limits import ALL_CALLS, Meter, SandboxLimit
from sync.sandbox.server import Sandbox
from sync.service.jobs import JobState
from tests.cli.small_shop import goods, item_id, line, moving, write
from tests.soak.history_shop import Event, HistoryShop

A_SECOND = 100
"""Calls of the application, which all shops share."""
LATE = A_SECOND
"""Calls that may come later than their turn: on a busy machine a batch leaves up to a second after it."""
WINDOW = 10
"""Seconds, over which lateness evens out."""
AT_ONCE = "4"
DEADLINE = 900.0
"""Seconds until all runs must have ended."""


class Size(NamedTuple):
    """How much is done, and for how many seconds trouble comes."""

    shops: int
    rows: int
    workers: int
    seconds: float


@dataclass
class Seller:
    """A shop of the fleet, and what must become of it."""

    name: str
    shop: HistoryShop
    session: str
    sheet: Path
    prices: Mapping[str, float]
    moves: Mapping[str, int]
    job: str = ""
    asked: int = 0
    """Stock changes of which nobody can know whether they happened."""

    def check(self, fleet: Fleet) -> None:
        """Each price is as the sheet says. Each stock change was made once, or a person is asked whether it was."""
        with fleet.open_shop(self.name) as shop:
            asked = set(shop.questions())
            results = {one.outer_id: one for one in shop.run(1).results}
        held = {str(system(one)["outerId"]): system(one) for one in self.shop.documents()}
        wrong = {code: _told(results[code]) for code, price in self.prices.items() if held[code]["price"] != price}
        assert not wrong, (self.name, wrong)
        moved = {code: [event.moved for event in self._events(code) if event.moved] for code in held}
        for code, units in moved.items():
            wanted = [self.moves[code]] if code in self.moves else []
            assert units == wanted or (not units and code in asked), (self.name, code, units, _told(results[code]))
        self.asked = len(asked)

    def _events(self, code: str) -> Sequence[Event]:
        return self.shop.events(item_id(code), since=len(self.shop.documents()))


def _seller(number: int, rows: int, folder: Path) -> Seller:
    codes = [f"A-{place}" for place in range(1, rows + 1)]
    prices = dict.fromkeys(codes[::5], 21.0 + number % 3)
    moves = {code: 1 + place % 7 for place, code in enumerate(codes[1::5])}
    lines = (moving(code, moves[code]) if code in moves else line(code, 价格=prices.get(code, 20)) for code in codes)
    shop = HistoryShop()
    shop.load(map(goods, codes))
    name = f"shop-{number:03}"
    return Seller(name, shop, f"session {number}", write(folder / f"{name}.xlsx", *lines), prices, moves)


@pytest.fixture
def admitted(monkeypatch: pytest.MonkeyPatch) -> Counter[datetime]:
    """Calls that the platform let in, by the second; and at `datetime.min` those that it turned away."""
    found: Counter[datetime] = Counter()
    count = Meter.count

    def counting(meter: Meter, method: str, now: datetime) -> None:
        try:
            count(meter, method, now)
            found[now.replace(microsecond=0)] += 1
        except Exception:
            found[datetime.min] += 1
            raise

    monkeypatch.setattr(Meter, "count", counting)
    return found


def _told(row: RowResult) -> str:
    return f"{row.result}: {'; '.join(one.words('en') for one in row.story)} {row.calls}"


class Workers:
    """Workers that trouble comes to; one that is gone is replaced."""

    def __init__(self, state: str, number: int, dice: Random) -> None:
        self._state = state
        self._dice = dice
        self._stopped: dict[int, float] = {}
        self.happened: Counter[str] = Counter()
        self.running = [self._start() for _ in range(number)]

    def _start(self) -> DemoProcess:
        return DemoProcess({"ITEMSYNC_STATE": self._state}, "worker", "--concurrency", AT_ONCE)

    def trouble(self) -> None:
        """Kill one, stop one for longer than its lease lasts or for less, or ask one to end."""
        self._wake(time.monotonic())
        place = self._dice.randrange(len(self.running))
        worker, what = self.running[place], self._dice.choice(["kill", "kill", "stop", "stop", "end"])
        if worker.pid in self._stopped:
            return
        self.happened[what] += 1
        if what == "stop":
            os.kill(worker.pid, signal.SIGSTOP)
            self._stopped[worker.pid] = time.monotonic() + self._dice.uniform(1, 75)
            return
        if what == "kill":
            worker.kill()
        else:
            # Where it is still being loaded it can't end by itself yet.
            assert worker.end() in (0, -signal.SIGTERM)
        self.running[place] = self._start()

    def _wake(self, now: float) -> None:
        for pid in [pid for pid, until in self._stopped.items() if until <= now]:
            os.kill(pid, signal.SIGCONT)
            del self._stopped[pid]

    def peace(self) -> None:
        """Wake all that sleep."""
        self._wake(float("inf"))

    def close(self) -> None:
        self.peace()
        for worker in self.running:
            worker.end()


@pytest.fixture
def fleet(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("ITEMSYNC_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with Fleet.open(postgres) as opened:
        yield opened


@pytest.mark.soak
@pytest.mark.parametrize("size", [Size(6, 10, 2, 40.0), Size(200, 50, 4, 300.0)], ids=["small", "200 shops"])
def test_workers_die_and_sleep_at_random(
    fleet: Fleet, postgres: str, admitted: Counter[datetime], tmp_path: Path, size: Size
) -> None:
    dice, began = Random(17), time.monotonic()
    limit = {ALL_CALLS: SandboxLimit(A_SECOND, slack=LATE)}
    sellers = [_seller(number, size.rows, tmp_path) for number in range(size.shops)]
    with ExitStack() as running:
        sandbox = running.enter_context(Sandbox(limits=limit))
        for one in sellers:
            sandbox.sellers[one.session] = one.shop
            _hand_in(fleet, sandbox, one)
        at_work = Workers(postgres, size.workers, dice)
        running.callback(at_work.close)
        while time.monotonic() - began < size.seconds:
            time.sleep(dice.uniform(1, 8))
            at_work.trouble()
        at_work.peace()
        while open_jobs := _open(fleet, sellers):
            assert time.monotonic() - began < DEADLINE, open_jobs
            time.sleep(1)
    print(f"\n{dict(at_work.happened)}, {sum(admitted.values())} calls, {time.monotonic() - began:.0f} s")
    for one in sellers:
        one.check(fleet)
    moves, asked = sum(len(one.moves) for one in sellers), sum(one.asked for one in sellers)
    print(f"{moves} stock changes, of which {asked} are asked about")
    assert admitted.pop(datetime.min, 0) == 0
    assert _most(admitted) <= A_SECOND * WINDOW + LATE


def _most(admitted: Mapping[datetime, int]) -> int:
    """The most calls of any `WINDOW` seconds."""
    windows = ((at + timedelta(seconds=n) for n in range(WINDOW)) for at in admitted)
    return max(sum(admitted.get(at, 0) for at in window) for window in windows)


def _hand_in(fleet: Fleet, sandbox: Sandbox, one: Seller) -> None:
    settings = {
        "gateway": sandbox.gateway,
        "app_key": sandbox.app_key,
        "app_secret": sandbox.app_secret,
        "session": one.session,
        "calls_per_second": A_SECOND,
        "settle": 0,
    }
    fleet.add(one.name, settings, "soak")
    jobs = fleet.jobs(one.name)
    with one.sheet.open("rb") as upload:
        one.job = jobs.submit(one.sheet.name, upload, "soak").id
    jobs.approve_at_once(one.job, "soak", (), False)


def _open(fleet: Fleet, sellers: Sequence[Seller]) -> Mapping[str, str]:
    """The shops whose run hasn't ended; raises AssertionError where a job came to another end."""
    found = {one.name: fleet.jobs(one.name).job(one.job) for one in sellers}
    wrong = {name: job.trouble for name, job in found.items() if job.state in (JobState.REFUSED, JobState.DROPPED)}
    assert not wrong
    waits = {name: str(job.state) for name, job in found.items() if job.state is not JobState.ENDED}
    for one in fleet.status().shops:
        if one.last_run and not one.last_run.finished_at:
            job = found[one.name]
            waits.setdefault(one.name, f"its run hasn't finished; {job.trouble and job.trouble.message.words('en')}")
    return waits
