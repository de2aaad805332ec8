"""Workbooks for the tests, as Excel would have saved them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync.item import Row
from sync.messages import Problem
from sync.sheet.read import read_sheet

HEADERS = ("商家编码", "商品ID", "标题", "一级类目", "二级类目", "价格", "库存", "库存增减", "目标状态", "上架时间")
LETTERS = dict(zip(HEADERS, "ABCDEFGHIJ", strict=True))
GOOD = {"商家编码": "A-1", "标题": "夏季连衣裙", "一级类目": "丽人", "二级类目": "美甲", "价格": 19.9}


def write(
    path: Path, rows: Sequence[Sequence[object]], finish: Callable[[Worksheet], object] = lambda sheet: None
) -> Path:
    """Write the rows from A1 on; an empty text leaves a cell empty. `finish` may do the rest."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "商品"
    for number, values in enumerate(rows, start=1):
        for column, value in enumerate(values, start=1):
            if value != "":
                cell = sheet.cell(row=number, column=column)
                cell.value = value  # type: ignore[assignment]
    finish(sheet)
    book.save(path)
    return path


def write_items(path: Path, *items: dict[str, object], headers: Sequence[str] = HEADERS) -> Path:
    """Write one row an item, header → value."""
    return write(path, [headers, *([item.get(header, "") for header in headers] for item in items)])


def edit_xml(path: Path, *pairs: tuple[str, str], part: str = "xl/worksheets/sheet1.xml") -> Path:
    """Replace text in a part of the workbook, to make what no library writes. Each text must be there."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    xml = parts[part].decode()
    for old, new in pairs:
        assert old in xml, xml
        xml = xml.replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, xml.encode() if name == part else content)
    return path


def read_one(path: Path) -> Row:
    """Read a sheet that has one row."""
    (row,) = read_sheet(path).rows
    return row


def told(problems: Sequence[Problem]) -> list[tuple[str | None, str, str]]:
    """What is told: cell, code, level. Each message must have its words in both languages."""
    for problem in problems:
        for text in (problem.message.words("zh"), problem.message.words("en")):
            assert text
            assert "{" not in text
    return [(problem.cell, problem.code, problem.level.value) for problem in problems]
