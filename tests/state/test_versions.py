"""The version of the tables: an older state is upgraded, a newer one refused, an empty place set up."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, Engine, inspect, text

from sync.call import Result
from sync.errors import Locked, Refusal
from sync.state.answers import answers_of
from sync.state.engine import open_engine
from sync.state.item_history import renames
from sync.state.journal import Journal, Origin, PlannedRow
from sync.state.schema import METADATA
from sync.state.shops import ShopIdentity, known_shop
from sync.state.store import Store
from sync.state.upkeep import StateInfo, info, upgrade
from sync.state.versions import UNVERSIONED, VERSION, VERSION_TABLE, exclusive
from tests.state.make_state_0_1 import KEPT
from tests.state.old_databases import copy_into

AT = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


def opened(place: str) -> Engine:
    return open_engine(place if "://" in place else Path(place))


def typed(place: str, *statements: str) -> None:
    engine = opened(place)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def unversioned(place: str, tmp_path: Path) -> str:
    """A state as the last program without versions left it, in either database."""
    kept = tmp_path / "kept.db"
    shutil.copy(KEPT[1], kept)
    if "://" not in place:
        kept.rename(place)
        return place
    copy_into(place, kept)
    return place


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "sync.state:migrations")
    return made


def test_the_newest_revision_is_what_the_program_knows() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == VERSION


def compared(place: str) -> object:
    """How the tables of a state differ from those of a new one."""
    engine = opened(place)
    with engine.connect() as connection:
        keys = {name: inspect(connection).get_pk_constraint(name)["constrained_columns"] for name in METADATA.tables}
        assert keys == {name: [*table.primary_key.columns.keys()] for name, table in METADATA.tables.items()}
        found = differences(connection)
    engine.dispose()
    return found


def differences(connection: Connection) -> list[Any]:
    # SQLite has one type of text.
    typed = connection.dialect.name != "sqlite"
    context = MigrationContext.configure(connection, opts={"compare_type": typed, "version_table": VERSION_TABLE})
    return [*compare_metadata(context, METADATA)]


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_an_older_file_is_upgraded_after_a_copy(tmp_path: Path, kept: Path) -> None:
    place = tmp_path / "state.db"
    shutil.copy(kept, place)
    Store(str(place), "shop").close()
    assert compared(str(place)) == []
    copy = tmp_path / f"state-{UNVERSIONED}.bak.db"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as copied, closing(sqlite3.connect(kept)) as was:
        assert [*copied.iterdump()] == [*was.iterdump()]


def test_an_older_state_that_machines_share_is_upgraded_where_it_is_asked_for(unversioned: str) -> None:
    if "://" in unversioned:
        with pytest.raises(Refusal, match=r"state\.older"):
            Store(unversioned, "shop")
    assert info(unversioned) == replace(info(unversioned), version=UNVERSIONED, shops=2, items=5, runs=4)
    assert [upgrade(unversioned), upgrade(unversioned)] == [UNVERSIONED, VERSION]
    assert compared(unversioned) == []
    first, second = Store(unversioned, "default"), Store(unversioned, "二店")
    assert [(run.id, dict(run.results)) for run in (*first.runs(), *second.runs())] == [
        (3, {Result.BLOCKED: 2}),
        (2, {Result.DONE: 2, Result.UNKNOWN: 1}),
        (1, {Result.NONE: 3}),
        (4, {Result.DONE: 1, Result.UNKNOWN: 1}),
    ]
    assert first.runs()[2].started_at.isoformat() == "2026-11-28T14:27:46.721653+00:00"
    assert [len(first.rows(run)) + len(first.calls(run)) for run in (1, 2, 3)] == [3, 6, 6]
    assert dict(first.baselines()["A-2"].remote)["_sys@inventory"] == 15
    assert (answers_of(second, 4)[3].answer, renames(second)) == ("skip", {"新": {4: "旧"}})
    assert known_shop(second) == ShopIdentity("taobao", "87654321", "1002")
    assert Journal.begin(second, Origin("a.xlsx"), [PlannedRow(2, "A", "update", "")], (), AT).run == 5
    assert (first.rows(5), second.rows(5)[0].outer_id) == ((), "A")
    first.close()
    second.close()


def test_a_minor_step_only_adds(unversioned: str) -> None:
    """So that a program of the step before works with it, and an older state's file is upgraded from there too."""
    engine = opened(unversioned)
    made = config()
    with exclusive(engine) as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, f"{VERSION.split('.')[0]}.0")
        added = differences(connection)
    engine.dispose()
    assert {what[0] for what in added} <= {"add_table", "add_column", "add_index"}
    assert all(what[3].nullable for what in added if what[0] == "add_column")
    assert upgrade(unversioned) == f"{VERSION.split('.')[0]}.0"
    assert compared(unversioned) == []
    Store(unversioned, "二店").close()


def test_a_newer_state_is_refused_unless_it_only_has_more(place: str, store: Store) -> None:
    major, minor = map(int, VERSION.split("."))
    typed(place, f"UPDATE {VERSION_TABLE} SET version_num = '{major}.{minor + 1}'")
    Store(place, "shop").close()
    assert upgrade(place) == f"{major}.{minor + 1}"
    typed(place, f"UPDATE {VERSION_TABLE} SET version_num = '{major + 1}.0'")
    for use in (lambda: Store(place, "shop"), lambda: upgrade(place)):
        with pytest.raises(Refusal) as refused:
            use()
        assert (refused.value.message.code, type(refused.value)) == ("state.newer", Refusal)
    assert info(place).version == f"{major + 1}.0"


def test_a_database_with_other_peoples_tables_is_set_up(place: str) -> None:
    typed(place, "CREATE TABLE jobs (id INTEGER)", "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    Store(place, "shop").close()
    assert info(place).version == VERSION
    typed(place, "SELECT id FROM jobs")


def test_info_of_what_is_not_there_yet_makes_nothing(tmp_path: Path, postgres: str) -> None:
    place = str(tmp_path / "state.db")
    assert info(place) == StateInfo(VERSION, place, 0, 0, 0, 0)
    assert [*tmp_path.iterdir()] == []
    assert info(postgres).bytes == 0


@pytest.mark.parametrize("moment", ["alembic.command.upgrade", "sync.state.upgrading.sqlite3.connect"])
def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    place = tmp_path / "state.db"
    shutil.copy(KEPT[0], place)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises((Refusal, sqlite3.OperationalError)):
        patch.setattr(moment, full)
        Store(str(place), "shop")
    assert info(str(place)).version == UNVERSIONED
    Store(str(place), "shop").close()
    assert info(str(place)).version == VERSION


def test_a_state_in_the_middle_of_a_run_is_not_upgraded(tmp_path: Path) -> None:
    place = tmp_path / "state.db"
    shutil.copy(KEPT[0], place)
    with FileLock(tmp_path / "state.db.default.lock"), pytest.raises(Locked, match=r"state\.busy"):
        Store(str(place), "shop")
    assert info(str(place)).version == UNVERSIONED


SHARED = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


@SHARED
def test_a_shared_state_is_not_rebuilt_while_a_run_is_going_on(unversioned: str) -> None:
    typed(unversioned, "INSERT INTO locks VALUES ('default', 'another machine', '2999-01-01T00:00:00+00:00')")
    with pytest.raises(Locked, match=r"state\.busy"):
        upgrade(unversioned)
    assert info(unversioned).version == UNVERSIONED
    typed(unversioned, "UPDATE locks SET until = '2026-11-28T00:00:00+00:00'")
    assert upgrade(unversioned) == UNVERSIONED


@SHARED
def test_what_is_only_added_waits_for_a_write_and_is_in_no_runs_way(unversioned: str) -> None:
    """A program of the step before is in the midst of a run, with its statements and a lease of its own."""
    engine, made = opened(unversioned), config()
    with exclusive(engine) as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, f"{VERSION.split('.')[0]}.0")
    run = "INSERT INTO runs (profile, id, sheet, started_at, watch) VALUES ('old', {}, '/w.xlsx', now(), false)"
    with ThreadPoolExecutor(1) as other, engine.begin() as writing:
        writing.execute(text("INSERT INTO leases VALUES ('old', 1, now() + interval '30 seconds', 1)"))
        writing.execute(text(run.format(1)))
        upgrading = other.submit(upgrade, unversioned)
        with pytest.raises(FutureTimeout):
            upgrading.result(timeout=0.3)
        writing.commit()
        assert upgrading.result(timeout=30) != VERSION
    typed(unversioned, "UPDATE runs SET finished_at = now() WHERE profile = 'old'", run.format(2))
    engine.dispose()
    store = Store(unversioned, "old")
    assert [(one.id, one.sheet, bool(one.finished_at)) for one in store.runs()] == [
        (2, "/w.xlsx", False),
        (1, "/w.xlsx", True),
    ]
    assert len({one.sheet_id for one in store.runs()} | {""}) == 2, "a path is an id, too"
    store.close()


COME = """
import os, sys
from sync.state.store import Store
wait, go = os.pipe()
coming = []
for _ in range(6):
    if not (child := os.fork()):
        os.close(go)
        os.read(wait, 1)
        store = Store(sys.argv[1], "shop")
        os._exit(len(store.runs()) + 2 * ("alembic" in sys.modules))
    coming.append(child)
os.close(go)
print([os.waitpid(child, 0)[1] for child in coming])
"""


def test_many_processes_come_to_an_empty_database_at_once(place: str) -> None:
    come = subprocess.run([sys.executable, "-c", COME, place], capture_output=True, text=True, timeout=60, check=True)
    assert (come.stdout, come.stderr) == (f"{[0] * 6}\n", "")


def test_a_missing_driver_is_named_by_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for url in ("postgres://me:hunter2@host/state", "postgresql://me:hunter2@host/state"):
        with pytest.raises(Refusal) as refused:
            Store(url, "shop")
        assert refused.value.message.code == "state.no_driver"
        assert 'pip install "itemsync[postgres]"' in refused.value.message.words("en")
