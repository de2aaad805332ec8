"""Numbers as Excel shows them: a code is what a person sees, when it is read and when its result is written."""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.worksheet.worksheet import Worksheet

from sync.call import Result, RowResult
from sync.fields import OUTER_ID, PRICE, TITLE
from sync.item import SHOP_TIME
from sync.sheet.beside import write_beside
from sync.sheet.files.opendocument import read_tables
from sync.sheet.files.shown import as_shown, code_as_shown
from sync.sheet.files.styles import is_date_code
from sync.sheet.files.workbook import Raw
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from tests.sheet.workbooks import edit_xml, read_one, told, write

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=SHOP_TIME)
HEADERS = ("商家编码", "标题", "价格", "库存增减", "自定义:规格")


def sheet_of(path: Path, formats: dict[str, str], *rows: tuple[object, ...]) -> Path:
    """A workbook with cells in these number formats, each by its address."""

    def finish(sheet: Worksheet) -> None:
        for address, code in formats.items():
            sheet[address].number_format = code

    return write(path, [HEADERS, *rows], finish)


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (102, "00000", "00102"),
        (102, "00000_ ", "00102"),
        (102, "00000;-00000", "00102"),
        (102, "[Red]00000", "00102"),
        (102, '00000;;;"@"', "00102"),
        (102, "#00000", "00102"),
        (102, "[$-804]000000", "000102"),
        (123456, "00000", "123456"),
        (0, "000", "000"),
        (3, '"MJ-"000', "MJ-003"),
        (3, r"\M\J\-000", "MJ-003"),
        (1234567, "000-0000", "123-4567"),
        (102, "000", "102"),
    ],
)
def test_a_code_kept_as_a_number_is_what_its_format_shows(tmp_path: Path, value: int, code: str, shown: str) -> None:
    row = read_one(sheet_of(tmp_path / "a.xlsx", {"A2": code}, (value, "甲", 20)))
    assert (row.outer_id, row.cells[OUTER_ID]) == (shown, shown)
    assert told(row.problems) == []


@pytest.mark.parametrize(
    "code", ["General", "0", "0_ ", "@", "#,##0", "0.00", "[DBNum1]00000", "00/00", "0%", "00E+00"]
)
def test_a_number_of_which_no_zeros_are_shown_is_told_as_before(tmp_path: Path, code: str) -> None:
    row = read_one(sheet_of(tmp_path / "a.xlsx", {"A2": code}, (102, "甲", 20)))
    assert (row.outer_id, [one[1] for one in told(row.problems)]) == ("102", ["code.number"])


@pytest.mark.parametrize("value", [12.5, 1234567890123456, -5, True])
def test_a_number_that_is_no_code_is_none_in_a_format_of_zeros_either(tmp_path: Path, value: object) -> None:
    row = read_one(sheet_of(tmp_path / "a.xlsx", {"A2": "00000"}, (value, "甲", 20)))
    assert value == -5 or row.invalid


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (7, "000", "007"),
        (0.2, "0%", "20%"),
        (0.1234, "0.0%", "12.3%"),
        (19.9, "0.00", "19.90"),
        (2.675, "0.00", "2.68"),
        (12.5, "0.00_ ", "12.50"),
        (12.5, "##0.00", "12.50"),
        (19.9, "[$¥-804]0.00", "19.9"),
        (12, '0"件"', "12件"),
        (-3, "0.0;[Red]-0.0", "-3.0"),
        (datetime(2026, 3, 4), "yyyy-mm-dd", "2026-03-04"),
        (datetime(2026, 3, 4), r"yyyy\-mm\-dd;@", "2026-03-04"),
        (datetime(2026, 3, 4, 5, 6), "yyyy-mm-dd hh:mm", "2026-03-04 05:06"),
        (1234.5, "#,##0.00", "1234.5"),
        (1234.5, "General", "1234.5"),
        (0.5, "# ?/?", "0.5"),
        (12345, "0.00E+00", "12345"),
        (1234567, '0.0,,"百万"', "1234567"),
    ],
)
@pytest.mark.parametrize("column", ["E", "B"])
def test_a_custom_column_and_a_title_are_taken_as_excel_shows_them(
    tmp_path: Path, column: str, value: object, code: str, shown: str
) -> None:
    cells = ("A-1", value, 20, "", "") if column == "B" else ("A-1", "甲", 20, "", value)
    row = read_one(sheet_of(tmp_path / "a.xlsx", {f"{column}2": code}, cells))
    assert row.cells[TITLE if column == "B" else "规格"] == shown
    assert told(row.problems) == []


@pytest.mark.parametrize("code", ["m/d/yy", "yyyy/m/d", 'm"月"d"日"', "hh:mm"])
def test_a_date_that_is_shown_in_another_way_is_still_told(tmp_path: Path, code: str) -> None:
    row = read_one(sheet_of(tmp_path / "a.xlsx", {"E2": code}, ("A-1", "甲", 20, "", datetime(2026, 3, 4, 5))))
    assert [one[:2] for one in told(row.problems)] == [("E2", "cell.became_date")]


def test_a_price_is_its_number_whatever_is_shown(tmp_path: Path) -> None:
    row = read_one(sheet_of(tmp_path / "a.xlsx", {"C2": "0", "D2": "000"}, ("A-1", "甲", 19.9, 5)))
    assert (row.cells[PRICE], row.stock_change) == (1990, 5)


def test_a_text_in_a_format_of_zeros_stays_that_text(tmp_path: Path) -> None:
    assert read_one(sheet_of(tmp_path / "a.xlsx", {"A2": "00000"}, ("102", "甲", 20))).outer_id == "102"


@pytest.mark.parametrize(
    "edit",
    [
        lambda path: edit_xml(path, ('<c r="A2" s="1" t="n">', '<c s="1">')),
        lambda path: edit_xml(path, ('<c r="A2" s="1" t="n">', '<c s="1" r="A2">')),
        lambda path: edit_xml(path, ('<c r="A2" s="1" t="n">', "<c r='A2' s='1'>")),
        lambda path: edit_xml(path, ('<c r="A2" s="1" t="n">', '<c r="A2" t="n" s="1">')),
    ],
    ids=["no address", "turned round", "other quotes", "type first"],
)
def test_however_the_cell_is_written(tmp_path: Path, edit: object) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000"}, (102, "甲", 20))
    assert callable(edit)
    assert read_one(edit(path)).outer_id == "00102"


def test_a_first_format_of_zeros_counts_for_cells_that_name_none(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"B2": "00000"}, (102, 7, 20))
    number = load_workbook(path)._number_formats.index("00000") + 164  # type: ignore[attr-defined]
    edit_xml(path, ('<xf numFmtId="0"', f'<xf numFmtId="{number}"'), part="xl/styles.xml")
    assert read_one(path).outer_id == "00102"


# --- the write-back sees the same code --------------------------------------------------------------------------


def result(row: int, code: str, change: int | None = None) -> RowResult:
    return RowResult(row=row, outer_id=code, item_id="7", result=Result.DONE, at=NOW, change_applied=change)


def test_a_code_kept_as_a_number_gets_its_result_and_its_change_cleared(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000", "A3": '"MJ-"000'}, (102, "甲", 20, 5), (3, "乙", 20, 6))
    layout = read_sheet(path).layout
    written = write_back(path, layout, [result(2, "00102", 5), result(3, "MJ-003", 6)], "zh")
    assert (written.unplaced, written.standing) == ((), ())
    page = load_workbook(path).worksheets[0]
    headers = [cell.value for cell in page[1]]
    assert [page.cell(row, headers.index("同步结果") + 1).value for row in (2, 3)] == ["完成", "完成"]
    assert [page.cell(row, 4).value for row in (2, 3)] == [None, None]
    assert [page.cell(row, 1).value for row in (2, 3)] == [102, 3], "the code's own cell isn't touched"


def test_it_is_found_again_where_the_sheet_was_sorted(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000", "A3": "00000"}, (102, "甲", 20), (101, "乙", 20))
    layout = read_sheet(path).layout
    written = write_back(path, layout, [result(2, "00101"), result(3, "00102")], "zh")
    assert written.unplaced == ()
    page = load_workbook(path).worksheets[0]
    column = [cell.value for cell in page[1]].index("同步结果") + 1
    assert [page.cell(row, column).value for row in (2, 3)] == ["完成", "完成"]


def test_a_shared_text_in_a_format_of_zeros_is_no_number_to_the_write_back(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000", "A3": "00000"}, ("102", "甲", 20), ("7", "乙", 20))
    layout = read_sheet(path).layout
    assert write_back(path, layout, [result(3, "102"), result(2, "7")], "zh").unplaced == ()


def test_results_beside_a_file_say_the_code_that_was_read(tmp_path: Path) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000"}, (102, "甲", 20))
    written = write_beside(path, read_sheet(path).layout, [result(2, "00102")], "zh")
    assert written.unplaced == ()
    assert load_workbook(written.path).worksheets[0]["A2"].value == "00102"


# --- files that tell no formats ---------------------------------------------------------------------------------


DATA = Path(__file__).with_name("data")


def ods(path: Path, *edits: tuple[str, str]) -> Path:
    shutil.copy(DATA / "week.ods", path)
    return edit_xml(path, *edits, part="content.xml")


@pytest.mark.parametrize(
    ("seen", "code", "told_of"),
    [
        ("00123", "00123", []),
        ("123", "123", ["code.number"]),
        ("123.00", "123", ["code.number"]),
        ("0123 件", "123", ["code.number"]),
        ("", "123", ["code.number"]),
    ],
)
def test_an_ods_shows_the_zeros_of_a_code(tmp_path: Path, seen: str, code: str, told_of: list[str]) -> None:
    path = ods(tmp_path / "a.ods", ("<text:p>123</text:p>", f"<text:p>{seen}</text:p>"))
    row = read_sheet(path).rows[1]
    assert row.outer_id == code
    assert [problem.code for problem in row.problems if problem.code.startswith("code.")] == told_of


def test_an_ods_says_how_often_a_cell_or_a_row_stands(tmp_path: Path) -> None:
    content = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>
    <table:table table:name="a"><table:table-row table:number-rows-repeated="3"><table:table-cell/>
    </table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell
    table:number-columns-repeated="2"/><table:table-cell office:value="7"
    office:value-type="float" table:number-columns-repeated="2">
    <text:p>007</text:p></table:table-cell><table:covered-table-cell/><table:table-cell office:value="0.5"
    office:value-type="percentage">
    <office:annotation><text:p>看</text:p></office:annotation><text:p>50.0%</text:p></table:table-cell>
    </table:table-row></table:table>
    <table:table table:name="b"/></office:spreadsheet></office:body></office:document-content>"""
    whole = {(4, 3): "000", (4, 4): "000", (4, 6): "0.0%", (5, 3): "000", (5, 4): "000", (5, 6): "0.0%"}
    tables = read_tables([content.encode()]) or {}
    assert {name: table.formats for name, table in tables.items()} == {"a": whole, "b": {}}


def test_where_formats_are_not_told_that_is_said() -> None:
    sheet = read_sheet(DATA / "week.xls")
    (problem,) = (one for one in sheet.problems if one.code == "sheet.formats_unseen")
    assert problem.level.value == "warning"
    number = next(row for row in sheet.rows if row.outer_id == "123")
    assert f"A{number.number}" in problem.message.words("zh")


# --- the pure core ----------------------------------------------------------------------------------------------


ODD = (
    "[h]:mm:ss",
    '[$-804]yyyy"年"m"月"d"日"',
    '#,##0 "days"',
    "0\\d",
    "0_d",
    "[Red]0",
    '上午/下午h"时"',
    "[mm]:ss",
    "0;yyyy",
)


@pytest.mark.parametrize("code", [*BUILTIN_FORMATS.values(), *ODD])
def test_a_format_is_one_of_dates_where_openpyxl_says_so(code: str) -> None:
    assert is_date_code(code) == is_date_format(code)


@given(st.integers(0, 10**14), st.integers(1, 12))
def test_zeros_are_only_ever_added(value: int, zeros: int) -> None:
    shown = as_shown(value, "0" * zeros)
    assert shown is not None
    assert int(shown) == value
    assert len(shown) == max(zeros, len(str(value)))


@given(st.text(alphabet='0#?.,%;"\\_*[]-/E@aymd ', max_size=12), st.integers(-(10**16), 10**16) | st.floats())
def test_no_format_breaks_it(code: str, value: Raw) -> None:
    shown = as_shown(value, code)
    assert shown is None or isinstance(shown, str)
    assert isinstance(code_as_shown(value, code), int | float | str)


@pytest.mark.parametrize("usual", [True, False])
def test_a_large_sheet_takes_no_longer_for_it(tmp_path: Path, usual: bool) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("商品")
    page.append(list(HEADERS))
    for number in range(8_000):
        cells = [WriteOnlyCell(page, value) for value in (number, f"款 {number}", 20, "", number)]
        cells[0].number_format = "000000"
        cells[4].number_format = "0.00" if usual else "General"
        page.append(cells)
    book.save(tmp_path / "a.xlsx")
    began = time.process_time()
    rows = read_sheet(tmp_path / "a.xlsx").rows
    assert time.process_time() - began < 3
    assert (rows[7].outer_id, rows[7].cells["规格"]) == ("000007", "7.00" if usual else "7")


@pytest.mark.parametrize(
    "edits",
    [
        [("<cellXfs", "<cellXfses"), ("</cellXfs>", "</cellXfses>")],
        [('formatCode="00000"', "")],
        [('formatCode="00000"', 'formatCode="&quot;0\\"')],
        [('<xf numFmtId="164"', "<xf")],
    ],
    ids=["no formats", "no code", "no end of a text", "no number"],
)
def test_a_format_that_cannot_be_understood_shows_the_number_as_it_is(
    tmp_path: Path, edits: list[tuple[str, str]]
) -> None:
    path = sheet_of(tmp_path / "a.xlsx", {"A2": "00000"}, (102, "甲", 20))
    row = read_one(edit_xml(path, *edits, part="xl/styles.xml"))
    assert (row.outer_id, [one[1] for one in told(row.problems)]) == ("102", ["code.number"])
