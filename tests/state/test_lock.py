"""One run at a time on a profile, by a lock that a dead process doesn't hold (docs/reference/state.md#lock)."""

import logging
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select, update
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from sync.errors import Locked, Refusal
from sync.item import Baseline
from sync.state.journal import Entries, Intent, Journal, Origin
from sync.state.lease import LEASE, Lease, since_boot
from sync.state.lock import only_one
from sync.state.store import Store
from sync.state.tables import LEASES

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
CALL = Intent(2, 0, "taobao.open.item.modify", {"item_id": "7"}, {})


def test_two_runs_on_one_profile_are_one_too_many(place: str, store: Store) -> None:
    second = Store(place, "shop")
    with only_one(store), pytest.raises(Refusal) as refused, only_one(second):
        pass
    assert (refused.value.message.code, type(refused.value)) == ("run.locked", Locked)
    with only_one(second):
        pass
    second.close()


def test_profiles_do_not_wait_for_each_other(place: str, store: Store) -> None:
    others = [Store(place, name) for name in ("another shop", "一店", "二店", "a/b\\c:d*?")]
    with ExitStack() as held:
        for one in (store, *others):
            held.enter_context(only_one(one))
    for one in others:
        one.close()


def test_the_lock_is_let_go_of_when_the_work_fails(place: str, store: Store) -> None:
    with pytest.raises(ZeroDivisionError), only_one(store):
        raise ZeroDivisionError
    with only_one(store):
        pass


HOLD_AND_DIE = """
import os, sys
from datetime import UTC, datetime
from sync.state.lock import only_one
from sync.state.store import Store
with only_one(Store(sys.argv[1], "shop")):
    os._exit(9)
"""


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    place = str(tmp_path / "state.db")
    died = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, place], check=False, timeout=60)
    assert died.returncode == 9
    store = Store(place, "shop")
    with only_one(store):
        pass
    store.close()


# --- The lease of a database that machines share ----------------------------------------------------------------


@pytest.fixture
def shared(postgres: str) -> Iterator[Store]:
    store = Store(postgres, "shop")
    yield store
    store.close()


def expire(store: Store) -> None:
    """Let the database's clock pass the end of the lease."""
    with store.engine.begin() as connection:
        connection.execute(update(LEASES).values(until=func.clock_timestamp()))


def fence_of(store: Store) -> int:
    with store.engine.connect() as connection:
        return int(connection.execute(select(LEASES.c.fence)).scalar_one())


def test_a_lease_is_kept_by_renewing_it_and_each_holder_has_a_higher_fence(shared: Store, postgres: str) -> None:
    second = Store(postgres, "shop")
    for fence in (1, 2):
        with only_one(shared):
            assert shared.lease is not None
            expire(shared)
            assert shared.lease.renew(), "nobody came between"
            with pytest.raises(Locked, match=r"run\.locked"), only_one(second):
                pass
            assert fence_of(shared) == fence
    second.close()


def test_whoever_lost_the_lease_writes_nothing_and_sends_nothing_more(
    shared: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As in a program that listens to no logger.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with only_one(shared):
        journal = Journal.begin(shared, Origin("weekly.xlsx"), [], [], AT)
        lost = shared.lease
        expire(shared)
        with only_one(shared):
            shared.lease, new = lost, shared.lease
            writes: list[Callable[[], object]] = [
                lambda: journal.finish(AT),
                lambda: journal.write(Entries(), AT),
                lambda: journal.write(Entries(intents=[CALL]), AT),
                lambda: shared.put({"A": Baseline("7")}),
                lambda: shared.mark_delivered(1, AT),
            ]
            for write in writes:
                with pytest.raises(Locked, match=r"run\.lost_lock"):
                    write()
            assert lost is not None and new is not None
            assert not lost.renew()
            with pytest.raises(Locked, match=r"run\.lost_lock"):
                shared.check_ours()
            new.check_deadline()
            shared.lease = new
            assert shared.calls(journal.run) == {}
            journal.write(Entries(intents=[CALL]), AT)
    assert [*shared.calls(journal.run)] == [CALL.row]
    assert shared.unfinished() is not None
    assert shared.baselines() == {}
    assert capsys.readouterr().err == ""


def test_who_is_cut_off_in_a_message_leaves_nothing_to_the_next(
    shared: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that is no longer one would write half of what it is to write, and after others took over."""

    def ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    with only_one(shared):
        journal = Journal.begin(shared, Origin("weekly.xlsx"), [], [], AT)
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("sync.state.journal.insert_many", ctrl_c)
            journal.write(Entries(intents=[CALL]), AT)
        assert shared.calls(journal.run) == {}
        with shared.writing() as connection:
            server: Any = connection.connection.driver_connection
            assert (server.autocommit, server.pgconn.pipeline_status) == (False, 0)


def test_the_fence_leaves_together_with_what_it_guards(shared: Store) -> None:
    """A server far away is waited for once."""
    said: list[tuple[str, bool, bool]] = []

    def note(connection: Connection, _: object, statement: str, *__: object) -> None:
        server: Any = connection.connection.driver_connection
        said.append((statement.split(maxsplit=1)[0], bool(server.pgconn.pipeline_status), server.autocommit))

    with only_one(shared):
        journal = Journal.begin(shared, Origin("weekly.xlsx"), [], [], AT)
        event.listen(shared.engine, "before_cursor_execute", note)
        journal.write(Entries(intents=[CALL]), AT)
        event.remove(shared.engine, "before_cursor_execute", note)
    assert said == [(word, True, True) for word in ("SELECT", "INSERT", "COMMIT")]


def test_nothing_is_sent_past_the_deadline_even_if_nobody_has_taken_over(shared: Store) -> None:
    moment = 1000.0
    lease = Lease(shared.engine, "shop", lambda: moment)
    lease.take()
    lease.check_deadline()
    moment = 999 + LEASE.total_seconds()
    lease.check_deadline()
    moment = 1000 + LEASE.total_seconds()
    with pytest.raises(Locked, match=r"run\.lost_lock"):
        lease.check_deadline()
    assert lease.renew()
    lease.check_deadline()
    lease.release()


def test_a_write_and_a_takeover_wait_for_each_other(shared: Store) -> None:
    """The check and the write are one: nobody takes over between them."""
    with only_one(shared), ThreadPoolExecutor(1) as pool:
        with shared.writing():
            expiring = pool.submit(expire, shared)
            with pytest.raises(FutureTimeout):
                expiring.result(timeout=0.1)
        expiring.result(timeout=10)


@pytest.mark.parametrize("ahead", [-120.0, 120.0])
def test_clocks_that_disagree_have_one_holder_at_a_time(shared: Store, ahead: float) -> None:
    """Only the database's clock counts; a holder's own is compared with nothing but itself."""
    first, second = Lease(shared.engine, "shop"), Lease(shared.engine, "shop", lambda: since_boot() + ahead)
    first.take()
    with pytest.raises(Locked, match=r"run\.locked"):
        second.take()
    first.release()
    third = Lease(shared.engine, "shop", lambda: since_boot() + ahead)
    third.take()
    third.check_deadline()
    third.release()


HOLD = """
import sys
from datetime import UTC, datetime, timedelta
from sync.errors import Locked
from sync.state import lease
from sync.state.journal import Entries, Journal, Origin
from sync.state.lock import only_one
from sync.state.store import Store
lease.LEASE = timedelta(seconds=float(sys.argv[2]))
store = Store(sys.argv[1], "shop")
with only_one(store):
    journal = Journal.begin(store, Origin("weekly.xlsx"), [], [], datetime.now(UTC))
    print("holding", flush=True)
    sys.stdin.readline()
    for use in (store.check_ours, lambda: journal.write(Entries(), datetime.now(UTC))):
        try:
            use()
            print("let through")
        except Locked as refused:
            print(refused.message.code)
"""


@contextmanager
def holder(place: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, place, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "holding\n"
        yield running
        running.kill()


def test_a_process_that_slept_past_its_lease_writes_nothing_and_sends_nothing(shared: Store, postgres: str) -> None:
    with holder(postgres, 0.4) as running:
        running.send_signal(signal.SIGSTOP)
        with until_taken(shared):
            running.send_signal(signal.SIGCONT)
            told, _ = running.communicate("go on\n", timeout=30)
    assert told.split() == ["run.lost_lock"] * 2


@contextmanager
def until_taken(store: Store) -> Iterator[None]:
    """Come again and again until the lease has ended, and take it."""
    for attempt in Retrying(retry=retry_if_exception_type(Locked), stop=stop_after_delay(30), wait=wait_fixed(0.05)):
        with attempt:
            lease = Lease(store.engine, "shop")
            lease.take()
    yield
    lease.release()


def test_of_a_holder_whose_connection_is_gone_it_is_told_until_when(shared: Store, postgres: str) -> None:
    with holder(postgres, 300) as running:
        with pytest.raises(Locked, match=r"run\.locked"), only_one(shared):
            pass
        running.kill()
        running.wait()
        for attempt in Retrying(stop=stop_after_delay(30), wait=wait_fixed(0.02)):
            with attempt, pytest.raises(Locked, match=r"run\.cut_off") as refused, only_one(shared):
                pass
    assert re.search(r"before \d\d:\d\d:\d\d \(GMT\+8\)", refused.value.message.words("en"))
