"""Trouble with the state is told in words, with what to do next, and nothing of it is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy import create_engine
from sqlalchemy.exc import (
    DatabaseError,
    InterfaceError,
    InvalidRequestError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from sync.state.journal import Entries, Journal
from sync.state.store import Store
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import held, line, moving, results, row, write

BUSY = OperationalError("", None, Exception("database is locked"))
TROUBLES = [
    (BUSY, "state.busy"),
    (DatabaseError("", None, Exception("database disk image is malformed")), "state.damaged"),
    (DatabaseError("", None, Exception("file is not a database")), "state.damaged"),
    (OperationalError("", None, Exception("no such table: runs")), "state.damaged"),
    (OperationalError("", None, Exception("database or disk is full")), "state.unwritable"),
    (OperationalError("", None, Exception("attempt to write a readonly database")), "state.unwritable"),
    (PoolTimeout("QueuePool limit of size 5 overflow 10 reached"), "state.busy"),
    (InterfaceError("", None, Exception("connection already closed")), "state.unreachable"),
    (OperationalError("", None, Exception("server went away"), connection_invalidated=True), "state.unreachable"),
    (OperationalError("of a title: 'locked'", None, Exception("disk I/O error")), "state.unwritable"),
]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program writes into the state, and doesn't come to an end."""
    with closing(sqlite3.connect(folder / STATE)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is waited for a moment only, in place of five seconds."""
    monkeypatch.setattr("sync.state.engine.create_engine", partial(create_engine, connect_args={"timeout": 0.02}))


@pytest.mark.parametrize(("trouble", "code"), TROUBLES)
def test_what_the_database_says(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, trouble: SQLAlchemyError, code: str
) -> None:
    monkeypatch.setattr(Store, "runs", _raising(trouble))
    ran = itemsync("history", "--json")
    assert (ran.code, ran.error) == (5, code)


@pytest.mark.parametrize(("trouble", "code", "exit"), [(*TROUBLES[0], 5), (*TROUBLES[1], 2)])
def test_what_the_database_says_as_it_is_opened(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, trouble: DatabaseError, code: str, exit: int
) -> None:
    monkeypatch.setattr("sync.state.store.make_ready", _raising(trouble))
    ran = itemsync("history", "--json")
    assert (ran.code, ran.error) == (exit, code)


@pytest.mark.parametrize(
    "bug",
    [
        ProgrammingError("", None, Exception("8 bindings, 9 values")),
        InterfaceError("", None, sqlite3.InterfaceError("bad parameter or other API misuse")),
        InvalidRequestError("closed"),
    ],
    ids=repr,
)
def test_a_bug_is_not_told_as_a_full_disk(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, bug: SQLAlchemyError
) -> None:
    monkeypatch.setattr(Store, "runs", _raising(bug))
    ran = itemsync("history")
    assert ran.code == 70
    assert "磁盘" not in ran.err


def test_damage_does_not_say_that_nothing_was_changed(itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Store, "runs", _raising(TROUBLES[1][0]))
    told = itemsync("--lang", "en", "history").err
    assert "nothing was changed" not in told and "itemsync pull" in told


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("damage", "command"),
    [
        ("UPDATE items SET said = substr(said, 2)", ("plan",)),
        ("UPDATE items SET origins = ''", ("apply", "--yes")),
        ("UPDATE items SET said = CAST(x'7bff7d' AS TEXT)", ("apply", "--yes")),
        ("UPDATE items SET remote = 'null'", ("plan",)),
        ("UPDATE items SET hold = '{}'", ("plan",)),
        ("UPDATE rows SET plan = replace(plan, '{', '[')", ("undo",)),
        ("UPDATE rows SET ended = 'x'", ("show",)),
        ("UPDATE calls SET params = '['", ("show",)),
    ],
)
def test_a_document_that_cannot_be_read_is_damage(
    synced: Path, itemsync: Command, sandbox: Sandbox, damage: str, command: tuple[str, ...]
) -> None:
    write(synced, line("A-1", 价格=25), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    with closing(sqlite3.connect(synced.with_name(STATE))) as state, state:
        state.execute(damage)
    sandbox.calls.clear()
    name, *options = command
    ran = itemsync(name, 2 if name in ("undo", "show") else synced, *options, "--json")
    assert (ran.code, ran.error) == (5, "state.damaged")
    assert sandbox.writes == 0


@pytest.mark.parametrize("content", [b"", b"S", b"no state", b"\0" * 4096, b"dear diary" * 999], ids=len)
def test_a_file_that_lost_its_content_is_not_taken_as_new(
    synced: Path, folder: Path, itemsync: Command, sandbox: Sandbox, content: bytes
) -> None:
    (folder / STATE).write_bytes(content)
    sandbox.calls.clear()
    for command in (["plan"], ["apply", "--yes"]):
        ran = itemsync("--lang", "en", *command, synced, "--json")
        assert (ran.code, ran.error) == (2, "state.no_state")
        assert "itemsync pull" in ran.json["error"]["message"]
    assert (folder / STATE).read_bytes() == content
    assert not sandbox.calls
    assert not list(folder.glob("*.making"))
    (folder / STATE).unlink()
    assert itemsync("plan", synced).code == 0, "a path that holds nothing is new"


def test_a_lock_file_of_another_user(itemsync: Command, synced: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def acquire(*_: object, **__: object) -> None:
        raise PermissionError(13, "not yours")

    monkeypatch.setattr(FileLock, "acquire", acquire)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "state.no_lock")


@pytest.mark.usefixtures("impatient")
def test_a_state_that_stays_locked_stops_before_the_first_call(
    synced: Path, folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    with locked(folder):
        ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "state.busy")
    assert sandbox.writes == 0
    assert itemsync("apply", synced, "--yes").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], results(synced)["A-1"]) == (15, "完成")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("moment", ["confirm_cleared", "mark_delivered"])
def test_locked_while_the_results_are_delivered(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    write(synced, moving("A-1", 5), line("A-2", 价格=25), line("A-3"))
    before: Callable[..., object] = getattr(Store, moment)

    def held_up(store: Store, *rest: object) -> object:
        with locked(synced.parent):
            return before(store, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Store, moment, held_up)
        ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "state.busy")
    assert "itemsync resume" in ran.json["error"]["message"]
    assert itemsync("resume").code == 0
    assert (results(synced)["A-1"], results(synced)["A-2"], row(synced, "A-1")["库存增减"]) == ("完成", "完成", None)
    sandbox.calls.clear()
    assert itemsync("apply", synced, "--yes").code == 0
    assert sandbox.writes == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


@pytest.mark.usefixtures("quick")
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("number", [1, 2, 3])
def test_locked_between_the_calls(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write(synced, moving("A-1", 5), line("A-2", 价格=25), line("A-3", 库存=4))
    commit, commits = Journal.write, count(1)

    def held_up(journal: Journal, entries: Entries, at: datetime) -> None:
        with locked(synced.parent) if next(commits) >= number else nullcontext():
            commit(journal, entries, at)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "write", held_up)
        ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "state.busy")
    assert itemsync("resume").code == 0
    assert set(results(synced).values()) == {"完成"}
    assert [held(sandbox, code)[INVENTORY] for code in ("A-1", "A-3")] == [15, 4]


def _raising(trouble: Exception) -> Callable[..., None]:
    def runs(*_: object) -> None:
        raise trouble

    return runs
