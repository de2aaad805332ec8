"""One run at a time on a profile, by a lock that a dead process doesn't hold (DESIGN section 6)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.errors import Locked, Refusal
from sync.state.journal import Journal, Origin
from sync.state.lock import LEASE, only_one, take_lease
from sync.state.store import Store

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


def now() -> datetime:
    return AT


@pytest.fixture(params=["a file", "a database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    file = tmp_path / "state.db"
    return str(file) if request.param == "a file" else f"sqlite:///{file}"


@pytest.fixture
def shop(place: str) -> Iterator[Store]:
    store = Store(place, "shop")
    yield store
    store.close()


def test_two_runs_on_one_profile_are_one_too_many(place: str, shop: Store) -> None:
    second = Store(place, "shop")
    with only_one(shop, now), pytest.raises(Refusal) as refused, only_one(second, now):
        pass
    assert (refused.value.message.code, type(refused.value)) == ("run.locked", Locked)
    with only_one(second, now):
        pass
    second.close()


def test_profiles_do_not_wait_for_each_other(place: str, shop: Store) -> None:
    others = [Store(place, name) for name in ("another shop", "一店", "二店", "a/b\\c:d*?")]
    with ExitStack() as held:
        for store in (shop, *others):
            held.enter_context(only_one(store, now))
    for store in others:
        store.close()


def test_the_lock_is_let_go_of_when_the_work_fails(place: str, shop: Store) -> None:
    with pytest.raises(ZeroDivisionError), only_one(shop, now):
        raise ZeroDivisionError
    with only_one(shop, now):
        pass


HOLD_AND_DIE = """
import os, sys
from datetime import UTC, datetime
from sync.state.lock import only_one
from sync.state.store import Store
with only_one(Store(sys.argv[1], "shop"), lambda: datetime.now(UTC)):
    os._exit(9)
"""


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    place = str(tmp_path / "state.db")
    died = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, place], check=False, timeout=60)
    assert died.returncode == 9
    store = Store(place, "shop")
    with only_one(store, now):
        pass
    store.close()


@pytest.mark.parametrize(
    ("who", "after", "taken"),
    [
        ("holder", timedelta(0), True),
        ("holder", LEASE * 5, True),
        ("another", timedelta(0), False),
        ("another", LEASE, False),
        ("another", LEASE + timedelta(microseconds=1), True),
    ],
    ids=["renewed", "renewed late", "at once", "as it ends", "once it has ended"],
)
def test_a_lease(shop: Store, who: str, after: timedelta, taken: bool) -> None:
    assert take_lease(shop, "holder", AT)
    assert take_lease(shop, who, AT + after) is taken
    assert take_lease(shop, "holder", AT + after) is (who == "holder" or not taken)


def test_whoever_lost_the_lease_writes_nothing_more(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'state.db'}", "shop")
    with only_one(store, now):
        journal = Journal.begin(store, Origin("weekly.xlsx"), [], [], AT)
        assert take_lease(store, "another", AT + LEASE * 2)
        with pytest.raises(Refusal) as refused:
            journal.finish(AT)
    assert (refused.value.message.code, type(refused.value)) == ("run.lost_lock", Locked)
    assert store.unfinished() is not None
    store.close()
