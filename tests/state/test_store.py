"""The state database: what goes in comes out, profiles don't see each other, and a commit outlives a power cut."""

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, select

from sync.call import Outcome, Result
from sync.errors import Locked, Refusal
from sync.fields import INVENTORY
from sync.item import CLEAR, Baseline, Cell, LastCell, Opaque, Status, Value, opaque, said
from sync.remembered import Hold, LastRuling
from sync.state.baselines import COLUMNS, KeptBaselines, put_baselines, remembered
from sync.state.item_history import rows_of
from sync.state.journal import Ended, Entries, Intent, Journal, Origin, PlannedRow, Settlement
from sync.state.known_items import known_items
from sync.state.schema import METADATA
from sync.state.store import Store
from sync.state.tables import HOLD_JSON
from tests.cli.kills import Killed

AT = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
ORIGIN = Origin("/home/staff/weekly.xlsx")


def last(value: Cell) -> LastCell:
    return LastCell(value, "weekly.xlsx", AT)


FULL = Baseline(
    "7627361700001",
    {
        "_sys@title": last("猫爪杯 🐾"),
        "_sys@price": last(1990),
        "_sys@category": last(("丽人", "美甲")),
        "_sys@status": last(Status.INACTIVE),
        "品牌": last(CLEAR),
        "空": last(""),
        "数": last("12"),
    },
    {
        "_sys@title": "猫爪杯",
        "_sys@inventory": 0,
        "_sys@status": Status.ACTIVE,
        "_sys@category": ("丽人", "美甲"),
        "包装": opaque({"盒": [1, 2.5, None, True]}),
        "_sys@domainId": 2**63 - 1,
    },
    deleted=True,
    hold=Hold(-3, 12, AT, unknown=True, before=10, seen=None),
    pending=True,
    ruled=LastRuling(Status.INACTIVE, "no stock", "", {"少了就下": Status.ACTIVE, '["daily"]': Status.INACTIVE}),
)
BASELINES = {
    "full": FULL,
    "nothing yet": Baseline(None),
    "a hold that was applied": Baseline("7", hold=Hold(5, 1, AT)),
    "known to the microsecond": Baseline("7", {"a": LastCell("b", "周表 (2).xlsx", AT + timedelta(microseconds=1))}),
}


@pytest.mark.parametrize("baseline", BASELINES.values(), ids=BASELINES)
def test_a_baseline_comes_back_as_it_went_in(store: Store, baseline: Baseline) -> None:
    store.put({"A-001": baseline})
    assert store.baselines() == {"A-001": baseline}


def test_what_was_read_can_be_kept_again(store: Store) -> None:
    store.put(BASELINES)
    store.put({code: replace(known, pending=True) for code, known in store.baselines().items()})
    assert store.baselines() == {code: replace(known, pending=True) for code, known in BASELINES.items()}


def test_a_count_stays_a_count_and_text_stays_text(store: Store) -> None:
    store.put({"A": FULL})
    cells = store.baselines()["A"].cells
    assert [type(cells[path].value) for path in ("_sys@price", "数", "_sys@category")] == [int, str, tuple]
    assert cells["品牌"].value == CLEAR


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
OPAQUES = st.builds(opaque, st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, st.lists, max_leaves=4))
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXTS, st.integers(-(2**63), 2**63), st.sampled_from(Status), st.tuples(TEXTS, TEXTS), OPAQUES
)
MOMENTS = st.datetimes(timezones=st.just(UTC))
LASTS = st.builds(LastCell, VALUES | st.just(CLEAR), TEXTS, MOMENTS)


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Engine]:
    """A state in memory, for what is taken back afterwards."""
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    yield engine
    engine.dispose()


@given(st.dictionaries(TEXTS, LASTS), st.dictionaries(TEXTS, VALUES))
def test_every_value_survives_being_kept(
    in_memory: Engine, cells: dict[str, LastCell], remote: dict[str, Value]
) -> None:
    kept = Baseline("7", cells, remote)
    with in_memory.connect() as connection:
        put_baselines(connection, "shop", {"A": kept})
        found = remembered(connection.execute(select(*COLUMNS)))
        connection.rollback()
    assert found == {"A": kept}
    assert found.kept["A"].said == said({path: last.value for path, last in cells.items()})


COUNTS = st.none() | st.integers(0, 2**31)


@given(st.builds(Hold, st.integers(), st.integers(1), MOMENTS, st.booleans(), COUNTS, COUNTS))
def test_every_hold_survives_being_kept(hold: Hold) -> None:
    assert HOLD_JSON.validate_json(HOLD_JSON.dump_json(hold)) == hold


def test_an_opaque_value_is_not_taken_for_a_cleared_one(store: Store) -> None:
    tricky = Opaque('{"clear": true}')
    store.put({"A": Baseline("7", {"a": last(tricky)}, {"a": tricky})})
    assert store.baselines()["A"].cells["a"].value == tricky


def test_profiles_share_a_database_and_nothing_else(place: str, store: Store) -> None:
    other = Store(place, "another shop")
    store.put({"A": FULL, "B": Baseline("8")})
    other.put({"A": Baseline("9")})
    run = begin(store)
    assert other.baselines() == {"A": Baseline("9")}
    assert (other.unfinished(), other.runs()) == (None, ())
    with pytest.raises(Refusal, match=r"state\.no_run"):
        other.run(run.run)
    other.confirm_cleared(12, ["A"])
    assert store.baselines() == {"A": FULL, "B": Baseline("8")}
    other.close()


def test_runs_count_by_profile_and_nothing_of_one_is_read_or_written_by_another(place: str, store: Store) -> None:
    other = Store(place, "another shop")
    call = Intent(2, 0, "taobao.open.item.get", {"item_id": "7"}, {}, writes=False)
    runs = [begin(one, planned(2, code)) for one, code in ((store, "A"), (other, "B"))]
    assert [run.run for run in runs] == [1, 1]
    runs[0].write(Entries(intents=[call]), AT)
    assert [row.outer_id for row in other.rows(1)] == ["B"]
    assert (other.calls(1), other.journal(1)) == ({}, {})
    runs[1].write(Entries(settled=[Settlement(call, Outcome.DONE)], ended=[Ended(2, Result.DONE, "{}", "B")]), AT)
    runs[1].close_open_intents(AT)
    other.mark_delivered(1, AT)
    runs[1].finish(AT)
    assert store.unfinished() == store.run(1)
    assert (store.run(1).delivered, store.run(1).results, store.rows(1)[0].result) == (False, {}, None)
    assert [line.outcome for line in store.calls(1)[2]] == [Outcome.UNKNOWN]
    assert [run.id for run, _ in rows_of(other, "B")] == [1]
    assert rows_of(store, "B") == ()
    other.close()


def test_texts_may_be_long_and_hold_what_no_database_takes(store: Store) -> None:
    code, error, request = "编" * 2000, "a\0b\ud800c", "r" * 500
    call = Intent(2, 0, "taobao.open.item.get", {"item_id": "7"}, {})
    journal = Journal.begin(store, replace(ORIGIN, by="b" * 300), [planned(2, code)], (), AT)
    journal.write(Entries(intents=[call]), AT)
    settled = Settlement(call, Outcome.FAILED, request_id=request, error=error)
    journal.write(Entries(settled=[settled], ended=[Ended(2, Result.FAILED, "{}", code, Baseline("7" * 99))]), AT)
    kept = store.calls(1)[2][0]
    assert (kept.request_id, kept.error) == (request, "a\ufffdb?c")
    assert (store.run(1).by, store.rows(1)[0].outer_id, [*store.baselines()]) == ("b" * 300, code, [code])


def begin(store: Store, *rows: PlannedRow, ended: tuple[Ended, ...] = ()) -> Journal:
    return Journal.begin(store, ORIGIN, rows, ended, AT)


def planned(row: int, code: str = "A") -> PlannedRow:
    return PlannedRow(row, code, "update", '{"a": 1}')


def test_a_renamed_codes_memory_passes_on(store: Store) -> None:
    store.put({"OLD": FULL, "B": Baseline("8")})
    journal = begin(store, planned(2, "NEW"))
    journal.write(Entries(ended=[Ended(2, Result.DONE, "{}", "NEW", FULL, renames="OLD")]), AT)
    assert store.baselines() == {"NEW": FULL, "B": Baseline("8")}


def test_two_rows_may_exchange_their_codes(store: Store) -> None:
    store.put({"A": Baseline("1"), "B": Baseline("2")})
    journal = begin(store, planned(2, "B"), planned(3, "A"))
    journal.write(Entries(ended=[Ended(2, Result.DONE, "{}", "B", Baseline("1"), renames="A")]), AT)
    journal.write(Entries(ended=[Ended(3, Result.DONE, "{}", "A", Baseline("2"), renames="B")]), AT)
    assert store.baselines() == {"A": Baseline("2"), "B": Baseline("1")}


def test_an_end_without_news_leaves_memory_alone(store: Store) -> None:
    store.put({"A": FULL})
    begin(store, planned(2)).write(Entries(ended=[Ended(2, Result.FAILED, "{}", "A", None)]), AT)
    assert store.baselines() == {"A": FULL}


MOVED = replace(FULL, hold=Hold(5, 12, AT))
FIFTEEN = LastCell("15", "weekly.xlsx", AT)


def test_a_cell_that_was_seen_empty_needs_no_hold(store: Store) -> None:
    store.put({"A": MOVED, "B": MOVED})
    store.confirm_cleared(12, ["A", "NEVER-HEARD-OF"])
    assert [known.hold for known in store.baselines().values()] == [None, MOVED.hold]
    store.confirm_cleared(12, [])
    store.confirm_cleared(12, ["B"], {"B": FIFTEEN})
    assert store.baselines()["B"] == replace(MOVED, hold=None, cells={**MOVED.cells, INVENTORY: FIFTEEN})


@pytest.mark.parametrize(
    "hold", [None, Hold(5, 11, AT), Hold(5, 13, AT), Hold(5, 12, AT, unknown=True), Hold(5, 12, AT, True, undo=True)]
)
def test_a_run_lets_go_of_nothing_but_what_it_made(store: Store, hold: Hold | None) -> None:
    store.put({"A": replace(MOVED, hold=hold)})
    store.confirm_cleared(12, ["A"], {"A": FIFTEEN})
    assert store.baselines() == {"A": replace(MOVED, hold=hold)}


@pytest.mark.parametrize(
    "newer", [replace(MOVED, hold=Hold(6, 13, AT)), replace(MOVED, cells={INVENTORY: FIFTEEN}), Baseline("8")]
)
def test_what_another_process_wrote_meanwhile_stays(
    store: Store, newer: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put({"A": MOVED})

    def overtaken(rows: Iterable[Sequence[object]]) -> KeptBaselines:
        store.put({"A": newer})
        return remembered(rows)

    with monkeypatch.context() as patched:
        patched.setattr("sync.state.baselines.remembered", overtaken)
        store.confirm_cleared(12, ["A"], {"A": LastCell("14", "old.xlsx", AT)})
    assert store.baselines() == {"A": newer}


def test_runs_are_told_with_their_results_the_newest_first(store: Store) -> None:
    first = begin(store, planned(2), planned(3, "B"), planned(4, "C"))
    first.write(Entries(ended=[Ended(2, Result.DONE, "{}", "A"), Ended(3, Result.DONE, "{}", "B")]), AT)
    assert store.unfinished() == store.run(first.run)
    first.finish(AT + timedelta(minutes=3))
    second = begin(store)
    second.finish(AT)
    assert store.unfinished() is None
    assert [run.id for run in store.runs()] == [second.run, first.run]
    told = store.run(first.run)
    assert (told.sheet, told.started_at, told.finished_at) == (ORIGIN.sheet, AT, AT + timedelta(minutes=3))
    assert told.results == {Result.DONE: 2}


def test_the_database_itself_lets_one_run_be_open(store: Store) -> None:
    begin(store)
    with pytest.raises(Refusal) as refused:
        begin(store)
    assert (refused.value.message.code, type(refused.value)) == ("run.locked", Locked)
    assert len(store.runs()) == 1


def test_a_run_nobody_made(store: Store) -> None:
    with pytest.raises(Refusal) as refused:
        store.run(404)
    assert (refused.value.message.code, type(refused.value)) == ("state.no_run", Refusal)
    assert "404" in refused.value.message.words("en")


def test_a_commit_outlives_a_power_cut(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "state.db"), "shop")
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    store.close()


def test_state_is_there_again_after_a_restart(tmp_path: Path) -> None:
    place = str(tmp_path / "new folder" / "state.db")
    before = Store(place, "shop")
    before.put({"A": FULL})
    begin(before, planned(2))
    before.close()
    after = Store(place, "shop")
    assert after.baselines() == {"A": FULL}
    assert after.unfinished() is not None
    after.close()


def test_many_may_come_to_a_new_place_at_once(tmp_path: Path) -> None:
    def come(n: int) -> None:
        Store(str(tmp_path / f"{n // 6}.db"), "default").close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(come, range(60)))


def test_what_another_process_made_meanwhile_is_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, place, acquire = tmp_path / "made.db", tmp_path / "state.db", FileLock.acquire
    before = Store(str(made), "shop")
    before.put({"A": FULL})
    before.close()

    def waits(lock: FileLock) -> object:
        shutil.copy(made, place)
        return acquire(lock)

    monkeypatch.setattr(FileLock, "acquire", waits)
    after = Store(str(place), "shop")
    assert after.baselines() == {"A": FULL}
    after.close()


def test_a_new_state_that_nobody_comes_to_an_end_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(lock: FileLock) -> object:
        raise Timeout(lock.lock_file)

    monkeypatch.setattr(FileLock, "acquire", waits)
    with pytest.raises(Refusal) as refused:
        Store(str(tmp_path / "state.db"), "shop")
    assert (refused.value.message.code, type(refused.value)) == ("state.busy", Locked)


def test_a_first_start_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises(Refusal, match=r"state\.unusable"):
        patch.setattr("sync.state.state_file.sqlite3.connect", full)
        Store(str(tmp_path / "state.db"), "shop")
    Store(str(tmp_path / "state.db"), "shop").close()


@pytest.mark.parametrize(
    "moment",
    [
        "state_file.sqlite3.connect",
        "state_file.write_new",
        "engine._durable",
        "store.make_ready",
        "versions.version_of",
        "versions.insert",
    ],
)
def test_a_first_start_that_is_killed_leaves_no_lost_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(f"sync.state.{moment}", die)
        Store(str(tmp_path / "state.db"), "shop")
    after = Store(str(tmp_path / "state.db"), "shop")
    after.put({"A": FULL})
    assert after.baselines() == {"A": FULL}
    after.close()
    assert [one.name for one in tmp_path.iterdir()] == ["state.db"]


@pytest.mark.parametrize("content", ["", "S", "no state"])
@pytest.mark.parametrize("url", ["", "sqlite:///", "sqlite+pysqlite:///"])
def test_an_empty_file_is_a_lost_state(tmp_path: Path, url: str, content: str) -> None:
    file = tmp_path / "state.db"
    file.write_text(content)
    with pytest.raises(Refusal) as refused:
        Store(f"{url}{file}", "shop")
    assert (refused.value.message.code, type(refused.value)) == ("state.no_state", Refusal)
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("state.db", content)]


def test_a_url_is_a_place_too(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'state.db'}", "shop")
    store.put({"A": FULL})
    assert store.baselines() == {"A": FULL}
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


@pytest.mark.parametrize(
    "place",
    [
        "postgresql://me:hunter2@127.0.0.1:1/state",
        "mysql+nosuchdriver://me:hunter2@host/state",
        "nosuchdatabase://me:hunter2@host/state",
        "postgresql://me:hunter2@host:port/state",
        "://me:hunter2",
        "postgresql://127.0.0.1:1/state?user=me&password=hunter2",
    ],
)
def test_a_place_that_will_not_do_is_refused_without_its_password(place: str) -> None:
    with pytest.raises(Refusal) as refused:
        Store(place, "shop")
    assert refused.value.message.code == ("state.no_server" if "127.0.0.1" in place else "state.unusable")
    told = refused.value.message.words("en")
    assert ":hunter2" not in told and "=hunter2" not in told


@pytest.mark.parametrize("kind", ["a folder", "no database", "below a file"])
def test_a_file_that_is_no_state(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "state.db"
    if kind == "a folder":
        place.mkdir()
    else:
        place.write_text("dear diary" * 200)
    with pytest.raises(Refusal) as refused:
        Store(str(place / "state.db" if kind == "below a file" else place), "shop")
    assert refused.value.message.code == ("state.no_state" if kind == "no database" else "state.unusable")
    assert kind == "a folder" or place.read_text().startswith("dear diary")


@pytest.mark.parametrize("name", ["a?b%20.db", "周#1.db", "a&b=c.db", "100%.db", "a;c.db", "mode=ro?x=1", ":memory:"])
def test_a_files_name_may_hold_what_means_something_in_a_url(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for place in (name, str(tmp_path / name)):
        Store(place, "shop").close()
        assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_a_thread_has_when_the_state_is_closed_is_closed_once_it_comes_back(place: str) -> None:
    store = Store(place, "shop")
    connection = store.engine.connect()
    driver = connection.connection.dbapi_connection
    store.close()
    connection.close()
    with pytest.raises(store.engine.dialect.loaded_dbapi.Error, match="closed"):
        driver.cursor()  # type: ignore[union-attr]


def test_what_is_known_comes_some_items_at_a_time(store: Store, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Store(place, "another shop")
    other.put({"X": Baseline("1")})
    other.close()
    store.put({"A": FULL, **{f"B-{n}": Baseline(str(n)) for n in range(5)}})
    monkeypatch.setattr("sync.state.known_items._TOGETHER", 4)
    parts = [*known_items(store)]
    assert [len(part) for part in parts] == [4, 2]
    assert {code: known for part in parts for code, known in part.items()} == store.baselines()
