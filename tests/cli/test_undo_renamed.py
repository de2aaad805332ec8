"""`itemsync undo RUN` of a run that is older than its items' codes (`--rekey`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import Json, held, item_id, line, moving, row, write

pytestmark = pytest.mark.usefixtures("quick")


def renamed(code: str, new: str, **typed: object) -> Json:
    return {**line(code, **typed), "商家编码": new}


@pytest.fixture
def moved(synced: Path, itemsync: Command) -> Path:
    """Run 2 made 库存增减 +6 and a new price of A-1; run 3 gave that item the code Z-1."""
    write(synced, {**moving("A-1", 6), "价格": 25}, line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    write(synced, renamed("A-1", "Z-1", 价格=25), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--rekey").code == 0
    return synced


@pytest.mark.parametrize("options", [(), ("--only", "Z-1"), ("--only", "A-1")])
def test_an_undo_finds_the_item_under_its_code_of_today(
    moved: Path, itemsync: Command, sandbox: Sandbox, options: tuple[str, ...]
) -> None:
    (undone,) = itemsync("undo", 2, "--yes", "--json", *options).json["rows"]
    assert (undone["outer_id"], undone["result"]) == ("Z-1", "done")
    assert (held(sandbox, "Z-1")[INVENTORY], held(sandbox, "Z-1")[PRICE]) == (10, 2000)
    assert "撤销第 2 次运行" in str(row(moved, "Z-1")["同步说明"])
    write(moved, renamed("A-1", "Z-1"), line("A-2"), line("A-3"))
    again = itemsync("plan", moved, "--json")
    assert (again.code, again.json["summary"]["none"]) == (0, 3)


def test_a_code_that_neither_the_run_nor_its_items_have_is_refused(moved: Path, itemsync: Command) -> None:
    ran = itemsync("undo", 2, "--yes", "--json", "--only", "Z-1,Z-9")
    assert (ran.code, ran.json["error"]["code"]) == (2, "undo.only_unknown")
    assert ("Z-9" in ran.json["error"]["message"], "Z-1" in ran.json["error"]["message"]) == (True, False)


def test_nothing_is_undone_while_a_move_under_the_new_code_is_in_question(
    moved: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(moved, {**renamed("A-1", "Z-1", 价格=25), "库存": "", "库存增减": -2}, line("A-2"), line("A-3"))
    sandbox.faults = Faults("drop-after@inventory.decr:1")
    assert itemsync("apply", moved, "--yes").code == 1
    sandbox.faults = Faults()
    (undone,) = itemsync("undo", 2, "--yes", "--json").json["rows"]
    assert (undone["outer_id"], undone["result"]) == ("Z-1", "blocked")
    assert "itemsync resume --answer Z-1=" in undone["note"]
    assert itemsync("resume", "--answer", "Z-1=happened").code == 0
    assert itemsync("undo", 2, "--yes").code == 0
    assert held(sandbox, "Z-1")[INVENTORY] == 8


def test_codes_that_were_exchanged_lead_to_the_items_that_the_run_changed(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    write(synced, renamed("A-1", "A-2"), renamed("A-2", "A-1"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--rekey").code == 0
    (undone,) = itemsync("undo", 2, "--yes", "--json").json["rows"]
    assert (undone["outer_id"], undone["result"]) == ("A-2", "done")
    assert [held(sandbox, code)[INVENTORY] for code in ("A-1", "A-2")] == [10, 10]


def test_a_code_that_came_to_another_item_is_no_way_to_the_first_one(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.set_status(item_id("A-1"), -1)
    write(synced, line("A-1"), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--republish").code == 0
    (undone,) = itemsync("undo", 2, "--yes", "--json").json["rows"]
    assert (undone["result"], [one["code"] for one in undone["problems"]]) == ("blocked", ["undo.other_item"])


def test_a_question_is_answered_by_the_command_that_the_renamed_row_tells(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", -4), line("A-2"), line("A-3"))
    sandbox.faults = Faults("drop-after@inventory.decr:1")
    assert itemsync("apply", synced, "--yes").code == 1
    sandbox.faults = Faults()
    write(synced, {**moving("A-1", -4), "商家编码": "B-1"}, line("A-2"), line("A-3"))
    (told, *_) = itemsync("apply", synced, "--yes", "--rekey", "--json").json["rows"]
    assert (told["result"], "itemsync resume --answer A-1=happened" in told["note"]) == ("blocked", True)
    assert itemsync("resume", "--answer", "A-1=happened").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 6
