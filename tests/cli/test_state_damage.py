"""A state file that is damaged, cut short, read-only or full: said in words, and nothing is lost by it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sync.call import Call
from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from sync.state import engine
from tests.cli.conftest import STATE, Command
from tests.cli.kills import killed
from tests.cli.small_shop import CODES, held, line, moving, results, row, write

PAGE = 4096


def _over(content: bytes, start: int, end: int, by: bytes) -> bytes:
    return content[:start] + by * (end - start) + content[end:]


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "header": lambda kept: _over(kept, 0, 100, b"\xff"),
    "a page in the middle": lambda kept: _over(kept, 2 * PAGE, len(kept) - PAGE, b"\xff"),
    "zeros where pages were": lambda kept: _over(kept, PAGE, len(kept), b"\0"),
    "cut at a page": lambda kept: kept[: len(kept) // PAGE // 2 * PAGE],
    "cut anywhere": lambda kept: kept[: len(kept) // 2 + 7],
    "the header alone": lambda kept: kept[:100],
}


@pytest.fixture
def changed(synced: Path, itemsync: Command) -> Path:
    """A sheet whose run 2 changed something, with something left to change."""
    write(synced, line("A-1", 价格=25), moving("A-2", 5), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    return write(synced, line("A-1", 价格=25), line("A-2", 库存=15), line("A-3", 价格=26))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("damage", BYTES.values(), ids=BYTES)
def test_a_damaged_file_stops_before_anything_and_a_copy_put_back_goes_on(
    changed: Path, itemsync: Command, sandbox: Sandbox, damage: Callable[[bytes], bytes]
) -> None:
    state = changed.with_name(STATE)
    kept = state.read_bytes()
    state.write_bytes(damage(kept))
    sandbox.calls.clear()
    for command in (["apply", changed, "--yes"], ["resume"], ["history"], ["undo", 2, "--yes"], ["state", "info"]):
        ran = itemsync("--lang", "en", *command, "--json")
        assert ran.code in (2, 5) and ran.error in ("state.damaged", "state.no_state")
        told = ran.json["error"]["message"]
        assert ("copy back" in told or "backup" in told) and "itemsync pull" in told
    assert sandbox.writes == 0
    for left in changed.parent.glob(f"{STATE}-*"):
        left.unlink()
    state.write_bytes(kept)
    assert itemsync("apply", changed, "--yes").code == 0
    assert held(sandbox, "A-3")[PRICE] == 2600


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("damage", "command"),
    [
        ("UPDATE runs SET started_at = 'yesterday'", ("history",)),
        ("UPDATE runs SET finished_at = 'soon'", ("apply", "SHEET", "--yes")),
        ("UPDATE calls SET ended_at = 'then'", ("show", "2")),
        ("UPDATE calls SET outcome = 'maybe'", ("undo", "2", "--yes")),
        ("UPDATE rows SET result = 'maybe'", ("show", "2")),
        ("UPDATE runs SET results = '[]'", ("history",)),
        ("UPDATE unchanged SET rows = 'x'", ("show", "1")),
        ("UPDATE scopes SET codes = 'x'", ("insight",)),
        ("UPDATE sheets SET at = 'x'", ("plan", "SHEET")),
        ("UPDATE shops SET since = 'x'", ("watch", "SHEET", "--once")),
        ("ALTER TABLE calls DROP COLUMN error", ("show", "2")),
        ("DROP TABLE calls", ("apply", "SHEET", "--yes")),
    ],
)
def test_a_word_that_means_nothing_is_damage(
    changed: Path, itemsync: Command, sandbox: Sandbox, damage: str, command: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(changed.with_name(STATE))) as state, state:
        state.execute(damage)
    sandbox.calls.clear()
    ran = itemsync(*(changed if part == "SHEET" else part for part in command), "--json")
    error = ran.json["error"]
    assert (ran.code, error["code"], sandbox.writes) == (5, "state.damaged", 0)
    assert "itemsync resume" in error["message"] and "--state" in error["message"]


def test_a_folder_in_its_place(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    synced.with_name(STATE).unlink()
    synced.with_name(STATE).mkdir()
    sandbox.calls.clear()
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error, sandbox.calls) == (2, "state.unusable", {})


@pytest.mark.parametrize(
    "place", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true"]
)
def test_a_database_in_memory_is_refused(synced: Path, itemsync: Command, sandbox: Sandbox, place: str) -> None:
    sandbox.calls.clear()
    for command in (
        ["apply", synced, "--yes"],
        ["plan", synced],
        ["history"],
        ["state", "info"],
        ["state", "upgrade"],
    ):
        ran = itemsync("--state", place, *command, "--json")
        assert (ran.code, ran.error, sandbox.calls) == (2, "state.in_memory", {})


def test_a_file_by_its_url_is_a_file(synced: Path, itemsync: Command) -> None:
    assert itemsync("--state", f"sqlite:///{synced.with_name(STATE)}", "history", "--json").json["runs"]


@pytest.mark.usefixtures("quick")
def test_a_log_that_was_lost_after_a_crash_is_missed(changed: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """What stands in the log alone would be made again: here that four were added."""
    state, crashed = changed.with_name(STATE), changed.with_name("crashed")
    crashed.mkdir()
    write(changed, line("A-1", 价格=25), moving("A-2", 4), line("A-3"))

    def kept(call: Call) -> bool:
        for file in (STATE, f"{STATE}-wal", f"{STATE}-shm") if call.writes else ():
            shutil.copy(changed.with_name(file), crashed)
        return call.writes

    with killed(kept, after=True):
        itemsync("apply", changed, "--yes")
    for file in crashed.iterdir():
        shutil.copy(file, changed.parent)
    changed.with_name(f"{STATE}-wal").unlink()
    sandbox.calls.clear()
    ran = itemsync("--lang", "en", "resume", "--json")
    assert (ran.code, ran.error, sandbox.calls) == (2, "state.log_lost", {})
    assert f"Put it back. If it can't be found, remove {state}-shm" in ran.json["error"]["message"]
    shutil.copy(crashed / f"{STATE}-wal", changed.parent)
    assert itemsync("resume").code == 0
    assert held(sandbox, "A-2")[INVENTORY] == 19


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have every new connection to a state begin with a pragma; an empty one ends that."""
    pragmas: list[str] = []
    durable = engine._durable

    def connected(connection: object, record: object) -> None:
        durable(connection, record)
        for pragma in pragmas:
            connection.execute(pragma)  # type: ignore[attr-defined]

    monkeypatch.setattr(engine, "_durable", connected)

    def limit(pragma: str) -> None:
        pragmas[:] = [pragma] if pragma else []

    return limit


@pytest.mark.one_in(2)
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("pages", range(5))
def test_a_disk_that_fills_up_stops_the_run_and_with_room_it_goes_on(
    changed: Path, itemsync: Command, sandbox: Sandbox, limited: Callable[[str], None], pages: int
) -> None:
    write(changed, *(line(code, 标题="长" * 60) for code in CODES[:1]), moving("A-2", 4), moving("A-3", 7))
    state = changed.with_name(STATE)
    with closing(sqlite3.connect(state)) as now, now:
        now.execute("VACUUM")
    limited(f"PRAGMA max_page_count = {state.stat().st_size // PAGE + pages}")
    ran = itemsync("apply", changed, "--yes", "--json")
    assert ran.code in ((0, 5) if pages else (5,))
    assert ran.code == 0 or ran.error == "state.unwritable"
    limited("")
    if ran.code:
        assert itemsync("apply", changed, "--yes").code in (0, 5)
    assert itemsync("resume").code == 0
    assert [held(sandbox, code)[INVENTORY] for code in CODES] == [10, 19, 17]
    assert row(changed, "A-2")["库存增减"] is None and {*results(changed).values()} <= {"完成", "无变化"}


@pytest.mark.usefixtures("quick")
def test_a_state_that_turns_read_only_in_mid_run(
    changed: Path, itemsync: Command, sandbox: Sandbox, limited: Callable[[str], None]
) -> None:
    write(changed, line("A-1", 价格=27), moving("A-2", 4), moving("A-3", 7))
    with killed(after=True):
        itemsync("apply", changed, "--yes")
    limited("PRAGMA query_only = on")
    for command in (["resume"], ["apply", changed, "--yes"]):
        ran = itemsync(*command, "--json")
        assert (ran.code, ran.error) in ((5, "state.unwritable"), (5, "run.unfinished"))
    assert itemsync("show", 3).code == 0, "it can be read"
    limited("")
    assert itemsync("resume").code == 0
    assert [held(sandbox, code)[INVENTORY] for code in CODES] == [10, 19, 17]
