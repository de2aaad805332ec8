"""`itemsync undo RUN`: what the run did goes back, what others did since stays (docs/reference/outcomes.md#undo)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Item, Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import Json, held, item_id, items, line, moving, new_line, row, type_in, write

BRAND = "自定义:品牌"


def undo(itemsync: Command, *options: str, run: int = 2) -> Json:
    """Undo a run, and return the one row that it had."""
    ran = itemsync("undo", run, "--yes", "--json", *options)
    (undone,) = ran.json["rows"]
    assert ran.code == (0 if undone["result"] in ("done", "none") else 1)
    found: Json = undone
    return found


@pytest.fixture
def applied(synced: Path, itemsync: Command) -> Path:
    """A sheet of which run 2 carried out everything of A-1."""
    write(
        synced,
        line("A-1", 标题="新标题", 价格=25, 库存=4, 目标状态="下架", **{BRAND: "青禾"}),
        line("A-2"),
        line("A-3"),
    )
    assert itemsync("apply", synced, "--yes").code == 0
    return synced


def _platforms(item: Item) -> Item:
    """All but the number of the record's version, which only grows."""
    return {path: value for path, value in item.items() if path != "_sys@dataVersion"}


def test_fields_status_and_stock_go_back(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    undone = undo(itemsync)
    assert undone["result"] == "done"
    assert {change["path"] for change in undone["changes"]} == {TITLE, PRICE, INVENTORY, STATUS, "品牌"}
    assert _platforms(held(sandbox, "A-1")) == {
        **_platforms(held(sandbox, "A-2")),
        "_sys@outerId": "A-1",
        "_sys@itemId": str(item_id("A-1")),
        TITLE: "猫眼美甲 A-1",
    }
    assert row(applied, "A-1")["同步结果"] == "完成"
    assert "撤销第 2 次运行" in str(row(applied, "A-1")["同步说明"])


def test_an_undo_is_a_run_like_any_other(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.calls.clear()
    ran = itemsync("undo", 2)
    assert ran.code == 2, "it asks, and there is nobody to ask"
    assert "A-1" in ran.out
    assert sandbox.writes == 0
    assert itemsync("undo", 2, "--yes").code == 0
    assert [run["run"] for run in itemsync("history", "--json").json["runs"]] == [3, 2, 1]
    assert itemsync("show", 3, "--json").json["rows"][0]["result"] == "done"


def test_an_undo_has_guards(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 价格=45), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--force", "price").code == 0
    ran = itemsync("undo", 2, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["price"])
    assert held(sandbox, "A-1")[PRICE] == 4500
    assert itemsync("undo", 2, "--yes", "--force", "price").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2000


def test_an_undone_cell_is_not_carried_out_again_until_it_is_edited(
    applied: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    undo(itemsync)
    sandbox.calls.clear()
    assert itemsync("plan", applied, "--json").json["summary"]["none"] == 3
    assert itemsync("apply", applied, "--yes").code == 0
    assert sandbox.writes == 0
    assert held(sandbox, "A-1")[PRICE] == 2000
    type_in(applied, "A-1", "价格", 26)
    edited = itemsync("apply", applied, "--yes", "--json").json["rows"][0]
    assert [change["path"] for change in edited["changes"]] == [PRICE]
    assert held(sandbox, "A-1")[PRICE] == 2600
    assert held(sandbox, "A-1")[TITLE] == "猫眼美甲 A-1"


def test_an_undone_run_is_done_again_by_undoing_the_undo(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    after = _platforms(held(sandbox, "A-1"))
    undo(itemsync)
    assert undo(itemsync, run=3)["result"] == "done"
    assert _platforms(held(sandbox, "A-1")) == after
    sandbox.calls.clear()
    assert itemsync("apply", applied, "--yes").code == 0
    assert sandbox.writes == 0


def test_undoing_twice_does_nothing_the_second_time(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    undo(itemsync)
    sandbox.calls.clear()
    ran = itemsync("undo", 2, "--yes", "--json")
    assert (ran.code, ran.error) == (2, "undo.already")
    assert sandbox.writes == 0
    assert held(sandbox, "A-1")[PRICE] == 2000


@pytest.mark.parametrize("typed", [line("A-1", 库存=16), moving("A-1", 6)], ids=["库存", "库存增减"])
def test_what_was_sold_since_stays_sold(synced: Path, itemsync: Command, sandbox: Sandbox, typed: Json) -> None:
    write(synced, typed, line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.sell(item_id("A-1"), 4)
    undone = undo(itemsync)
    assert held(sandbox, "A-1")[INVENTORY] == 16 - 4 - 6
    assert "12" in undone["note"], "it says what there was"
    assert [call["params"].get("num") for call in undone["calls"]] == [6]


def test_the_stock_never_goes_below_none(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.sell(item_id("A-1"), 14)
    undone = undo(itemsync)
    assert held(sandbox, "A-1")[INVENTORY] == 0
    assert "0" in undone["note"]
    assert "undo.below_zero" in [problem["code"] for problem in undone["problems"]]


def test_what_somebody_changed_since_is_left_and_told(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 27}}')
    undone = undo(itemsync)
    assert PRICE not in {change["path"] for change in undone["changes"]}
    assert "¥27.00" in undone["note"]
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[TITLE]) == (2700, "猫眼美甲 A-1")


def test_a_published_item_is_taken_down(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), new_line("B-1"))
    assert itemsync("apply", synced, "--yes").code == 0
    assert undo(itemsync)["action"] == "update"
    assert held(sandbox, "B-1")[STATUS] == Status.INACTIVE
    sandbox.calls.clear()
    assert itemsync("apply", synced, "--yes").code == 0
    assert sandbox.writes == 0


def test_a_published_item_is_deleted_if_that_is_allowed(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), new_line("B-1"))
    assert itemsync("apply", synced, "--yes").code == 0
    assert undo(itemsync, "--allow-delete")["action"] == "delete"
    assert not held(sandbox, "B-1")
    sandbox.calls.clear()
    assert itemsync("apply", synced, "--yes", "--json").json["rows"][1]["result"] == "blocked"
    assert sandbox.writes == 0
    assert len(items(sandbox)) == 3


def test_a_deleted_item_cannot_come_back(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "目标状态", "删除")
    assert itemsync("apply", synced, "--yes", "--allow-delete").code == 0
    undone = undo(itemsync)
    assert undone["result"] == "blocked"
    assert "不能恢复" in undone["note"]
    assert not held(sandbox, "A-1")


def test_an_item_that_has_gone_since_is_told(applied: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.set_status(item_id("A-1"), -1)
    assert undo(itemsync)["result"] == "blocked"


def test_a_run_that_changed_nothing(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    ran = itemsync("undo", 1, "--yes", "--json")
    assert (ran.code, ran.json["rows"]) == (0, [])
    assert sandbox.writes == 0


def test_where_the_sheet_has_gone_the_undo_is_done_and_its_results_are_kept(
    applied: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    moved = applied.rename(applied.with_name("moved.xlsx"))
    ran = itemsync("undo", 2, "--yes")
    assert ran.code == 1
    assert "itemsync show 3 --write" in ran.err
    assert held(sandbox, "A-1")[PRICE] == 2000
    assert itemsync("show", 3, "--write", moved).code == 0
    assert "撤销" in str(row(moved, "A-1")["同步说明"])
