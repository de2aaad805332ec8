"""A small shop on the platform and its staff's sheet, as short as a test wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from sync.fields import OUTER_ID
from sync.item import Item
from sync.sandbox.document import Document
from sync.sandbox.server import Sandbox
from sync.values import flatten
from tests.sheet.workbooks import write_items

CODES = ("A-1", "A-2", "A-3")
"""The items that the platform holds at the start of every test, and the rows of the sheet."""
FIRST_ID = 7_627_361_738_100
HEADERS = (
    "商家编码", "商品ID", "标题", "一级类目", "二级类目", "价格", "库存", "库存增减", "目标状态", "自定义:品牌",
)  # fmt: skip

Line = Mapping[str, object]
"""One row of the sheet, header → what its cell holds; an empty text is an empty cell."""
Json = dict[str, Any]


def item_id(code: str) -> int:
    """The platform's id of the item `A-7`: …107."""
    return FIRST_ID + int(code.rpartition("-")[2])


def goods(code: str, **keys: object) -> Document:
    """An item as the platform holds it, with `keys` of `_sys` over it."""
    held = {"title": f"猫眼美甲 {code}", "category": ["丽人", "美甲"], "price": 20.0, "inventory": 10, "status": 1}
    return {"_sys": {"outerId": code, "itemId": item_id(code)} | held | keys}


def line(code: str, **typed: object) -> Line:
    """A row that says what `goods(code)` holds, with what was `typed` over it."""
    held = {"商品ID": str(item_id(code)), "标题": f"猫眼美甲 {code}", "价格": 20}
    return {**new_line(code), **held, **typed}


def new_line(code: str, **typed: object) -> Line:
    """A row for an item that is yet to be published."""
    filled = {"标题": "法式美甲", "一级类目": "丽人", "二级类目": "美甲", "价格": 30, "库存": 10, "目标状态": "上架"}
    return {"商家编码": code, **filled, **typed}


def moving(code: str, by: int) -> Line:
    """A row that moves the stock by 库存增减."""
    return line(code, 库存="", 库存增减=by)


def write(sheet: Path, *lines: Line) -> Path:
    """Write the staff's sheet anew."""
    return write_items(sheet, *map(dict, lines), headers=HEADERS)


def type_in(sheet: Path, code: str, header: str, value: object) -> None:
    """Type into one cell of a sheet that is there; None empties it. Everything else stays as it is."""
    book = load_workbook(sheet)
    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    codes = [cells[headers.index("商家编码")].value for cells in page.iter_rows()]
    page.cell(codes.index(code) + 1, headers.index(header) + 1).value = value  # type: ignore[assignment]
    book.save(sheet)


def row(sheet: Path, code: str) -> Json:
    """What the row of `code` says, header → value."""
    return rows(sheet)[code]


def rows(sheet: Path, header_row: int = 1) -> dict[str, Json]:
    """What every row says, by its code."""
    page = load_workbook(sheet).worksheets[0]
    # Up to the first empty row: formats may go on for a million more.
    names, *lines = takewhile(any, page.iter_rows(min_row=header_row, values_only=True))
    found = [dict(zip(map(str, names), values, strict=True)) for values in lines]
    return {str(one["商家编码"]): one for one in found}


def results(sheet: Path) -> dict[str, object]:
    """The 同步结果 of every row, by its code."""
    return {code: one.get("同步结果") for code, one in rows(sheet).items()}


def held(sandbox: Sandbox, code: str) -> Item:
    """What the platform holds under this code; empty if there is nothing. Raises ValueError if there are two."""
    found = [item for item in items(sandbox) if item.get(OUTER_ID) == code]
    if len(found) > 1:
        raise ValueError(f"{code} has {len(found)} items")
    return found[0] if found else {}


def items(sandbox: Sandbox) -> list[Item]:
    """Everything the platform holds, its numbers exact."""
    documents = json.loads(json.dumps(sandbox.shop.documents()), parse_float=Decimal)
    return [flatten(document) for document in documents]
