"""`--refresh changed`: calls only where something may be to be done. What a plan costs, and what is left of today."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from sync.fields import INVENTORY, PRICE, STATUS
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import Refused
from sync.state.store import Store
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import CODES, held, item_id, line, moving, new_line, results, row, type_in, write

GET, MODIFY = "taobao.open.item.get", "taobao.open.item.modify"
CHANGED = ("--refresh", "changed")


def made(sandbox: Sandbox) -> Mapping[str, int]:
    """The calls since this was asked last, by the last words of their methods."""
    calls = {method.removeprefix("taobao.open.item."): times for method, times in sandbox.calls.items()}
    sandbox.calls.clear()
    return calls


def actions(itemsync: Command, sheet: Path, *options: str) -> Mapping[str, str]:
    """What a plan would do with each row."""
    rows = itemsync("plan", sheet, *CHANGED, *options, "--json").json["rows"]
    return {row["outer_id"]: row["action"] for row in rows}


def on_the_platform(sandbox: Sandbox, code: str, **keys: object) -> None:
    """Somebody edits an item by hand."""
    sandbox.shop.modify(item_id(code), json.dumps({"_sys": keys}))


# --- What is read ---------------------------------------------------------------------------------------------


def test_where_nothing_changed_nothing_is_called(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    planned = itemsync("plan", synced, *CHANGED)
    assert (planned.code, made(sandbox)) == (0, {})
    assert "有 3 行和上次执行时一样，没有读取平台" in planned.out
    assert "平台与表格一致" not in planned.out, "nobody has looked"
    assert set(actions(itemsync, synced).values()) == {"none"}
    applied = itemsync("apply", synced, *CHANGED, "--yes")
    assert (applied.code, made(sandbox)) == (0, {})
    assert set(results(synced).values()) == {"无变化"}


def test_without_the_option_every_item_is_read(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    planned = itemsync("plan", synced)
    assert made(sandbox) == {"get": 3}
    assert "--refresh" not in planned.out
    itemsync("plan", synced, "--refresh", "all")
    assert made(sandbox) == {"get": 3}


def test_only_what_changed_is_read_and_called(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 价格=25), moving("A-2", 5), line("A-3"), new_line("B-1"))
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    # A new item costs its id and its publishing; of a new one there is nothing to read.
    assert made(sandbox) == {"get": 5, "modify": 1, "inventory.incr": 1, "id.generate": 1, "publish": 1}
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    assert made(sandbox) == {}


def test_a_row_without_its_id_gets_it_though_nothing_is_read(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "商品ID", None)
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    assert (row(synced, "A-1")["商品ID"], made(sandbox)) == (str(item_id("A-1")), {})


def test_a_drift_goes_unseen_and_is_found_by_the_next_full_plan(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    """Nothing of an item that wasn't read is remembered as seen."""
    on_the_platform(sandbox, "A-2", price=26)
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    assert held(sandbox, "A-2")[PRICE] == 2600
    drifted = itemsync("plan", synced, "--json").json
    assert drifted["summary"]["drift"] == 1
    assert drifted["rows"][1]["changes"][0]["kind"] == "drift"


def test_what_failed_is_read_again_though_its_row_stayed_the_same(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    """Of a drift that couldn't be put right the cell is as ever; the platform says no to its price here."""
    on_the_platform(sandbox, "A-2", title="别人的标题")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(sandbox.shop), "modify", _refuse)
        assert itemsync("apply", synced, "--yes").code == 1
    made(sandbox)
    assert actions(itemsync, synced) == {"A-1": "none", "A-2": "update", "A-3": "none"}
    assert made(sandbox) == {"get": 1}


def _refuse(*_: object) -> object:
    raise Refused("isv.invalid-parameter", "不行")


def test_what_was_held_back_is_read_again(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """An item that has gone: a person is told until something is done about it."""
    sandbox.shop.set_status(item_id("A-2"), -1)
    assert itemsync("apply", synced, "--yes").code == 1
    made(sandbox)
    assert actions(itemsync, synced)["A-2"] == "blocked"
    assert made(sandbox) == {"get": 1}


def test_what_was_undone_was_left_on_purpose(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    assert itemsync("apply", synced, "--yes").code == 0
    assert itemsync("undo", 2, "--yes").code == 0
    made(sandbox)
    assert set(actions(itemsync, synced).values()) == {"none"}
    assert made(sandbox) == {}


def test_an_item_that_waits_for_stock_goes_up_once_it_is_restocked(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "库存", 0)
    assert itemsync("apply", synced, "--yes").code == 0
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    other = write(synced.with_name("stock.xlsx"), line("A-1", 目标状态="", 库存=7))
    assert itemsync("apply", other, *CHANGED, "--yes").code == 0
    type_in(synced, "A-1", "库存", None)
    assert itemsync("apply", synced, *CHANGED, "--yes").code == 0
    found = held(sandbox, "A-1")
    assert (found[INVENTORY], found[STATUS]) == (7, 1)


def test_a_saved_plan_remembers_what_it_read(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    assert itemsync("plan", synced, *CHANGED, "-o", "plan.json").code == 0
    assert made(sandbox) == {"get": 1}
    assert itemsync("apply", "plan.json", "--yes").code == 0
    assert made(sandbox) == {"get": 2, "modify": 1}
    assert itemsync("apply", "plan.json", *CHANGED, "--yes").code == 2, "it brings its own choices"


def test_a_wrong_word_is_a_wrong_option(synced: Path, itemsync: Command) -> None:
    assert itemsync("plan", synced, "--refresh", "some").code == 2


# --- What a plan costs ----------------------------------------------------------------------------------------


@pytest.fixture
def limited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A profile with limits; the pace is quick enough not to be waited for."""
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_SECOND", "2000")
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_DAY", "100")
    return monkeypatch


def test_a_plan_says_what_it_takes_of_today(synced: Path, itemsync: Command, limited: pytest.MonkeyPatch) -> None:
    type_in(synced, "A-1", "价格", 25)
    said = itemsync("plan", synced).out.replace("\n", "")
    assert "共需调用 2 次。其中 1 次是改完之后读回来核对。按每秒 2000 次的限额，约需 1 秒。" in said
    assert "今天的额度是 100 次，已用 3 次；这次占2.0%，之后还剩 95 次。" in said
    assert "已用 6 次" in itemsync("plan", synced).out, "plans count too, in whatever process"


def test_a_plan_that_does_not_fit_today_says_so(
    synced: Path, itemsync: Command, sandbox: Sandbox, limited: pytest.MonkeyPatch
) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    limited.setenv("ITEMSYNC_CALLS_PER_DAY", "4")
    planned = itemsync("plan", synced)
    assert (planned.code, "今天的额度是 4 次，已用 3 次，只剩 1 次，今天做不完" in planned.out.replace("\n", "")) == (
        0,
        True,
    )


def test_a_quota_that_is_used_up_stops_the_run_and_resume_goes_on_with_more(
    synced: Path, itemsync: Command, sandbox: Sandbox, limited: pytest.MonkeyPatch
) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    limited.setenv("ITEMSYNC_CALLS_PER_DAY", "5")
    stopped = itemsync("apply", synced, "--yes")
    assert stopped.code == 4
    assert "resume" in stopped.err
    assert made(sandbox) == {"get": 3, "modify": 2}
    limited.setenv("ITEMSYNC_CALLS_PER_DAY", "50")
    assert itemsync("resume").code == 0
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2500] * 3


def test_the_limit_of_a_method_is_told_by_its_name(synced: Path, itemsync: Command, folder: Path) -> None:
    (folder / "itemsync.toml").write_text(
        f'[profiles.default.limits."{MODIFY}"]\ncalls_per_second = 2000\ncalls_per_day = 10\n', encoding="utf-8"
    )
    type_in(synced, "A-1", "价格", 25)
    said = "".join(itemsync("plan", synced).out.split())
    assert f"（{MODIFY}）按每秒2000次的限额" in said
    assert f"（{MODIFY}）今天的额度是10次，已用0次" in said


# --- The journal and the count in one file --------------------------------------------------------------------


def test_the_journal_and_the_count_do_not_stand_in_each_others_way(
    itemsync: Command, sandbox: Sandbox, folder: Path, limited: pytest.MonkeyPatch
) -> None:
    """Four connections count in the file that the journal is written to."""
    limited.setenv("ITEMSYNC_CALLS_PER_DAY", "10000")
    limited.setenv("ITEMSYNC_BATCH", "1")
    codes = [f"N-{n}" for n in range(40)]
    sheet = write(folder / "new.xlsx", *map(new_line, codes))
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    assert made(sandbox) == {"id.generate": 40, "publish": 40, "get": 40}
    with closing(sqlite3.connect(folder / STATE)) as state:
        assert state.execute("SELECT sum(calls) FROM quota WHERE name = ''").fetchone() == (120,)
        # A reading back that showed just what was sent isn't kept.
        assert state.execute("SELECT count(*) FROM calls WHERE outcome = 'done'").fetchone() == (80,)


def test_a_state_that_stays_busy_stops_a_run_without_a_traceback(
    synced: Path, itemsync: Command, sandbox: Sandbox, limited: pytest.MonkeyPatch
) -> None:
    type_in(synced, "A-1", "价格", 25)
    with closing(sqlite3.connect(synced.with_name(STATE))) as holder, pytest.MonkeyPatch.context() as patch:
        _make_impatient(patch)
        holder.execute("BEGIN IMMEDIATE")
        ran = itemsync("plan", synced)
    assert (ran.code, made(sandbox)) == (4, {}), ran.err
    assert "别的程序正占着同步记录" in ran.err
    assert itemsync("plan", synced).code == 0


def _make_impatient(patch: pytest.MonkeyPatch) -> None:
    """Let the program give up at once where it would wait some seconds."""
    original = Store.__init__

    def impatient(store: Store, place: str, profile: str) -> None:
        original(store, place, profile)
        store.engine.dispose()
        event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))

    patch.setattr(Store, "__init__", impatient)
