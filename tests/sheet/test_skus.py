"""Rows of SKUs: which one a row is, what rows of one listing may say, and where each one's result goes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import INVENTORY, OUTER_ID, PRICE
from sync.item import SHOP_TIME
from sync.messages import Language
from sync.sheet.headers import USUAL, Vocabulary
from sync.sheet.making.template import write_template
from sync.sheet.read import Sheet, read_sheet
from sync.sheet.writeback import write_back
from tests.sheet.workbooks import told, write

HEADERS = ["商家编码", "SKU编码", "标题", "价格", "库存", "目标状态", "一级类目", "二级类目"]
LISTINGS = Vocabulary({}, skus=True)
AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)


def read(tmp_path: Path, *rows: list[object], vocabulary: Vocabulary = LISTINGS) -> Sheet:
    return read_sheet(write(tmp_path / "a.xlsx", [HEADERS, *rows]), vocabulary=vocabulary)


def test_rows_of_one_listing_are_told_apart_by_their_skus(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["A-1", "RED", "", 20, 5], ["A-1", "sku:4010002", "", 21, 6], ["A-1", "", "长裙"])
    assert [(row.outer_id, row.sku) for row in sheet.rows] == [("A-1", "RED"), ("A-1", "sku:4010002"), ("A-1", None)]
    assert len({row.key for row in sheet.rows}) == 3
    assert sheet.rows[0].cells == {OUTER_ID: "A-1", PRICE: 2000, INVENTORY: 5}
    assert [told(row.problems) for row in sheet.rows] == [[], [], []]


@pytest.mark.parametrize("header", ["SKU编码", "sku code", "规格编码", "SKU商家编码", "outer_sku_id"])
def test_staffs_words_for_the_column_count_where_there_are_listings(tmp_path: Path, header: str) -> None:
    file = write(tmp_path / "a.xlsx", [["商家编码", header, "库存"], ["A-1", "RED", 5]])
    assert [row.sku for row in read_sheet(file, vocabulary=LISTINGS).rows] == ["RED"]
    own = read_sheet(file, vocabulary=USUAL)
    assert ([row.sku for row in own.rows], [one.header for one in own.ignored]) == ([None], [header])


def test_a_sku_code_is_read_as_a_person_sees_it(tmp_path: Path) -> None:
    sheet = read(
        tmp_path, ["A-1", 7, "", 20], ["A-1", "'007", "", 20], ["A-1", "ＲＥＤ", "", 20], ["A-1", 1.5, "", 20]
    )
    assert [row.sku for row in sheet.rows] == ["7", "007", "RED", None]
    assert told(sheet.rows[0].problems) == [("B2", "code.number", "warning")]
    assert "SKU编码是按数字存的" in sheet.rows[0].problems[0].message.words("zh")
    assert told(sheet.rows[3].problems) == [("B5", "code.digits_lost", "error")]


def test_two_rows_for_one_sku_or_one_listing_are_told(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["A-1", "RED"], ["A-1", "RED"], ["A-1", ""], ["A-1", ""], ["A-2", "RED"])
    assert [told(row.problems) for row in sheet.rows] == [
        [("B2", "sku.twice", "error")],
        [("B3", "sku.twice", "error")],
        [("A4", "code.twice", "error")],
        [("A5", "code.twice", "error")],
        [],
    ]


def test_sku_codes_that_look_alike_are_told(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["A-1", "RED-M"], ["A-1", "red–m"], ["A-2", "RED-M"])
    assert [told(row.problems) for row in sheet.rows] == [[], [("B3", "sku.looks_like", "warning")], []]


def test_rows_that_say_different_things_of_their_listing_are_told_with_both_cells(tmp_path: Path) -> None:
    sheet = read(
        tmp_path,
        ["A-1", "RED", "长裙", 20, 5, "上架"],
        ["A-1", "BLUE", "", 21, 6, "下架"],
        ["A-1", "", "短裙", "", "", ""],
        ["A-2", "RED", "长裙", 20, 5, "上架", "丽人", "美甲"],
        ["A-2", "BLUE", "长裙", 30, 0, "on", "丽人", "美容/SPA"],
    )
    assert [told(row.problems) for row in sheet.rows] == [
        [("C2", "sku.contradicts", "error"), ("F2", "sku.contradicts", "error")],
        [("F3", "sku.contradicts", "error")],
        [("C4", "sku.contradicts", "error")],
        [("H5", "sku.contradicts", "error")],
        [("H6", "sku.contradicts", "error")],
    ]
    status = sheet.rows[1].problems[0].message.words("zh")
    assert "失效" in status and "F2 是 有效" in status


def test_each_result_goes_to_its_own_sku_though_the_sheet_was_sorted_meanwhile(tmp_path: Path) -> None:
    sheet = read(tmp_path, ["A-1", "RED", "", 20], ["A-1", "BLUE", "", 21], ["A-1", "", "长裙"])
    results = [
        RowResult(row.number, row.outer_id, result, at=AT, sku=row.sku)
        for row, result in zip(sheet.rows, (Result.DONE, Result.FAILED, Result.NONE), strict=True)
    ]
    file = write(
        tmp_path / "a.xlsx",
        [HEADERS, ["A-1", "", "长裙"], ["A-1", "BLUE", "", 21], ["A-2", "RED"], ["A-1", "RED", "", 20]],
    )
    written = write_back(file, sheet.layout, results, "zh")
    assert written.unplaced == ()
    page = load_workbook(file).worksheets[0]
    assert [page.cell(row, len(HEADERS) + 1).value for row in range(2, 6)] == ["无变化", "失败", None, "完成"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_of_listings_has_the_column_and_reads_back(tmp_path: Path, language: Language) -> None:
    write_template(tmp_path / "a.xlsx", language, skus=True)
    page = load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert [page["A1"].value, page["B1"].value] == (
        ["商家编码", "SKU编码"] if language == "zh" else ["outer id", "sku code"]
    )
    with pytest.raises(Refusal):
        read_sheet(tmp_path / "a.xlsx", vocabulary=LISTINGS)
