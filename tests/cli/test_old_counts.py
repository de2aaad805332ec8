"""库存 and 库存增减 both filled in: the old count counts for nothing beside the change, and gets the new one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import Killed
from tests.cli.small_shop import held, item_id, line, row, type_in, write


def both(synced: Path, change: int = 5, **typed: object) -> Path:
    return write(synced, line("A-1", 库存增减=change, **typed), line("A-2"), line("A-3"))


def test_the_change_counts_and_the_count_gets_the_new_one(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    both(synced)
    assert itemsync("check", synced).code == 0
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15
    assert (row(synced, "A-1")["库存"], row(synced, "A-1")["库存增减"]) == (15, None)
    sandbox.calls.clear()
    again = itemsync("apply", synced, "--yes", "--json")
    assert (again.code, again.json["rows"][0]["result"], sandbox.writes) == (0, "none", 0)


def test_again_and_again(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    for expected in (15, 20, 25):
        type_in(synced, "A-1", "库存增减", 5)
        assert itemsync("apply", synced, "--yes").code == 0
        assert (held(sandbox, "A-1")[INVENTORY], row(synced, "A-1")["库存"]) == (expected, expected)


@pytest.mark.parametrize("change", [-3, -8, 7])
def test_what_was_sold_meanwhile_stays_sold(synced: Path, itemsync: Command, sandbox: Sandbox, change: int) -> None:
    both(synced, change)
    sandbox.shop.sell(item_id("A-1"), 2)
    assert itemsync("apply", synced, "--yes").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], row(synced, "A-1")["库存"]) == (8 + change, 8 + change)


def test_a_sale_after_the_change_is_a_sale(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    both(synced)
    itemsync("apply", synced, "--yes")
    sandbox.shop.sell(item_id("A-1"), 4)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert ran.json["rows"][0]["result"] == "none"
    assert held(sandbox, "A-1")[INVENTORY] == 11


def test_an_undo_is_not_taken_back_by_the_new_count(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    both(synced)
    itemsync("apply", synced, "--yes")
    assert itemsync("undo", "2", "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 10
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 10


@pytest.mark.parametrize("typed", [11, 0, 15])
def test_an_edited_count_beside_a_change_is_an_error(
    synced: Path, itemsync: Command, sandbox: Sandbox, typed: int
) -> None:
    both(synced, 库存=typed)
    checked = itemsync("check", synced, "--json")
    assert (checked.code, [one["code"] for one in checked.json["problems"]]) == (1, ["change.with_count"])
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["rows"][0]["result"]) == (1, "invalid")
    assert held(sandbox, "A-1")[INVENTORY] == 10


def test_what_the_platform_holds_is_the_old_count_too(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.sell(item_id("A-1"), 3)
    both(synced, 库存=7)
    assert itemsync("apply", synced, "--yes").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], row(synced, "A-1")["库存"]) == (12, 12)


def test_without_a_state_the_platforms_count_is_the_old_one(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    both(sheet)
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_a_formula_under_the_count_stays(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    both(synced)
    book = load_workbook(synced)
    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    place = page.cell(2, headers.index("库存") + 1)
    place.value = "=5+5"
    book.save(synced)
    ran = itemsync("apply", synced, "--yes")
    assert ran.code == 1, "a formula without a stored value is no count"
    assert held(sandbox, "A-1")[INVENTORY] == 10


def test_where_the_results_go_beside_the_sheet_nothing_is_done_twice(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    both(synced)
    synced.chmod(0o444)
    (synced.parent / "~$weekly.xlsx").write_bytes(b"\x05staff" + b" " * 159)
    itemsync("apply", synced, "--yes")
    assert held(sandbox, "A-1")[INVENTORY] == 15
    (synced.parent / "~$weekly.xlsx").unlink()
    synced.chmod(0o644)
    blocked = itemsync("apply", synced, "--yes", "--json")
    assert blocked.json["rows"][0]["result"] in {"blocked", "invalid", "none"}
    assert held(sandbox, "A-1")[INVENTORY] == 15
    type_in(synced, "A-1", "库存增减", None)
    assert json.loads(itemsync("plan", synced, "--json").out)["rows"][0]["action"] == "none", "10 is no order"
    type_in(synced, "A-1", "库存", 15)
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_a_death_between_the_sheet_and_state_takes_no_sale_back(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    both(synced)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr("sync.state.store.Store.confirm_cleared", die)
        itemsync("apply", synced, "--yes")
    assert row(synced, "A-1")["库存"] == 15
    sandbox.shop.sell(item_id("A-1"), 4)
    for _ in range(2):
        itemsync("resume")
        assert itemsync("apply", synced, "--yes").code == 0
        assert held(sandbox, "A-1")[INVENTORY] == 11


@pytest.mark.parametrize("stamped", [True, False])
def test_an_old_copy_is_told_as_the_cause(
    synced: Path, itemsync: Command, sandbox: Sandbox, *, stamped: bool
) -> None:
    """Its count isn't wrong beside the change: both are from before the run that made it."""
    if not stamped:
        both(synced)
    type_in(synced, "A-1", "库存", 10)
    type_in(synced, "A-1", "库存增减", 5)
    old = synced.read_bytes()
    assert itemsync("apply", synced, "--yes").code == 0
    # The run after it sees that the cell is clear.
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.sell(item_id("A-1"), 1)
    synced.write_bytes(old)
    for command in (("check",), ("plan",), ("apply", "--yes")):
        ran = itemsync(*command, synced, "--json")
        told = ran.json.get("rows", [{}])[0].get("problems") or ran.json["problems"]
        (cause,) = [one for one in told if one["level"] == "error"]
        assert cause["code"] == "change.old_copy", command
        assert "第 2 次运行" in cause["message"]
        assert "+5" in cause["message"]
    assert held(sandbox, "A-1")[INVENTORY] == 14
    # As the message says: made once more, if that is what is wanted.
    type_in(synced, "A-1", "库存", None)
    assert itemsync("apply", synced, "--yes").code == 3
    assert itemsync("apply", synced, "--yes", "--force", "repeat").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 19


def test_an_old_count_beside_a_new_change_is_told_with_what_it_became(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    old = synced.read_bytes()
    type_in(synced, "A-1", "库存", 30)
    assert itemsync("apply", synced, "--yes").code == 0
    synced.write_bytes(old)
    type_in(synced, "A-1", "库存", 10)
    type_in(synced, "A-1", "库存增减", 7)
    for command in ("check", "plan"):
        ran = itemsync(command, synced, "--json")
        told = ran.json["problems"] if command == "check" else ran.json["rows"][0]["problems"]
        (cause,) = [one for one in told if one["level"] == "error"]
        assert cause["code"] == "change.old_count"
        assert "设成 30" in cause["message"]
