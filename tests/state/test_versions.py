"""The version of the tables: an older state is upgraded, a newer one refused, an empty place set up."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Engine, text

from sync.errors import Locked, Refusal
from sync.state.engine import open_engine
from sync.state.store import Store
from sync.state.tables import METADATA, RUNS
from sync.state.upkeep import StateInfo, info, upgrade
from sync.state.versions import UNVERSIONED, VERSION, VERSION_TABLE
from tests.state.make_state_0_1 import KEPT


def opened(place: str) -> Engine:
    return open_engine(place if "://" in place else Path(place))


def typed(place: str, *statements: str) -> None:
    engine = opened(place)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def unversioned(place: str) -> str:
    """A state as the last program without versions left it, with one run in it."""
    engine = opened(place)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(
            RUNS.insert().values(profile="shop", sheet="a.xlsx", started_at="2026-11-21T01:30:00+00:00", watch=False)
        )
    engine.dispose()
    return place


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", "sync.state:migrations")
    return made


def test_the_newest_revision_is_what_the_program_knows() -> None:
    assert ScriptDirectory.from_config(config()).get_current_head() == VERSION


@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_an_upgraded_state_has_the_tables_of_a_new_one(tmp_path: Path, kept: Path) -> None:
    place = tmp_path / "state.db"
    shutil.copy(kept, place)
    Store(str(place), "shop").close()
    engine = opened(str(place))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "version_table": VERSION_TABLE})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()
    assert (tmp_path / f"state-{UNVERSIONED}.bak.db").stat().st_mode & 0o777 == 0o600
    with (
        closing(sqlite3.connect(tmp_path / f"state-{UNVERSIONED}.bak.db")) as copy,
        closing(sqlite3.connect(kept)) as was,
    ):
        assert [*copy.iterdump()] == [*was.iterdump()]


def test_an_older_state_that_machines_share_is_upgraded_where_it_is_asked_for(unversioned: str) -> None:
    if "://" in unversioned:
        with pytest.raises(Refusal, match=r"state\.older"):
            Store(unversioned, "shop")
    assert (info(unversioned).version, info(unversioned).runs) == (UNVERSIONED, 1)
    assert [upgrade(unversioned), upgrade(unversioned)] == [UNVERSIONED, VERSION]
    store = Store(unversioned, "shop")
    assert [run.sheet for run in store.runs()] == ["a.xlsx"]
    store.close()


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


COME = """
import os, sys
from sync.state.store import Store
wait, go = os.pipe()
coming = []
for _ in range(12):
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
    assert (come.stdout, come.stderr) == (f"{[0] * 12}\n", "")


def test_a_missing_driver_is_named_by_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    for url in ("postgres://me:hunter2@host/state", "postgresql://me:hunter2@host/state"):
        with pytest.raises(Refusal) as refused:
            Store(url, "shop")
        assert refused.value.message.code == "state.no_driver"
        assert 'pip install "itemsync[postgres]"' in refused.value.message.words("en")
