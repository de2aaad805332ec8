"""库存增减 is applied once, whatever becomes of the sheet
(docs/reference/outcomes.md#inventory-changes-are-made-once)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import meanwhile
from tests.cli.small_shop import held, item_id, line, moving, new_line, row, type_in, write
from tests.sheet.workbooks import edit_xml


@contextmanager
def open_in_excel(*names: str) -> Iterator[None]:
    """Windows lets nobody replace a file that a program holds open."""
    replace = os.replace

    def refused(source: str, target: Path) -> None:
        if Path(target).name in names:
            raise PermissionError(13, "held open", str(target))
        replace(source, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", refused)
        yield


@pytest.fixture
def more(synced: Path) -> Path:
    """A sheet whose first row asks for five more."""
    return write(synced, moving("A-1", 5), line("A-2"), line("A-3"))


def stock(sandbox: Sandbox, code: str = "A-1") -> object:
    return held(sandbox, code)[INVENTORY]


def test_it_is_applied_once_and_its_cell_is_cleared(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 15
    assert row(more, "A-1")["库存增减"] is None
    sandbox.calls.clear()
    assert itemsync("apply", more, "--yes").code == 0
    assert (stock(sandbox), sandbox.writes) == (15, 0)


@pytest.mark.usefixtures("quick")
def test_what_was_sold_meanwhile_stays_sold(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.sell(item_id("A-1"), 3)
    plan = itemsync("plan", more, "--json").json["rows"][0]
    assert plan["changes"] == [{"path": INVENTORY, "from": 7, "to": 12, "kind": "edit"}]
    assert "stock.sold_before_change" in [problem["code"] for problem in plan["problems"]]
    with meanwhile(lambda: sandbox.shop.sell(item_id("A-1"), 2)):
        assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 10 - 3 - 2 + 5


def test_while_its_cell_still_stands_it_is_not_applied_again(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with open_in_excel("weekly.xlsx"):
        ran = itemsync("apply", more, "--yes")
    assert ran.code == 1, "the results are not where staff look for them"
    assert "weekly.results.xlsx" in ran.err
    beside = more.with_name("weekly.results.xlsx")
    assert (row(beside, "A-1")["同步结果"], row(beside, "A-1")["库存增减"]) == ("完成", None)
    assert row(more, "A-1")["库存增减"] == 5
    assert stock(sandbox) == 15

    sandbox.calls.clear()
    again = itemsync("apply", more, "--yes", "--json")
    assert again.code == 1
    blocked = again.json["rows"][0]
    assert (blocked["result"], blocked["calls"]) == ("blocked", [])
    for word in ("+5", "执行过", "20", "清空"):
        assert word in blocked["note"], "that it was applied, when, and what to do"
    assert (stock(sandbox), sandbox.writes) == (15, 0)
    assert row(more, "A-1")["同步结果"] == "受阻"
    assert row(more, "A-1")["库存增减"] == 5, "it is the person's to clear"

    third = itemsync("apply", more, "--yes", "--json")
    assert third.json["rows"][0]["result"] == "blocked", "being told does not wear off"

    type_in(more, "A-1", "库存增减", None)
    assert itemsync("apply", more, "--yes").code == 0
    type_in(more, "A-1", "库存增减", 5)
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 20


def test_a_blocked_row_waits_with_its_other_cells_too_and_holds_no_other_row(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    with open_in_excel("weekly.xlsx"):
        itemsync("apply", more, "--yes")
    type_in(more, "A-1", "价格", 25)
    type_in(more, "A-2", "价格", 25)
    ran = itemsync("apply", more, "--yes", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["blocked", "done", "none"]
    type_in(more, "A-1", "库存增减", None)
    ran = itemsync("apply", more, "--yes", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["done", "none", "none"]
    assert stock(sandbox) == 15


def test_the_results_written_again_clear_the_cell_and_lift_the_block(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    with open_in_excel("weekly.xlsx"):
        itemsync("apply", more, "--yes")
    assert itemsync("show", 2, "--write", more).code == 0
    assert (row(more, "A-1")["同步结果"], row(more, "A-1")["库存增减"]) == ("完成", None)
    type_in(more, "A-1", "库存增减", -2)
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 13


def test_results_written_into_a_copy_lift_no_block_of_the_sheet_itself(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    with open_in_excel("weekly.xlsx"):
        itemsync("apply", more, "--yes")
    copy = more.with_name("copy.xlsx")
    copy.write_bytes(more.read_bytes())
    assert itemsync("show", 2, "--write", copy).code == 0
    assert row(copy, "A-1")["库存增减"] is None
    assert itemsync("apply", more, "--yes", "--json").json["rows"][0]["result"] == "blocked"
    assert stock(sandbox) == 15


def test_an_undo_lifts_no_block_either(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with open_in_excel("weekly.xlsx"):
        itemsync("apply", more, "--yes")
        assert itemsync("undo", 2, "--yes").code == 1
    assert stock(sandbox) == 10
    assert itemsync("apply", more, "--yes", "--json").json["rows"][0]["result"] == "blocked"
    assert stock(sandbox) == 10


def test_a_cell_that_was_edited_during_the_run_is_not_cleared(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    with meanwhile(lambda: type_in(more, "A-1", "库存增减", 7)):
        ran = itemsync("apply", more, "--yes")
    assert row(more, "A-1")["库存增减"] == 7
    assert "A-1" in ran.err
    blocked = itemsync("apply", more, "--yes", "--json").json["rows"][0]
    assert (blocked["result"], stock(sandbox)) == ("blocked", 15)


def test_a_cell_that_an_array_formula_would_fill_again_is_told_of(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 5), moving("A-2", 5), line("A-3"))
    filled = '<c r="H2"><f t="array" ref="H2:H3">5</f><v>5</v></c>'
    edit_xml(synced, ('<c r="H2" t="n"><v>5</v></c>', filled))
    ran = itemsync("apply", synced, "--yes")
    assert "由数组公式算出" in ran.err
    assert "A-1、A-2" in ran.err
    assert "被改过" not in ran.err
    again = itemsync("apply", synced, "--yes", "--json").json["rows"]
    assert [one["result"] for one in again] == ["blocked", "blocked", "none"]
    assert (stock(sandbox), stock(sandbox, "A-2")) == (15, 15)


def test_to_zero_it_turns_the_item_off_by_itself(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, moving("A-1", -10), line("A-2"), line("A-3"))
    ran = itemsync("apply", synced, "--yes", "--json")
    assert [call["method"] for call in ran.json["rows"][0]["calls"]] == ["taobao.open.item.inventory.decr"]
    sandbox.calls.clear()
    assert itemsync("apply", synced, "--yes").code == 0
    assert sandbox.writes == 0


def test_a_new_item_has_none(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), new_line("B-1", 库存="", 库存增减=5))
    assert itemsync("apply", synced, "--yes", "--json").json["rows"][1]["result"] == "invalid"
    assert not held(sandbox, "B-1")


def test_nothing_is_lost_where_no_result_can_be_written_at_all(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    before = more.read_bytes()
    with open_in_excel("weekly.xlsx", "weekly.results.xlsx"):
        ran = itemsync("apply", more, "--yes")
    assert ran.code == 1
    assert "itemsync show 2 --write" in ran.err
    assert more.read_bytes() == before
    assert not list(more.parent.glob(".itemsync-draft-*")), "no half-written file"
    assert itemsync("show", 2, "--write", more).code == 0
    assert row(more, "A-1")["同步结果"] == "完成"
    assert stock(sandbox) == 15
