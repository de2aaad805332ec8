"""What real staff do to a sheet: decorated headers, totals, a second table pasted below, formats of every kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from sync.errors import Refusal
from sync.fields import INVENTORY, OUTER_ID, PRICE, TITLE, Column
from sync.sheet.headers import field_of
from sync.sheet.read import read_sheet
from tests.sheet.workbooks import GOOD, HEADERS, edit_xml, read_one, told, write, write_items

# --- headers ---------------------------------------------------------------------------------------------------
DECORATED = {
    "*标题": TITLE,
    "标题*": TITLE,
    "＊标题": TITLE,
    "★ 标题": TITLE,
    "标题：": TITLE,
    "标题（必填）": TITLE,
    "*标题 (选填)": TITLE,
    "Title (required)": TITLE,
    "* Outer ID *": OUTER_ID,
    "商家编码(文本)": OUTER_ID,
    "价格(元)": PRICE,
    "价格（元）": PRICE,
    "价格\n（￥）": PRICE,
    "Price (CNY)": PRICE,
    "价格（元）（必填）": PRICE,
    "库存(件)": INVENTORY,
    "库存 *": INVENTORY,
}
OWN = [
    "价格(万元)",
    "价格(美元)",
    "库存(箱)",
    "标题(元)",
    "原价(元)",
    "价格(含税)",
    "价格/元",
    "商品标题",
    "(必填)",
    "*",
    "备注",
    "*自定义:品牌",
]


@pytest.mark.parametrize("header", DECORATED)
def test_stars_remarks_and_the_columns_own_unit_are_no_part_of_a_header(header: str) -> None:
    field = field_of(header)
    assert field is not None
    assert field.path == DECORATED[header]


@pytest.mark.parametrize("header", OWN)
def test_another_unit_or_word_makes_it_a_column_of_the_staffs_own(header: str) -> None:
    assert field_of(header) is None


def test_brackets_belong_to_a_custom_name() -> None:
    field = field_of("自定义:尺码(cm)")
    assert field is not None
    assert field.path == "尺码(cm)"


def test_decorated_headers_are_read_and_a_header_beside_its_twin_is_refused(tmp_path: Path) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["*商家编码", "价格（元）"], ["A-1", 9]]))
    assert row.cells == {OUTER_ID: "A-1", PRICE: 900}
    with pytest.raises(Refusal) as twice:
        read_sheet(write(tmp_path / "b.xlsx", [["*商家编码", "价格（元）", "价格"], ["A-1", 9]]))
    assert twice.value.message.code == "sheet.column_twice"


# --- rows that are no items -----------------------------------------------------------------------------------
ITEM: list[object] = ["A-1", "", "猫眼美甲", 9, 3, "x"]
COLUMNS: list[object] = ["商家编码", "商品ID", "标题", "价格", "库存", "备注"]
TOTALS = [
    ["合计", "", "", "", 30, ""],
    ["", "", "", "", 30, "合计："],
    ["", "", "总 计", 99, 30, ""],
    ["Total", "", "", "", 30, ""],
    ["小计", "", "", "", "=SUM(E2:E3)", ""],
    ["", "", "", "=AVERAGE(D2:D3)", 30, "Grand Total"],
]
NO_TOTALS = [
    ["合计", "77", "", "", 30, ""],
    ["合计", "", "猫眼美甲", "", 30, ""],
    ["", "", "猫眼美甲", "", 30, "合计"],
    ["合计-1", "", "", "", 30, ""],
    ["", "", "", "", 30, "合计见下"],
    ["", "", "", "", 30, ""],
]


@pytest.mark.parametrize("total", TOTALS)
def test_a_row_that_is_surely_a_total_is_skipped_with_a_note(tmp_path: Path, total: list[object]) -> None:
    sheet = read_sheet(write(tmp_path / "a.xlsx", [COLUMNS, ITEM, total]))
    assert [row.outer_id for row in sheet.rows] == ["A-1"]
    assert (None, "sheet.total_rows", "note") in told(sheet.problems)


@pytest.mark.parametrize("row", NO_TOTALS)
def test_a_row_that_may_be_an_item_stays(tmp_path: Path, row: list[object]) -> None:
    sheet = read_sheet(write(tmp_path / "a.xlsx", [COLUMNS, ITEM, row]))
    assert [row.number for row in sheet.rows] == [2, 3]
    assert "sheet.total_rows" not in [code for _, code, _ in told(sheet.problems)]


def test_headers_that_were_pasted_once_more_are_no_item(tmp_path: Path) -> None:
    sheet = read_sheet(write(tmp_path / "a.xlsx", [COLUMNS, ITEM, COLUMNS, ["A-2", "", "", 8, 1, ""]]))
    assert [(row.number, row.outer_id, row.invalid) for row in sheet.rows] == [(2, "A-1", False), (4, "A-2", False)]
    assert (None, "sheet.repeated_headers", "note") in told(sheet.problems)


def test_headers_of_another_order_further_down_are_told_as_a_row(tmp_path: Path) -> None:
    other = ["商家编码", "", "价格", "标题", "库存", ""]
    _, doubtful, _ = read_sheet(write(tmp_path / "a.xlsx", [COLUMNS, ITEM, other, ["A-2", "", "", 8, 1]])).rows
    assert doubtful.invalid


def merged(reference: str) -> Callable[[Worksheet], None]:
    return lambda sheet: sheet.merge_cells(reference)


# --- headers over two rows ------------------------------------------------------------------------------------
def test_headers_merged_downwards_are_read_and_those_in_two_rows_refused(tmp_path: Path) -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:B2")

    path = write(tmp_path / "a.xlsx", [["商家编码", "价格"], [], ["A-1", 9]], merge)
    assert read_one(path).cells[PRICE] == 900
    with pytest.raises(Refusal) as two:
        read_sheet(
            write(
                tmp_path / "b.xlsx",
                [["商家编码", "销售"], ["", "价格"], ["A-1", 9]],
                lambda s: s.merge_cells("A1:A2"),
            )
        )
    assert two.value.message.code == "sheet.two_header_rows"


def test_groups_above_the_headers_are_a_title_like_any_other(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx", [["基本", "销售"], ["商家编码", "价格"], ["A-1", 9]], lambda s: s.merge_cells("B1:C1")
    )
    assert read_one(path).number == 3


def test_a_table_of_excels_with_its_filter_on(tmp_path: Path) -> None:
    def as_table(sheet: Worksheet) -> None:
        sheet.add_table(Table(displayName="商品", ref="A3:B5"))
        sheet.row_dimensions[4].hidden = True

    sheet = read_sheet(
        write(tmp_path / "a.xlsx", [["第 47 周"], [], ["商家编码", "价格"], ["A-1", 9], ["A-2", 8]], as_table)
    )
    assert [row.number for row in sheet.rows] == [4, 5]
    assert (None, "sheet.hidden_rows", "warning") in told(sheet.problems)


HIDDEN = '<cols><col min="{}" max="{}" width="9" {}/></cols><sheetData>'
ITEMS: list[list[object]] = [
    ["备注", "商家编码", "一级类目", "二级类目", "价格", "库存"],
    ["x", "A-1", "丽人", "美甲", 9, ""],
]


@pytest.mark.parametrize(
    ("first", "last", "hides", "noted"),
    [
        (5, 5, 'hidden="1"', ["E1"]),
        (5, 16384, "hidden='true' customWidth='1'", ["E1"]),
        (1, 99999999, 'hidden="1"', ["C1", "D1", "E1"]),
        (3, 4, 'collapsed="1" hidden="1"', ["C1", "D1"]),
        (1, 2, 'hidden="1"', []),
        (6, 6, 'hidden="1"', []),
        (5, 5, 'hidden="0"', []),
        (5, 5, "", []),
    ],
)
def test_a_hidden_column_that_asks_for_something_is_noted(
    tmp_path: Path, first: int, last: int, hides: str, noted: list[str]
) -> None:
    path = edit_xml(write(tmp_path / "a.xlsx", ITEMS), ("<sheetData>", HIDDEN.format(first, last, hides)))
    sheet = read_sheet(path)
    assert [row.problems for row in sheet.rows] == [()]
    found = told(sheet.problems)
    assert [one for one in found if one[1] == "sheet.hidden_column"] == [
        (cell, "sheet.hidden_column", "warning") for cell in noted
    ]


# --- cells ----------------------------------------------------------------------------------------------------
FORMATS = ["0.00%", '"¥"#,##0.00', "#,##0.00_);[Red](#,##0.00)", "_ ¥* #,##0.00_ ", "@", "0.00E+00", "# ?/?", "0"]


@pytest.mark.parametrize("number_format", FORMATS)
def test_a_price_is_its_value_whatever_its_format(tmp_path: Path, number_format: str) -> None:
    def look(sheet: Worksheet) -> None:
        sheet["F2"].number_format = number_format

    path = write(tmp_path / "a.xlsx", [HEADERS, [GOOD.get(header, "") for header in HEADERS]], look)
    assert read_one(path).cells[PRICE] == 1990


def test_a_workbook_that_counts_days_from_1904(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(["商家编码", "价格", "上架时间"])
    sheet.append(["A-1", 9, datetime(2026, 11, 21, 8)])
    book.save(tmp_path / "a.xlsx")
    assert told(read_one(tmp_path / "a.xlsx").problems) == []


def test_text_of_several_fonts_is_one_text(tmp_path: Path) -> None:
    rich = CellRichText("夏季", TextBlock(InlineFont(b=True), "连衣裙"))
    assert read_one(write_items(tmp_path / "a.xlsx", GOOD | {"标题": rich})).cells[TITLE] == "夏季连衣裙"


def test_how_a_word_is_pronounced_is_no_part_of_it(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"标题": "東京"})
    written = "<t>&#26481;&#20140;</t>"
    edit_xml(path, (written, written + "<rPh sb='0' eb='2'><t>トウキョウ</t></rPh>"))
    assert read_one(path).cells[TITLE] == "東京"


def test_a_formula_counts_by_its_stored_value(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"库存": 3})
    edit_xml(path, ('<c r="G2" t="n"><v>3</v></c>', '<c r="G2"><f>1+2</f><v>3</v></c>'))
    assert read_one(path).cells[INVENTORY] == 3


def test_rows_with_only_the_staffs_own_cells_are_left_alone(tmp_path: Path) -> None:
    own: list[list[object]] = [["", "", "", "", "", "上面的先不动"], ["", "", "", "", "", "x", "done"]]
    rows = [[*COLUMNS, Column.RESULT], ITEM, *own]
    assert len(read_sheet(write(tmp_path / "a.xlsx", rows)).rows) == 1
