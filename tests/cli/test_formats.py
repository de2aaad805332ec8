"""Sheets of every format, and workbooks of several sheets, from check to the results
(docs/reference/sheet.md#formats)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from sync.call import Op
from sync.fields import INVENTORY, OUTER_ID, PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed, meanwhile
from tests.cli.small_shop import HEADERS, Line, held, line, moving, new_line, row, type_in
from tests.cli.test_terminal import at_a_terminal


def csv(path: Path, *lines: Line, encoding: str = "gbk") -> Path:
    """Save the rows as Chinese Excel saves a CSV."""
    text = [",".join(HEADERS), *(",".join(str(one.get(header, "")) for header in HEADERS) for one in lines)]
    path.write_bytes("\r\n".join(text).encode(encoding))
    return path


@pytest.fixture
def exported(synced: Path) -> Path:
    """A CSV that asks for a new price, for five more, and for a new item whose code begins with zeros."""
    lines = (line("A-1", 价格=25), moving("A-2", 5), new_line("007"))
    return csv(synced.with_name("export.csv"), *lines)


def test_a_csv_is_carried_out_and_its_results_stand_in_a_new_workbook(
    exported: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    before = exported.read_bytes()
    ran = itemsync("apply", exported, "--yes")
    assert ran.code == 0
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2500, 15)
    assert held(sandbox, "007")[OUTER_ID] == "007"
    assert exported.read_bytes() == before
    results = exported.with_name("export.results.xlsx")
    assert "export.results.xlsx" in ran.out
    assert "A-2" in ran.err, "its 库存增减 still stands in the CSV"
    assert [row(results, code)["同步结果"] for code in ("A-1", "A-2", "007")] == ["完成"] * 3
    assert row(results, "A-2")["库存增减"] is None
    assert str(row(results, "007")["商品ID"]).isdigit()

    sandbox.calls.clear()
    again = itemsync("apply", exported, "--yes", "--json").json
    assert [one["result"] for one in again["rows"]] == ["none", "blocked", "none"]
    assert sandbox.writes == 0, "the CSV's 库存增减 isn't applied twice"


def test_staff_go_on_with_the_new_workbook(exported: Path, itemsync: Command, sandbox: Sandbox) -> None:
    itemsync("apply", exported, "--yes")
    results = exported.with_name("export.results.xlsx")
    assert itemsync("apply", results, "--yes").code == 0
    type_in(results, "A-1", "价格", 26)
    type_in(results, "A-2", "库存增减", 2)
    assert itemsync("apply", results, "--yes").code == 0
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2600, 17)


def test_the_workbook_of_last_time_is_kept(exported: Path, itemsync: Command) -> None:
    itemsync("apply", exported, "--yes")
    results = exported.with_name("export.results.xlsx")
    type_in(results, "A-1", "自定义:品牌", "写了一半")
    itemsync("apply", exported, "--yes")
    assert row(exported.with_name("export.results.bak.xlsx"), "A-1")["自定义:品牌"] == "写了一半"


def test_a_csv_that_changes_during_the_run_keeps_what_was_typed(
    exported: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    def shuffled() -> None:
        csv(exported, new_line("007"), moving("A-2", 7), line("A-9"), encoding="utf-8")

    with meanwhile(shuffled):
        ran = itemsync("apply", exported, "--yes")
    results = exported.with_name("export.results.xlsx")
    assert (row(results, "007")["同步结果"], row(results, "A-9")["同步结果"]) == ("完成", None)
    assert row(results, "A-2")["库存增减"] == "7"
    assert "A-1" in ran.err, "its row has gone"


def test_an_old_workbook_from_check_to_results(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = Path(shutil.copy(Path(__file__).parents[1] / "sheet" / "data" / "week.xls", folder / "week.xls"))
    assert itemsync("check", sheet, "--json").json["summary"]["invalid"] == 2
    assert itemsync("apply", sheet, "--yes", "--only", "A-1,123", "--force", "all").code == 0
    page = load_workbook(folder / "week.results.xlsx").worksheets[0]
    assert (page.title, page["A1"].value, page["A3"].value, page["K3"].value) == ("商品", "第47周", "A-1", "完成")


@pytest.mark.usefixtures("quick")
def test_after_a_kill_resume_writes_beside_as_well(exported: Path, itemsync: Command) -> None:
    with killed(lambda call: call.op is Op.STOCK):
        itemsync("apply", exported, "--yes")
    assert not exported.with_name("export.results.xlsx").exists()
    itemsync("resume", "--answer", "A-2=not")
    assert row(exported.with_name("export.results.xlsx"), "A-1")["同步结果"] == "完成"


# --- several sheets -------------------------------------------------------------------------------------------
@pytest.fixture
def two(synced: Path) -> Path:
    """A workbook with two sheets of items; the first asks for a price of 25, the second of 26."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, price in (("本周", 25), ("下周", 26)):
        page = book.create_sheet(name)
        page.append(HEADERS)
        page.append([line("A-1", 价格=price).get(header) for header in HEADERS])
    book.save(synced)
    return synced


def results_in(sheet: Path, name: str) -> object:
    """What stands in the first result cell."""
    return load_workbook(sheet)[name]["K2"].value


def test_without_a_terminal_the_sheets_are_named(two: Path, itemsync: Command, sandbox: Sandbox) -> None:
    for command in (("check", two), ("plan", two), ("apply", two, "--yes")):
        ran = itemsync(*command)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
        assert all(word in ran.err for word in ("本周", "下周", "--sheet"))
    assert itemsync("check", two, "--json").error == "sheet.several"
    assert itemsync("check", two, "--sheet", "上周", "--json").error == "sheet.no_such"
    assert itemsync("check", two, "--sheet", "下周").code == 0
    assert not sandbox.calls


def test_the_one_that_is_named_is_carried_out(two: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert itemsync("apply", two, "--sheet", "下周", "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2600
    assert (results_in(two, "下周"), results_in(two, "本周")) == ("完成", None)


@pytest.mark.usefixtures("quick")
def test_a_run_remembers_its_worksheet(two: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", two, "--sheet", "下周", "--yes")
    assert itemsync("resume").code == 0
    assert results_in(two, "下周") == "完成"
    assert itemsync("undo", 2, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2000
    copy = Path(shutil.copy(two, two.with_name("copy.xlsx")))
    assert itemsync("show", 2, "--write", copy).code == 0
    assert (results_in(copy, "下周"), results_in(two, "本周")) == ("完成", None)


def test_a_saved_plan_remembers_its_worksheet(two: Path, itemsync: Command, sandbox: Sandbox) -> None:
    saved = two.with_name("plan.json")
    assert itemsync("plan", two, "--sheet", "下周", "-o", saved).code == 0
    assert itemsync("apply", saved, "--sheet", "下周", "--yes").code == 2
    assert itemsync("apply", saved, "--yes").code == 0
    assert (held(sandbox, "A-1")[PRICE], results_in(two, "下周")) == (2600, "完成")


def test_at_a_terminal_a_person_is_asked(two: Path, sandbox: Sandbox) -> None:
    with at_a_terminal(["apply", two, "--yes"], 0) as screen:
        screen.wait_for("2  下周")
        screen.type("3\n")
        screen.type("2\n")
    assert held(sandbox, "A-1")[PRICE] == 2600
