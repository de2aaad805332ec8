"""Reading a workbook: where the table stands, which rows count, what is told about the whole."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from sync.errors import NeedsWorksheet, Refusal
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, TITLE, Column
from sync.packed import Packed
from sync.sheet.read import read_sheet
from sync.sheet.table import find_layout
from tests.sheet.workbooks import GOOD, HEADERS, edit_xml, read_one, told, write, write_items

COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1")


def refused(path: Path) -> str:
    """What the refusal says, by its code; nothing else may be raised."""
    with pytest.raises(Refusal) as refusal:
        read_sheet(path)
    assert type(refusal.value) is Refusal
    assert all("{" not in refusal.value.message.words(language) for language in ("zh", "en"))
    return refusal.value.message.code


# --- files that are no workbook --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.xlsx", b"", "sheet.not_workbook"),
        ("a.xlsx", b"hello", "sheet.no_key"),
        ("a.xls", b"<html><table></table></html>", "sheet.not_workbook"),
        ("a.xlsx", b"%PDF-1.7\n\x93\x8c\x8b\x9e\0", "sheet.not_workbook"),
        ("a.xls", COMPOUND + b"\0" * 600 + "Workbook".encode("utf-16-le"), "sheet.damaged"),
        ("a.xlsx", COMPOUND + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "sheet.encrypted"),
        ("a.xlsx", b"PK\x03\x04" + b"junk" * 100, "sheet.damaged"),
    ],
    ids=["empty", "text", "html", "pdf", "broken old xls", "encrypted", "broken zip"],
)
def test_a_file_that_is_no_workbook(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name) == code


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ("content.xml", "sheet.damaged"),
        ("xl/workbook.bin", "sheet.other_format"),
        ("a.txt", "sheet.not_workbook"),
    ],
    ids=["broken ods", "xlsb", "zip"],
)
def test_a_zip_that_is_no_xlsx(tmp_path: Path, part: str, code: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr(part, "x")
    assert refused(tmp_path / "a.xlsx") == code


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "a.xlsx") == "sheet.missing"
    assert refused(tmp_path) == "sheet.folder"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
def test_a_file_that_was_cut_off(tmp_path: Path, kept: float) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    assert refused(path) == "sheet.damaged"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml"])
def test_a_part_that_is_damaged(tmp_path: Path, part: str) -> None:
    path = edit_xml(write_items(tmp_path / "a.xlsx", GOOD), ("</", "<<"), part=part)
    assert refused(path) == "sheet.damaged"


# --- the table -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["日期", "价格"], "sheet.no_key"),
        (["编码", "价格"], "sheet.no_key.nearest"),
        (["商家编码", "价格", "price"], "sheet.column_twice"),
        (["商家编码", "商家编码"], "sheet.column_twice"),
        (["商家编码", "自定义:品牌", "custom: 品牌"], "sheet.column_twice"),
        (["商家编码", "自定义:a@b"], "sheet.custom_name"),
        (["商家编码", "自定义:a,b"], "sheet.custom_name"),
        (["商家编码", "自定义:_sys"], "sheet.custom_name"),
        (["商家编码", "类目", "一级类目", "二级类目"], "sheet.category_both"),
        (["商家编码", "类目", "二级类目"], "sheet.category_both"),
        (["商家编码", "一级类目"], "sheet.category_half"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_headers_that_cannot_be_understood(tmp_path: Path, headers: list[str], code: str) -> None:
    assert refused(write(tmp_path / "a.xlsx", [headers, ["A-1"]])) == code


@pytest.mark.parametrize(
    "rows",
    [[HEADERS], [HEADERS, ["  "]], [["商家编码", "备注", "同步结果"], ["", "x", "完成"]], []],
    ids=["headers only", "spaces", "own and result columns only", "nothing"],
)
def test_a_table_without_items(tmp_path: Path, rows: list[list[object]]) -> None:
    assert refused(write(tmp_path / "a.xlsx", rows)) == ("sheet.empty" if rows else "sheet.no_key")


@pytest.mark.parametrize(
    ("header", "path"),
    [
        ("价格", PRICE),
        (" 价 格 ", PRICE),
        ("价\n格", PRICE),
        ("\ufeffPRICE\u200b", PRICE),
        ("ｐｒｉｃｅ", PRICE),
        ("自定义：品牌", "品牌"),
        ("自定义 : 品牌", "品牌"),
        ("Custom:Brand", "Brand"),
        ("ＣＵＳＴＯＭ：品牌：甲", "品牌：甲"),
        ("系统：market", "_sys@market"),
        ("SYS:Market", "_sys@market"),
    ],
)
def test_headers_are_matched_whatever_their_width_and_case(tmp_path: Path, header: str, path: str) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [[header, "Outer ID"], ["9", "A-1"]]))
    assert set(row.cells) == {OUTER_ID, path}
    assert row.addresses[path] == "A2"


def test_a_row_is_packed_with_all_it_says_and_without_the_sheet(tmp_path: Path) -> None:
    lines = [["价格", "Outer ID", "自定义:品牌"], ["9", "A-1", ""], ["x", "A-2", "甲"]]
    rows = read_sheet(write(tmp_path / "a.xlsx", lines)).rows
    packed = Packed(rows, few=0)
    assert [*packed] == [*rows]
    assert [*packed[1].addresses] == [*rows[1].addresses] == [OUTER_ID, "品牌", PRICE]


def test_the_table_may_stand_below_and_beside_other_things(tmp_path: Path) -> None:
    title = [[], ["", "第 47 周"], [], ["", "说明：商家编码必填"]]
    path = write(tmp_path / "a.xlsx", [*title, ["", "备注", "价格", "商家编码"], [], ["", "x", 9.9, "A-1"]])
    sheet = read_sheet(path)
    (row,) = sheet.rows
    assert (row.number, row.addresses[PRICE], row.addresses[OUTER_ID]) == (7, "C7", "D7")
    assert (sheet.layout.header_row, sheet.layout.last_column, sheet.layout.language) == (5, 4, "zh")


def test_headers_further_down_than_thirty_rows_are_not_looked_for(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.xlsx", [*([["x"]] * 30), ["商家编码"], ["A-1"]])) == "sheet.no_key"


def several(path: Path, **sheets: Sequence[Sequence[object]]) -> Path:
    """A workbook with these worksheets; one whose name begins with 藏 is hidden."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for values in rows:
            sheet.append(list(values))
        sheet.sheet_state = "hidden" if name.startswith("藏") else "visible"
    book.save(path)
    return path


ITEMS: list[list[object]] = [["商家编码", "价格"], ["A-1", 9]]


def test_the_sheet_with_the_key_column_is_read_wherever_it_stands(tmp_path: Path) -> None:
    title: list[list[object]] = [["填写说明"]]
    path = several(tmp_path / "a.xlsx", 说明=title, 藏=ITEMS, 本周=ITEMS, 图=[])
    sheet = read_sheet(path)
    assert (sheet.layout.sheet, [row.outer_id for row in sheet.rows]) == ("本周", ["A-1"])


def test_where_several_have_it_a_person_says_which(tmp_path: Path) -> None:
    path = several(tmp_path / "a.xlsx", 本周=ITEMS, 下周=[["商家编码", "价格"], ["B-1", 9]], 藏=ITEMS)
    with pytest.raises(NeedsWorksheet) as refusal:
        read_sheet(path)
    assert refusal.value.names == ("本周", "下周")
    assert all("下周" in refusal.value.message.words(language) for language in ("zh", "en"))
    assert read_sheet(path, sheet="下周").rows[0].outer_id == "B-1"
    for name in ("藏", "下下周"):
        with pytest.raises(Refusal) as unknown:
            read_sheet(path, sheet=name)
        assert unknown.value.message.code == "sheet.no_such"


def test_a_page_of_instructions_that_lists_the_headers_is_no_table(tmp_path: Path) -> None:
    listed: list[list[object]] = [["列名", "说明"], ["商家编码", "必填"], ["标题", "必填"]]
    assert read_sheet(several(tmp_path / "a.xlsx", 说明=listed, 本周=ITEMS)).layout.sheet == "本周"
    assert read_sheet(several(tmp_path / "b.xlsx", 本周=ITEMS, 说明=listed)).layout.sheet == "本周"
    above: list[list[object]] = [*listed, ["商家编码", "价格"], ["A-1", 9]]
    assert read_sheet(several(tmp_path / "c.xlsx", 本周=above)).layout.header_row == 4
    alone: list[list[object]] = [["商家编码"], ["A-1"]]
    assert len(read_sheet(several(tmp_path / "d.xlsx", 本周=alone)).rows) == 1


def test_a_layout_is_found_again_even_where_the_sheet_was_renamed(tmp_path: Path) -> None:
    path = several(tmp_path / "a.xlsx", 本周=ITEMS, 下周=ITEMS)
    assert find_layout(path, "下周").sheet == "下周"
    assert find_layout(several(tmp_path / "b.xlsx", 新=ITEMS), "下周").sheet == "新"


# --- rows ------------------------------------------------------------------------------------------------------
def test_a_row_says_what_its_filled_cells_say(tmp_path: Path) -> None:
    (row,) = read_sheet(write_items(tmp_path / "a.xlsx", GOOD | {"商品ID": "123456789012345678"})).rows
    assert row.outer_id == "A-1"
    assert row.item_id == "123456789012345678"
    assert row.cells == {OUTER_ID: "A-1", TITLE: "夏季连衣裙", CATEGORY: ("丽人", "美甲"), PRICE: 1990}
    assert row.addresses == {OUTER_ID: "A2", ITEM_ID: "B2", TITLE: "C2", CATEGORY: "E2", PRICE: "F2"}
    assert not row.invalid


def test_a_column_in_which_no_value_repeats(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("商家编码,库存\n" + "".join(f"A-{n},{n}\n" for n in range(10_050)), encoding="utf-8")
    rows = read_sheet(path).rows
    assert [(row.outer_id, row.cells[INVENTORY]) for row in rows] == [(f"A-{n}", n) for n in range(10_050)]


def test_rows_without_anything_to_sync_do_not_count(tmp_path: Path) -> None:
    rows = [["商家编码", "备注", "同步结果"], ["A-1"], ["", "小计"], ["", "", "完成"], [" "], ["A-2"]]
    assert [row.number for row in read_sheet(write(tmp_path / "a.xlsx", rows)).rows] == [2, 6]


def test_a_profiles_own_categories_count(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"二级类目": "美睫"})
    (row,) = read_sheet(path, [("丽人", "美睫")]).rows
    assert not row.invalid


def test_what_is_told_about_the_whole_sheet(tmp_path: Path) -> None:
    headers = [*HEADERS, "备注", "自定义:", "负责人"]
    later = GOOD | {"商家编码": "A-2", "上架时间": datetime(2026, 11, 21, 8)}
    path = write_items(
        tmp_path / "a.xlsx", GOOD, later, GOOD | {"商家编码": "A-3", "上架时间": "2026-11-21 23:00"}, headers=headers
    )
    book = load_workbook(path)
    for number in (3, 9):  # No item stands in row 9.
        book.worksheets[0].row_dimensions[number].hidden = True
    book.save(path)
    sheet = read_sheet(path)
    assert told(sheet.problems) == [
        (None, "sheet.own_columns", "note"),
        (None, "sheet.hidden_rows", "warning"),
    ]
    own, hidden = (problem.message.words("zh") for problem in sheet.problems)
    assert "备注 (K)、自定义: (L)、负责人 (M)" in own
    assert "1 行" in hidden
    assert "第 3 行" in hidden
    assert not any(row.invalid for row in sheet.rows)


def test_the_layout_names_what_writing_back_needs(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx", [["outer id", "inventory change", "notes", "sync result"], ["A-1", 1, "", "", "x"]]
    )
    layout = read_sheet(path).layout
    assert layout.columns == {OUTER_ID: "A", Column.STOCK_CHANGE: "B", Column.RESULT: "D"}
    assert (layout.last_column, layout.language) == (5, "en")


def test_an_entity_is_not_followed(tmp_path: Path) -> None:
    """A workbook comes from anywhere: its XML must not make us read other files."""
    (tmp_path / "secret.txt").write_text("secret")
    path = write_items(tmp_path / "a.xlsx", GOOD | {"库存": 1})
    uri = (tmp_path / "secret.txt").as_uri()
    path = edit_xml(
        path,
        ("<worksheet", f'<!DOCTYPE w [<!ENTITY x SYSTEM "{uri}">]><worksheet'),
        ('<c r="G2" t="n"><v>1</v></c>', '<c r="G2" t="e"><v>&x;</v></c>'),
    )
    try:
        told_of = [problem.message.words("en") for row in read_sheet(path).rows for problem in row.problems]
    except Refusal as refusal:
        told_of = [refusal.message.words("en")]
    assert told_of
    assert not any("secret" in text for text in told_of)
