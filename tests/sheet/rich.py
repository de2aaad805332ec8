"""Workbooks as staff have them: with all that an edit of the sheet could lose."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from lxml import etree
from openpyxl import Workbook as OpenpyxlBook
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from xlsxwriter import Workbook  # type: ignore[import-untyped]

DATA = Path(__file__).parent / "data"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
HEADERS = ("商家编码", "标题", "价格", "库存", "库存增减", "备注")
ROWS: list[tuple[object, ...]] = [
    ("A-1", "甲", 19.9, 10, 5, "先做"),
    ("A-2", "乙 & <丙>", 29.9, 20, -2, ""),
    ("A-3", "丁", 39.9, 30, "", "=1"),
]
"""Below headers in row 2, so in the rows 3 to 5."""


def pictures(path: Path) -> None:
    """Pictures, charts, sparklines, notes, drop-downs, formats, a second sheet, names."""
    with Workbook(path) as book:
        sheet = book.add_worksheet("商品")
        other = book.add_worksheet("价格表")
        other.write_column(0, 0, [1, 2, 3])
        _fill(sheet, book.add_format({"bold": True, "border": 1, "bg_color": "#DDEBF7"}))
        sheet.write_formula("H3", "=D3+E3", None, 15)
        sheet.write_array_formula("H4:H5", "{=C4:C5*2}", None, 59.8)
        sheet.write_rich_string("F4", "多", book.add_format({"bold": True}), "字")
        sheet.insert_image("K2", "pixel.png", {"image_data": io.BytesIO(PIXEL)})
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=商品!$C$3:$C$5"})
        sheet.insert_chart("K8", chart)
        sheet.add_sparkline("I3", {"range": "商品!C3:E3"})
        sheet.write_comment("B3", "请核对")
        sheet.data_validation("D3:D99", {"validate": "integer", "criteria": ">=", "value": 0})
        sheet.data_validation("F3:F99", {"validate": "list", "source": "=价格表!$A$1:$A$3"})
        sheet.conditional_format("C3:C99", {"type": "data_bar", "data_bar_2010": True})
        sheet.conditional_format("D3:D99", {"type": "cell", "criteria": "<", "value": 5})
        sheet.merge_range("A1:F1", "第 47 周")
        sheet.freeze_panes(2, 1)
        sheet.set_column("B:B", 30)
        sheet.set_row(4, None, None, {"hidden": True})
        sheet.protect("", {"select_locked_cells": True})
        sheet.print_area("A1:F5")
        book.define_name("价格", "=商品!$C$3:$C$5")


def table(path: Path) -> None:
    """An Excel table right up to the last column."""
    with Workbook(path) as book:
        sheet = book.add_worksheet("商品")
        columns = [{"header": header} for header in HEADERS]
        sheet.add_table("A2:F5", {"data": ROWS, "columns": columns, "name": "商品表"})


def filtered(path: Path) -> None:
    """An autofilter right up to the last column."""
    with Workbook(path) as book:
        book.add_worksheet("首页")
        sheet = book.add_worksheet("商品")
        _fill(sheet, None)
        sheet.autofilter("A2:F5")


def of_1904(path: Path) -> None:
    """Dates counted as old Macs did."""
    with Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet("商品")
        _fill(sheet, None)
        sheet.write_datetime("F3", datetime(2026, 11, 1), book.add_format({"num_format": "yyyy-mm-dd"}))


def macros(path: Path) -> None:
    """A workbook with macros; what is in them doesn't matter here."""
    vba = path.with_name("vbaProject.bin")
    vba.write_bytes(bytes(range(256)) * 40)
    with Workbook(path) as book:
        _fill(book.add_worksheet("商品"), None)
        book.add_vba_project(str(vba))
    vba.unlink()


def inline(path: Path) -> None:
    """Texts in the cells themselves, as programs that export write them."""
    with Workbook(path, {"constant_memory": True}) as book:
        _fill(book.add_worksheet("商品"), None)


def by_openpyxl(path: Path) -> None:
    """A workbook of openpyxl, where formulas have no results."""
    book = OpenpyxlBook()
    sheet = book.worksheets[0]
    sheet.title = "商品"
    sheet.append(["第 47 周"])
    for row in (HEADERS, *ROWS):
        sheet.append(list(row))
    sheet["B3"].comment = Comment("请核对", "我")
    sheet.add_data_validation(DataValidation(type="list", formula1='"甲,乙"', sqref="B3:B9"))
    sheet.merge_cells("A1:F1")
    book.save(path)


def by_libreoffice(path: Path) -> None:
    """A workbook of LibreOffice, with a pivot table of the sheet's range."""
    shutil.copy(DATA / "pivot.xlsx", path)


def office(path: Path) -> None:
    """What only Excel makes: a slicer on the sorted table that results join, a pivot table of it, a data model,
    threaded comments, controls, another workbook's values, custom XML."""
    folder = DATA / "office"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for part in sorted(file for file in folder.rglob("*") if file.is_file()):
            book.write(part, part.relative_to(folder).as_posix())


KINDS: Mapping[str, Callable[[Path], None]] = {
    "pictures.xlsx": pictures,
    "table.xlsx": table,
    "filtered.xlsx": filtered,
    "1904.xlsx": of_1904,
    "macros.xlsm": macros,
    "inline.xlsx": inline,
    "openpyxl.xlsx": by_openpyxl,
    "libreoffice.xlsx": by_libreoffice,
    "office.xlsx": office,
}


def _fill(sheet: object, headers: object) -> None:
    for number, row in enumerate((HEADERS, *ROWS), start=1):
        sheet.write_row(number, 0, row, headers if number == 1 else None)  # type: ignore[attr-defined]


def parts(path: Path) -> dict[str, bytes]:
    """The workbook's parts by name."""
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        return {name: book.read(name) for name in book.namelist()}


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """The names of the parts that aren't the very same bytes."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def remaining(xml: bytes, touched: set[str]) -> bytes:
    """A worksheet without the touched cells, and without what tells of new columns or rows' room, to compare it."""
    root = etree.fromstring(xml)
    for cell in root.findall(".//{*}c"):
        if cell.get("r") in touched:
            cell.getparent().remove(cell)  # type: ignore[union-attr]
    for element in root.findall("{*}cols") + root.findall("{*}dimension"):
        root.remove(element)
    for element in root.iter("{*}row", "{*}autoFilter"):
        for name in ("spans", "ref", "ht"):
            element.attrib.pop(name, "")
    return etree.tostring(root, method="c14n")
