"""Workers as processes: asked to end, killed, and stopped in their sleep, each in the middle of a run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.fields import INVENTORY
from sync.fleet.fleet import Fleet
from sync.fleet.keys import Keys
from sync.sandbox.server import Sandbox
from sync.service.jobs import JobState
from tests.cli.small_shop import goods, held, moving, write
from tests.fleet.florist import BY, SHOP, fleet, new_key, no_waiting, platform, sandbox, settings_of
from tests.fleet.test_engine import queued

__all__ = ["fleet", "no_waiting", "platform", "sandbox"]
CODES = [f"A-{n}" for n in range(1, 61)]
TAKEN_UP_WITHIN = 120.0
"""Seconds in which the shop of a worker that died or sleeps is taken up: a promise."""


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    """Those that a worker finds in its surroundings."""
    key = new_key()
    monkeypatch.setenv("ITEMSYNC_KEY", key)
    return Keys([key])


@pytest.fixture
def job(fleet: Fleet, sandbox: Sandbox, tmp_path: Path) -> str:
    """A sheet that moves the stock of every item by 5, to be carried out at once; its calls leave one by one."""
    sandbox.shop.load(map(goods, CODES[3:]))
    # A call that was cut off is looked after when its answer can't come any more.
    fleet.add(SHOP, settings_of(sandbox, connections=1, timeout=5), BY)
    with write(tmp_path / "周表.xlsx", *(moving(code, 5) for code in CODES)).open("rb") as upload:
        new = fleet.jobs(SHOP).submit("周表.xlsx", upload, BY)
    return fleet.jobs(SHOP).approve_at_once(new.id, BY, (), deletions=False).id


@contextmanager
def worker(fleet: Fleet) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sync", "--state", fleet.state, "fleet", "worker", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert "worker" in json.loads(process.stdout.readline())
        yield process
    finally:
        process.kill()
        process.communicate()


def until(right: Callable[[], bool], within: float = 60.0) -> None:
    """Wait until something in another process is so."""
    give_up, rest = time.monotonic() + within, threading.Event()
    while not right():
        assert time.monotonic() < give_up
        rest.wait(0.01)


def ended(fleet: Fleet, job: str) -> bool:
    return fleet.jobs(SHOP).job(job).state is JobState.ENDED


def moved(sandbox: Sandbox) -> set[object]:
    """By how much the stock of the items was moved."""
    return {held(sandbox, code)[INVENTORY] - 10 for code in CODES}  # type: ignore[operator]


@pytest.mark.soak
def test_a_worker_that_is_asked_to_end_hands_its_run_back(fleet: Fleet, sandbox: Sandbox, job: str) -> None:
    with worker(fleet) as first:
        until(lambda: sandbox.writes > 0)
        first.send_signal(signal.SIGTERM)
        assert (first.wait(30), first.stderr and first.stderr.read()) == (0, "")
    assert 0 < sandbox.writes < len(CODES)
    assert queued(fleet.engine)[0] == (f"apply:{SHOP}:{job}", "todo")
    with worker(fleet):
        until(lambda: ended(fleet, job))
    assert moved(sandbox) == {5}


@pytest.mark.soak
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSTOP])
def test_the_run_of_a_worker_that_is_gone_is_taken_up(
    fleet: Fleet, sandbox: Sandbox, job: str, sign: signal.Signals
) -> None:
    """One that sleeps past its heartbeat wakes beside its replacement, and changes nothing any more."""
    with worker(fleet) as first:
        until(lambda: sandbox.writes > 0)
        first.send_signal(sign)
        began, before = time.monotonic(), sandbox.writes
        assert before < len(CODES)
        with worker(fleet) as second:
            until(lambda: sandbox.writes > before + 1, TAKEN_UP_WITHIN)
            print(f"{sign.name}: taken up after {time.monotonic() - began:.0f} s")
            first.send_signal(signal.SIGCONT)
            until(lambda: ended(fleet, job))
            for process in (second,) if sign is signal.SIGKILL else (first, second):
                process.send_signal(signal.SIGTERM)
                assert (process.wait(30), process.stderr and process.stderr.read()) == (0, "")
    assert moved(sandbox) <= {0, 5}
    # What was written down and may never have left is nobody's to make again: a person is asked.
    with fleet.open_shop(SHOP) as shop:
        asked = set(shop.questions())
    assert {code for code in CODES if held(sandbox, code)[INVENTORY] == 10} <= asked
