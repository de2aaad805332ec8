"""Whose words the headers are: ours, the profile's, or the ones that staff usually write."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook

from sync.call import Result, RowResult
from sync.errors import NeedsWorksheet, Refusal
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE, Column
from sync.item import Status
from sync.sheet.beside import write_beside
from sync.sheet.headers import USUAL, Vocabulary
from sync.sheet.read import Sheet, read_sheet
from sync.sheet.table import find_layout
from sync.sheet.writeback import write_back
from tests.sheet.workbooks import told, write

EXPORTED = ["货号", "宝贝ID", "宝贝标题", "售价（元）", "*库存数量", "上下架"]
ROW = ["A-1", "7627361738101", "夏季连衣裙", 19.9, 5, "下架"]
SHOP = Vocabulary.of({"款号": "outer id", "我的售价": "price", "厂牌": "自定义:品牌"})


def read(tmp_path: Path, headers: list[str], row: list[object], vocabulary: Vocabulary = USUAL) -> Sheet:
    return read_sheet(write(tmp_path / "a.xlsx", [headers, row]), vocabulary=vocabulary)


def refused(tmp_path: Path, headers: list[str], vocabulary: Vocabulary = USUAL) -> Refusal:
    with pytest.raises(Refusal) as info:
        read(tmp_path, headers, ["A-1"] * len(headers), vocabulary)
    return info.value


def test_a_sheet_in_staffs_own_words_is_read_and_says_so(tmp_path: Path) -> None:
    sheet = read(tmp_path, EXPORTED, list(ROW))
    (row,) = sheet.rows
    assert (row.outer_id, row.item_id) == ("A-1", "7627361738101")
    held = {OUTER_ID: "A-1", TITLE: "夏季连衣裙", PRICE: 1990, INVENTORY: 5, STATUS: Status.INACTIVE}
    assert row.cells == held
    assert sheet.layout.language == "zh"
    assert sheet.ignored == ()
    cells = [cell for cell, code, level in told(sheet.problems) if (code, level) == ("sheet.usual_word", "note")]
    assert cells == ["A1", "B1", "C1", "D1", "E1", "F1"]
    assert "“售价（元）”按“价格”读取" in sheet.problems[3].message.words("zh")


@pytest.mark.parametrize(
    ("real", "other", "key"),
    [("价格", "售价", PRICE), ("价格", "一口价", PRICE), ("标题", "商品名称", TITLE), ("库存", "数量", INVENTORY)],
)
def test_beside_the_real_header_a_usual_word_is_the_staffs_own(
    tmp_path: Path, real: str, other: str, key: str
) -> None:
    sheet = read(tmp_path, ["货号", "商家编码", other, real], ["9", "A-1", 7, 8])
    assert [one.header for one in sheet.ignored] == ["货号", other]
    assert [one.meant for one in sheet.ignored] == [None, None]
    assert sheet.layout.columns[key] == "D"
    assert sheet.layout.columns[OUTER_ID] == "B"


@pytest.mark.parametrize(
    ("either", "names"),
    [
        (["商家编码", "售价", "一口价"], ("售价 (B)", "一口价 (C)", "价格")),
        (["货号", "宝贝编码", "价格"], ("货号 (A)", "宝贝编码 (B)", "商家编码")),
        (["商家编码", "宝贝ID", "数字ID"], ("宝贝ID (B)", "数字ID (C)", "商品ID")),
        (["商家编码", "数量", "库存数量"], ("数量 (B)", "库存数量 (C)", "库存")),
    ],
)
def test_two_usual_words_for_one_column_are_refused_by_name(
    tmp_path: Path, either: list[str], names: tuple[str, ...]
) -> None:
    refusal = refused(tmp_path, either)
    assert refusal.message.code == "sheet.either"
    assert all(name in refusal.message.words("zh") for name in names)


def test_the_profile_decides_between_two_words(tmp_path: Path) -> None:
    vocabulary = Vocabulary.of({"一口价": "price"})
    sheet = read(tmp_path, ["商家编码", "售价", "一口价"], ["A-1", 10, 20], vocabulary)
    assert sheet.rows[0].cells[PRICE] == 2000
    assert [one.header for one in sheet.ignored] == ["售价"]


def test_the_profiles_own_headers(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["款 号(必填)", "我的售价", "厂牌", "售价"], ["A-1", 12, "OPI", 99], SHOP)
    assert sheet.rows[0].cells == {OUTER_ID: "A-1", PRICE: 1200, "品牌": "OPI"}
    assert [one.header for one in sheet.ignored] == ["售价"]
    assert told(sheet.problems) == [(None, "sheet.own_columns", "note")]
    assert sheet.layout.language == "zh"


@pytest.mark.parametrize("twice", ["价格", "price", "我的售价 "])
def test_a_mapped_header_beside_the_real_one_is_refused_by_name(tmp_path: Path, twice: str) -> None:
    refusal = refused(tmp_path, ["款号", "我的售价", twice], SHOP)
    assert refusal.message.code == "sheet.column_twice"
    assert "我的售价 (B)" in refusal.message.words("zh")


def test_a_csv_by_its_usual_and_its_mapped_words(tmp_path: Path) -> None:
    for name, text in (("a.csv", "货号;售价,元;库存数量\nA-1;3;4\n"), ("b.csv", "款号;我的售价;库存\nA-1;3;4\n")):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        sheet = read_sheet(path, vocabulary=SHOP)
        assert sheet.rows[0].cells[INVENTORY] == 4, name
        assert sheet.rows[0].outer_id == "A-1", name


def test_a_header_that_nobody_knows_is_asked_about(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["商家编码", "售价2", "库存", "总库存", "备注"], ["A-1", 1, 2, 3, "x"])
    meant = [(one.column, one.header, one.meant.zh if one.meant else None) for one in sheet.ignored]
    assert meant == [("B", "售价2", "价格"), ("D", "总库存", None), ("E", "备注", None)]
    assert told(sheet.problems) == [("B1", "sheet.ignored.meant", "note"), (None, "sheet.own_columns", "note")]


@pytest.mark.parametrize(
    ("headers", "cell", "header"),
    [
        (["款号", "价格"], "A1", "款号"),
        (["序号", "商品编码", "价格"], "B1", "商品编码"),
        (["商家代码", "标题"], "A1", "商家代码"),
        (["title", "SKU", "price"], "B1", "SKU"),
        (["Outter ID", "price"], "A1", "Outter ID"),
    ],
)
def test_without_the_key_the_nearest_header_is_named(
    tmp_path: Path, headers: list[str], cell: str, header: str
) -> None:
    message = refused(tmp_path, headers).message
    assert message.code == "sheet.no_key.nearest"
    assert f"{cell} 的“{header}”" in message.words("zh")
    assert "商品" in message.words("zh")


def test_without_the_key_and_anything_near_it(tmp_path: Path) -> None:
    assert refused(tmp_path, ["日期", "姓名"]).message.code == "sheet.no_key"


# --- which worksheet, which row ----------------------------------------------------------------------------------
def book(path: Path, **sheets: list[list[object]]) -> Path:
    made = Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    made.save(path)
    return path


MAIN: list[list[object]] = [["商家编码", "标题", "价格"], ["A-1", "裙", 9]]


def test_a_list_of_orders_in_usual_words_is_no_rival_of_the_table(tmp_path: Path) -> None:
    orders: list[list[object]] = [["货号", "数量", "收件人"], ["A-1", 1, "王"]]
    half: list[list[object]] = [["商家编码", "数量", "收件人"], ["A-1", 1, "王"]]
    for other in (orders, half):
        for order in ({"订单": other, "商品": MAIN}, {"商品": MAIN, "订单": other}):
            assert read_sheet(book(tmp_path / "a.xlsx", **order)).layout.sheet == "商品"


def test_a_table_in_usual_words_beside_a_page_of_instructions(tmp_path: Path) -> None:
    help_page: list[list[object]] = [["说明"], ["商家编码"], ["价格"]]
    table: list[list[object]] = [["商家编码", "宝贝标题", "售价"], ["A-1", "裙", 9]]
    sheet = read_sheet(book(tmp_path / "a.xlsx", 说明=help_page, 商品=table))
    assert sheet.layout.sheet == "商品"
    assert sheet.rows[0].cells[PRICE] == 900


def test_two_tables_in_usual_words_are_asked_about(tmp_path: Path) -> None:
    table: list[list[object]] = [["货号", "售价"], ["A-1", 9]]
    with pytest.raises(NeedsWorksheet):
        read_sheet(book(tmp_path / "a.xlsx", 甲=table, 乙=table))


def test_a_row_with_the_real_key_is_preferred_to_one_in_usual_words(tmp_path: Path) -> None:
    rows: list[list[object]] = [["货号", "售价"], ["商家编码", "价格"], ["A-1", 9]]
    sheet = read_sheet(book(tmp_path / "a.xlsx", 商品=rows))
    assert (sheet.layout.header_row, sheet.rows[0].outer_id) == (2, "A-1")


def test_headers_repeated_in_usual_words_are_no_item(tmp_path: Path) -> None:
    rows: list[list[object]] = [["货号", "售价"], ["A-1", 9], ["货号", "售价"], ["A-2", 9]]
    sheet = read_sheet(book(tmp_path / "a.xlsx", 商品=rows))
    assert [row.outer_id for row in sheet.rows] == ["A-1", "A-2"]


# --- writing into them -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headers", "vocabulary"),
    [(["货号", "数字ID", "增减库存"], USUAL), (["款号", "数字ID", "增减库存"], SHOP)],
    ids=["usual", "mapped"],
)
def test_results_find_their_columns_again(tmp_path: Path, headers: list[str], vocabulary: Vocabulary) -> None:
    path = write(tmp_path / "a.xlsx", [headers, ["A-1", "", 3]])
    layout = read_sheet(path, vocabulary=vocabulary).layout
    again = find_layout(path, "商品", vocabulary)
    assert again == layout
    done = RowResult(2, "A-1", Result.DONE, item_id="7627361738101", change_applied=3)
    written = write_back(path, layout, [done], "zh")
    assert (written.fallback, written.unplaced, written.standing) == (False, (), ())
    (row,) = read_sheet(path, vocabulary=vocabulary).rows
    assert (row.item_id, row.stock_change) == ("7627361738101", None)
    assert read_sheet(path, vocabulary=vocabulary).layout.columns[ITEM_ID] == "B"


def test_results_beside_a_csv_find_their_columns_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("款号,数字ID,增减库存\nA-1,,3\n", encoding="utf-8")
    layout = read_sheet(path, vocabulary=SHOP).layout
    done = RowResult(2, "A-1", Result.DONE, item_id="7627361738101", change_applied=3)
    written = write_beside(path, layout, [done], "zh")
    (row,) = read_sheet(written.path, vocabulary=SHOP).rows
    assert (row.item_id, row.stock_change) == ("7627361738101", None)
    assert read_sheet(written.path, vocabulary=SHOP).layout.columns[Column.STOCK_CHANGE] == "C"
