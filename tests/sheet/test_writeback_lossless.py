"""Everything in the workbook but the cells that are written stays, part by part and byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.call import Result, RowResult
from sync.fields import ITEM_ID, Column
from sync.item import SHOP_TIME, clock_face
from sync.messages import say
from sync.sheet.read import read_sheet
from sync.sheet.writeback import Written, write_back
from tests.sheet.rich import KINDS, changed, parts, remaining

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # It tells of what it can't keep.
AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)
RESULTS = (
    RowResult(3, "A-1", Result.DONE, achieved=(say("code.missing"),), change_applied=5, item_id="100000000000000001"),
    RowResult(5, "A-3", Result.FAILED, achieved=(say("id.number"),)),
)
MAY_CHANGE = {
    "table.xlsx": {"xl/tables/table1.xml"},
    "filtered.xlsx": {"xl/workbook.xml"},
    "office.xlsx": {"xl/tables/table1.xml", "xl/workbook.xml"},
}
"""Beside the worksheet and its formats: the wider table; the wider filter's name; that formulas are due."""


def put(path: Path, at: datetime = AT) -> Written:
    return write_back(path, read_sheet(path).layout, [replace(result, at=at) for result in RESULTS], "zh")


@pytest.fixture(params=KINDS)
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / str(request.param)
    KINDS[path.name](path)
    return path


def sheet_part(path: Path) -> str:
    return "xl/worksheets/sheet2.xml" if path.name == "filtered.xlsx" else "xl/worksheets/sheet1.xml"


def values(path: Path) -> Mapping[str, list[list[object]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}  # type: ignore[misc]


def touched(path: Path) -> set[str]:
    columns = read_sheet(path).layout.columns
    letters = [columns[key] for key in (ITEM_ID, Column.RESULT, Column.NOTE, Column.SYNCED_AT)]
    return {"E3", *(f"{letter}{row}" for letter in letters for row in (2, 3, 5))}


def test_only_the_worksheet_and_what_must_know_of_it_change(book: Path) -> None:
    before = parts(book)
    put(book)
    may_change = {sheet_part(book), "xl/styles.xml", *MAY_CHANGE.get(book.name, ())}
    assert changed(before, parts(book)) == may_change


def test_in_the_worksheet_only_the_written_cells_change(book: Path) -> None:
    part, before = sheet_part(book), parts(book)
    put(book)
    cells = touched(book)
    assert remaining(before[part], cells) == remaining(parts(book)[part], cells)


def test_calamine_and_openpyxl_read_the_results_and_all_the_rest_as_it_was(book: Path) -> None:
    before = values(book)
    put(book)
    sheet = load_workbook(book)["商品"]
    headers = {cell.value: number for number, cell in enumerate(sheet[2], start=1)}
    assert [sheet.cell(3, headers[name]).value for name in ("同步结果", "商品ID")] == ["完成", "100000000000000001"]
    assert sheet.cell(3, headers["同步时间"]).value == clock_face(AT)
    after = values(book)
    assert after["商品"][2][headers["同步时间"] - 1] == clock_face(AT)
    after["商品"][2][4], before["商品"][2][4] = "", ""
    assert {
        name: [row[: len(old)] for row, old in zip(rows, before[name], strict=True)] for name, rows in after.items()
    } == before


def test_a_second_run_changes_only_cells(book: Path) -> None:
    put(book)
    before = parts(book)
    put(book, datetime(2026, 11, 28, 9, 0))
    assert changed(before, parts(book)) == {sheet_part(book)}
    sizes = [len(xml) for xml in (before[sheet_part(book)], parts(book)[sheet_part(book)])]
    assert abs(sizes[0] - sizes[1]) < 40


def test_macros_are_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "macros.xlsm"
    KINDS[path.name](path)
    before = parts(path)["xl/vbaProject.bin"]
    put(path)
    assert parts(path)["xl/vbaProject.bin"] == before


def test_a_table_grows_by_the_new_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    KINDS[path.name](path)
    put(path)
    table = load_workbook(path)["商品"].tables["商品表"]
    assert table.ref == table.autoFilter.ref == "A2:J5"
    assert [column.name for column in table.tableColumns][6:] == ["商品ID", "同步结果", "同步说明", "同步时间"]
    assert len({column.id for column in table.tableColumns}) == 10


def test_a_table_with_a_slicer_and_a_pivot_table_grows_as_excel_would_have_it(tmp_path: Path) -> None:
    """Its slicer names a column by an id that stays, the pivot table names the table; a header is its cell's text."""
    path = tmp_path / "office.xlsx"
    KINDS[path.name](path)
    put(path)
    table = etree.fromstring(parts(path)["xl/tables/table1.xml"])
    ranges = [table, *table.iterfind("{*}autoFilter"), *table.iterfind("{*}sortState")]
    assert [each.get("ref") for each in ranges] == ["A2:J5", "A2:J5", "A3:J5"]
    columns = table.findall("{*}tableColumns/{*}tableColumn")
    assert [column.get("id") for column in columns] == ["1", "4", "3", "9", "5", "6", "10", "11", "12", "13"]
    assert [column.get("name") for column in columns] == [cell.value for cell in load_workbook(path)["商品"][2]]


def test_a_table_does_not_take_in_merged_cells(tmp_path: Path) -> None:
    """Excel repairs a workbook with such a table."""
    path = tmp_path / "a.xlsx"
    with Workbook(path) as made:
        sheet = made.add_worksheet("商品")
        sheet.add_table("A2:B5", {"columns": [{"header": "商家编码"}, {"header": "标题"}]})
        sheet.write_column("A3", ["A-1", "A-2", "A-3"])
        sheet.merge_range("C3:D4", "")
    before = parts(path)
    assert [warning.code for warning in put(path).warnings] == ["writeback.covered"]
    assert parts(path)["xl/tables/table1.xml"] == before["xl/tables/table1.xml"]


def test_another_table_between_does_not_take_the_results_in(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with Workbook(path) as made:
        sheet = made.add_worksheet("商品")
        sheet.add_table("A2:B5", {"columns": [{"header": "商家编码"}, {"header": "标题"}]})
        sheet.add_table("D2:E4", {"columns": [{"header": "负责人"}, {"header": "电话"}]})
        sheet.write_column("A3", ["A-1", "A-2", "A-3"])
    before = parts(path)
    put(path)
    after = load_workbook(path)["商品"]
    assert [after[f"{letter}2"].value for letter in "DEFG"] == ["负责人", "电话", "商品ID", "同步结果"]
    assert {name: part for name, part in parts(path).items() if "tables/" in name} == {
        name: part for name, part in before.items() if "tables/" in name
    }


def test_results_never_reach_into_another_table(tmp_path: Path) -> None:
    """It begins above the headers, and its cells beside them are empty."""
    path = tmp_path / "two.xlsx"
    with Workbook(path) as made:
        sheet = made.add_worksheet("商品")
        sheet.add_table("A2:B5", {"columns": [{"header": "商家编码"}, {"header": "标题"}]})
        sheet.add_table("D1:E4", {"columns": [{"header": "负责人"}, {"header": "电话"}]})
        sheet.write_column("A3", ["A-1", "A-2", "A-3"])
    before = parts(path)
    put(path)
    headers = [cell.value for cell in load_workbook(path)["商品"][2]]
    assert headers[2:] == [None, None, None, "商品ID", "同步结果", "同步说明", "同步时间"]
    assert all(parts(path)[name] == before[name] for name in before if "tables/" in name)


def test_a_filter_grows_by_the_new_columns(tmp_path: Path) -> None:
    path = tmp_path / "filtered.xlsx"
    KINDS[path.name](path)
    put(path)
    sheet = load_workbook(path)["商品"]
    assert sheet.auto_filter.ref == "A2:J5"
    names = etree.fromstring(parts(path)["xl/workbook.xml"]).iterfind(".//{*}definedName")
    assert [name.text for name in names] == ["商品!$A$2:$J$5"]


def test_formulas_keep_their_results(tmp_path: Path) -> None:
    path = tmp_path / "pictures.xlsx"
    KINDS[path.name](path)
    put(path)
    assert load_workbook(path, data_only=True)["商品"]["H3"].value == 15
    assert load_workbook(path)["商品"]["H3"].value == "=D3+E3"


def test_few_formats_are_added_however_often_results_are_written(tmp_path: Path) -> None:
    path = tmp_path / "pictures.xlsx"
    KINDS[path.name](path)
    before = len(etree.fromstring(parts(path)["xl/styles.xml"]).find("{*}cellXfs"))  # type: ignore[arg-type]
    for day in range(1, 5):
        put(path, datetime(2026, 12, day))
    assert len(etree.fromstring(parts(path)["xl/styles.xml"]).find("{*}cellXfs")) - before <= 5  # type: ignore[arg-type]
