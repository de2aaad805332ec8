"""Listings with SKUs, and the staff's rows of them."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

from sync.sandbox.listing import Listing
from sync.sandbox.server import Sandbox
from tests.cli.shop.small_shop import listing, num_iid
from tests.cli.small_shop import Json, Line
from tests.sheet.workbooks import write_items

HEADERS = (
    "商家编码", "SKU编码", "商品ID", "标题", "一级类目", "二级类目", "价格", "库存", "库存增减", "目标状态",
)  # fmt: skip
SIZES = ("S", "M", "L")


def dress(code: str, *, stock: int = 5, **fields: object) -> Listing:
    """A listing with an SKU of each size: `A-1-S`, of ¥20, with the ids 1, 2, 3 behind the listing's last digits."""
    number = num_iid(code) % 1000
    skus = [
        {
            "sku_id": number * 10 + at,
            "outer_id": f"{code}-{size}",
            "properties": f"20509:{at}",
            "properties_name": f"20509:{at}:尺码:{size}",
            "quantity": stock,
            "price": "20.00",
        }
        for at, size in enumerate(SIZES, start=1)
    ]
    return listing(code, **{"skus": skus, "num": stock * len(skus), **fields})


def of_sku(code: str, size: str, **typed: object) -> Line:
    """The row of one SKU, that says what `dress(code)` holds, with what was `typed` over it."""
    held = {"标题": f"猫眼美甲 {code}", "价格": 20, "库存": 5, "目标状态": "上架"}
    return {"商家编码": code, "SKU编码": f"{code}-{size}", **held, **typed}


def write_skus(sheet: Path, *lines: Line) -> Path:
    return write_items(sheet, *map(dict, lines), headers=HEADERS)


def sku_rows(sheet: Path) -> dict[tuple[str, str], Json]:
    """What every row says, by its two codes."""
    names, *lines = load_workbook(sheet).worksheets[0].iter_rows(values_only=True)
    found = [dict(zip(map(str, names), values, strict=True)) for values in lines if any(values)]
    return {(str(one["商家编码"]), str(one["SKU编码"] or "")): one for one in found}


def type_sku(sheet: Path, sku: str, **typed: object) -> None:
    """Type into the cells of one SKU's row; None empties one."""
    book = load_workbook(sheet)
    page = book.worksheets[0]
    headers = [cell.value for cell in page[1]]
    codes = [cells[headers.index("SKU编码")].value for cells in page.iter_rows()]
    for header, value in typed.items():
        page.cell(codes.index(sku) + 1, headers.index(header) + 1).value = value  # type: ignore[assignment]
    book.save(sheet)


def skus(sandbox: Sandbox, code: str) -> dict[str, tuple[int, str]]:
    """What the platform holds of a listing's SKUs: units and price, by size."""
    held = sandbox.shop.listings.get(num_iid(code))["skus"]
    return {str(one["outer_id"]).rpartition("-")[2]: (one["quantity"], one["price"]) for one in held}
