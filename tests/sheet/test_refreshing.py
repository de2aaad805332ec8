"""New values into a few cells: those change, and nothing else in the workbook does."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.errors import Refusal
from sync.fields import CATEGORY, INVENTORY, PRICE, TITLE, Column, category_table
from sync.item import Opaque
from sync.sheet.file_version import version
from sync.sheet.making.refreshed import cells_for
from sync.sheet.making.sayable import Speech
from sync.sheet.read import Sheet, read_sheet
from sync.sheet.writeback.refreshing import MARK, Fresh, Refreshed, refresh

HEADERS = ("商家编码", "标题", "类目", "价格", "库存", "备注")
ROWS = (("A-1", "美甲", "丽人>美甲", 20, 10, "=3*7"), ("A-2", "美发", "丽人>美发", 30, 10, "留着"))


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A workbook with things that libraries lose: a chart, a drop-down, a comment, colours, a second sheet."""
    path = tmp_path / "weekly.xlsx"
    with Workbook(path) as book:
        page = book.add_worksheet("商品")
        money = book.add_format({"num_format": '"¥"0.00', "bold": True, "align": "right"})
        page.write_row(0, 0, HEADERS)
        for number, row in enumerate(ROWS, start=1):
            page.write_row(number, 0, row)
            page.write_number(number, 3, float(row[3]), money)
        page.data_validation("D2:D9", {"validate": "decimal", "criteria": ">", "value": 0})
        page.conditional_format("E2:E9", {"type": "data_bar"})
        page.write_comment("A1", "编码")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=商品!$E$2:$E$3"})
        page.insert_chart("H2", chart)
        book.add_worksheet("别的").write_formula(0, 0, "=商品!D2*2", value=40)
    return path


def refreshed(sheet: Path, fresh: Fresh) -> tuple[Sheet, Refreshed]:
    done = refresh(sheet, read_sheet(sheet).layout, fresh, version(sheet))
    return read_sheet(sheet), done


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def test_only_these_cells_change(sheet: Path) -> None:
    before = parts(sheet)
    read, done = refreshed(sheet, {2: {PRICE: 22.5, TITLE: "=新的"}, 3: {INVENTORY: 3}})
    assert [(row.cells[PRICE], row.cells[TITLE], row.cells[INVENTORY]) for row in read.rows] == [
        (2250, "=新的", 10),
        (3000, "美发", 3),
    ]
    after = parts(sheet)
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml"}
    assert [*after] == [*before]
    assert parts(done.backup) == before


def test_a_cell_keeps_its_look_and_gets_the_mark(sheet: Path) -> None:
    refreshed(sheet, {2: {PRICE: 22.5, TITLE: "=新的"}})
    page = load_workbook(sheet)["商品"]
    price, title, other = page["D2"], page["B2"], page["D3"]
    assert (price.number_format, price.font.b, price.alignment.horizontal) == ('"¥"0.00', True, "right")
    assert price.fill.fgColor.rgb == title.fill.fgColor.rgb == f"FF{MARK}"
    assert other.fill.fill_type is None
    assert (title.data_type, title.quotePrefix) == ("s", True), "edited, it must not become a formula"


def test_a_second_refresh_adds_no_formats(sheet: Path) -> None:
    refreshed(sheet, {2: {PRICE: 22.5}})
    before = parts(sheet)["xl/styles.xml"]
    refreshed(sheet, {2: {PRICE: 23.5}, 3: {PRICE: 24.5}})
    assert parts(sheet)["xl/styles.xml"] == before


def test_nothing_is_written_over_what_was_saved_meanwhile(sheet: Path) -> None:
    layout, read = read_sheet(sheet).layout, version(sheet)
    os.utime(sheet, ns=(1, 1))
    before = sheet.read_bytes()
    with pytest.raises(Refusal, match=r"pull\.saved_since"):
        refresh(sheet, layout, {2: {PRICE: 22.5}}, read)
    assert sheet.read_bytes() == before
    assert [*sheet.parent.iterdir()] == [sheet]


def test_a_category_is_written_as_the_sheet_has_it(sheet: Path) -> None:
    layout = read_sheet(sheet).layout
    speech = Speech(category_table(), "zh")
    assert cells_for({CATEGORY: ("丽人", "美发")}, layout, speech) == ({CATEGORY: "丽人>美发"}, ())
    halves = {**layout.columns, Column.CATEGORY_1: "C", Column.CATEGORY_2: "G"}
    del halves[CATEGORY]
    in_two = type(layout)(layout.sheet, layout.header_row, halves, layout.last_column, layout.language)
    said = {Column.CATEGORY_1: "丽人", Column.CATEGORY_2: "美发"}
    assert cells_for({CATEGORY: ("丽人", "美发")}, in_two, speech) == (said, ())
    assert cells_for({CATEGORY: None}, in_two, speech) == (dict.fromkeys(said), ())


def test_what_no_cell_can_say_is_left_alone(sheet: Path) -> None:
    layout, speech = read_sheet(sheet).layout, Speech(category_table(), "zh")
    assert cells_for({TITLE: " 有空格", PRICE: Opaque("{}")}, layout, speech) == ({}, (TITLE, PRICE))
    assert cells_for({TITLE: None}, layout, speech) == ({TITLE: None}, ())
