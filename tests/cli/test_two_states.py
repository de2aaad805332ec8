"""Two states over one sheet: what one has done, the other doesn't do once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.packaging.custom import StringProperty

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from sync.service.planning import make_plan
from tests.cli.conftest import Command, CommandResult
from tests.cli.kills import meanwhile
from tests.cli.small_shop import held, line, moving, type_in, write


@pytest.fixture
def more(sheet: Path) -> Path:
    return write(sheet, moving("A-1", 6), line("A-2"), line("A-3"))


def properties(sheet: Path) -> dict[str, str]:
    """The workbook's custom properties, by name."""
    book: Any = load_workbook(sheet)
    return {one.name: one.value for one in book.custom_doc_props.props}


def stock(sandbox: Sandbox) -> object:
    return held(sandbox, "A-1")[INVENTORY]


@contextmanager
def once_read(act: Callable[[], object]) -> Iterator[None]:
    """Let something happen after the sheet was read and the plan made, before anything is sent."""

    def then(*args: Any, **options: Any) -> object:
        plan = make_plan(*args, **options)
        patch.undo()
        act()
        return plan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.service.planning.make_plan", then)
        yield


def test_both_read_it_and_the_second_sees_what_the_first_did(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    first: list[CommandResult] = []
    other = ("--state", more.with_name("other.db"), "apply", more, "--yes")
    with once_read(lambda: first.append(itemsync(*other))):
        second = itemsync("apply", more, "--yes", "--json")
    assert first[0].code == 0
    assert (second.code, second.error, stock(sandbox)) == (5, "sheet.saved_since", 16)
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 16


def test_the_second_comes_while_the_first_is_at_it(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    second: list[CommandResult] = []
    other = ("--state", more.with_name("other.db"), "apply", more, "--yes", "--json")
    with meanwhile(lambda: second.append(itemsync(*other))):
        assert itemsync("apply", more, "--yes").code == 0
    assert (second[0].code, second[0].error, stock(sandbox)) == (5, "sheet.locked", 16)


def test_what_staff_save_while_they_read_the_preview_is_seen_first(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.calls.clear()
    with once_read(lambda: type_in(more, "A-1", "库存增减", 60)):
        ran = itemsync("apply", more, "--yes")
    assert (ran.code, sandbox.writes) == (5, 0)
    assert "再运行一次" in ran.err
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 70


def test_a_lock_that_cannot_be_made_stops_nobody(
    more: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = more.with_name("file")
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(in_the_way))
    assert itemsync("apply", more, "--yes", "--report", more.with_name("reports")).code == 0
    assert stock(sandbox) == 16


def stamped_by_other(more: Path, itemsync: Command) -> None:
    """The other state has made a change, written its results, and a person types the next one into that sheet."""
    assert itemsync("--state", more.with_name("other.db"), "apply", more, "--yes").code == 0
    type_in(more, "A-1", "库存增减", 4)


def test_a_row_that_another_state_stamped_is_asked_about(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    stamped_by_other(more, itemsync)
    ran = itemsync("apply", more, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["repeat"])
    assert "另一份同步记录" in ran.json["error"]["message"]
    again = itemsync("--state", more.with_name("other.db"), "plan", more, "--json")
    assert again.json["guards"] == [], "who stamped it knows"
    assert itemsync("apply", more, "--yes", "--force", "repeat").code == 0
    assert stock(sandbox) == 20
    type_in(more, "A-1", "库存增减", 1)
    assert itemsync("plan", more, "--json").json["guards"] == [], "and the sheet is this state's from now on"
    other = itemsync("--state", more.with_name("other.db"), "plan", more, "--json")
    assert other.json["guards"] == ["repeat"]


@pytest.mark.parametrize("options", [("--skip-guarded",), ("--only", "A-3")])
def test_as_long_as_such_a_row_is_left_the_sheet_is_the_others(
    more: Path, itemsync: Command, options: tuple[str, ...]
) -> None:
    stamped_by_other(more, itemsync)
    itemsync("apply", more, "--yes", *options)
    assert itemsync("plan", more, "--json").json["guards"] == ["repeat"]


def test_a_sheet_that_nobody_stamped_and_changes_of_no_stock_ask_nothing(more: Path, itemsync: Command) -> None:
    assert itemsync("plan", more, "--json").json["guards"] == []
    stamped_by_other(more, itemsync)
    type_in(more, "A-1", "库存增减", None)
    type_in(more, "A-1", "价格", 21)
    assert itemsync("plan", more, "--json").json["guards"] == []


def test_the_mark_is_a_property_that_programs_keep_beside_the_staffs_own(more: Path, itemsync: Command) -> None:
    book = load_workbook(more)
    book.custom_doc_props.append(  # type: ignore[attr-defined]
        StringProperty(name="部门", value="美甲")
    )
    book.save(more)
    assert itemsync("apply", more, "--yes").code == 0
    kept = properties(more)
    assert (kept["部门"], len(kept)) == ("美甲", 3)
    type_in(more, "A-1", "库存增减", 1)  # by a program that writes the whole workbook anew
    assert properties(more) == kept
    assert itemsync("plan", more, "--json").json["guards"] == []


def test_results_beside_a_csv_bear_the_mark_too(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = folder / "weekly.csv"
    sheet.write_text("商家编码,商品ID,库存增减\nA-1,7627361738101,6\n", encoding="utf-8")
    assert itemsync("--state", folder / "other.db", "apply", sheet, "--yes").code == 0
    beside = folder / "weekly.results.xlsx"
    assert len(properties(beside)) == 2
    type_in(beside, "A-1", "库存增减", 2)
    assert itemsync("plan", beside, "--json").json["guards"] == ["repeat"]


def test_a_count_that_the_results_brought_is_edited_and_not_stale(synced: Path, itemsync: Command) -> None:
    write(synced, {**line("A-1"), "库存增减": 5})
    assert itemsync("apply", synced, "--yes").code == 0
    type_in(synced, "A-1", "库存", 20)
    assert itemsync("plan", synced, "--json").json["rows"][0]["changes"][0]["kind"] == "edit"
