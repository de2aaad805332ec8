"""The first hour of three shops: from a sheet that nobody made for this tool to a preview, and what it must say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.sandbox.document import Document
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli import three_shops as shops
from tests.cli.conftest import Command, CommandResult
from tests.cli.small_shop import Json

OWN = {"nails": "序号 (A)、图片 (B)、活动价 (G)、备注 (J)", "erp": "条形码 (F)、最后修改时间 (H)"}
"""The columns that are no business of the tool's, which it must name."""


def goods(
    code: object,
    number: int,
    title: object,
    price: object,
    stock: object,
    *,
    on: bool = True,
    other: Json | None = None,
) -> Document:
    """An item as the platform holds it: what the sheet says of it, and what is `other` there."""
    held = {"title": title, "price": float(str(price)), "inventory": stock, "status": int(on), **(other or {})}
    return {"_sys": {"outerId": code, "itemId": number, "category": ["丽人", "美甲"], **held}}


@pytest.fixture
def nails(folder: Path, sandbox: Sandbox) -> Path:
    """The studio's list; on the platform three of its items differ from it."""
    other: dict[str, Json] = {"MJ-01": {"price": 118.0}, "MJ-03": {"inventory": 9}, "MJ-04": {"status": 1}}
    sandbox.shop = OpenItemShop()
    held = [
        goods(code, shops.FIRST_ID + number, title, price, stock, on=status == "上架", other=other.get(str(code)))
        for number, (title, _, code, price, _, stock, status, _) in enumerate(shops.NAILS, 1)
    ]
    sandbox.shop.load(held)
    return shops.nail_studio(folder / "价格表.xlsx")


@pytest.fixture
def erp(folder: Path, sandbox: Sandbox) -> Path:
    """The ERP's export; on the platform one stock differs from it."""
    other: dict[str, Json] = {"00106": {"inventory": 30}}
    sandbox.shop = OpenItemShop()
    held = [
        goods(code, shops.FIRST_ID + 100 + number, title, price, stock, on=bool(stock), other=other.get(str(code)))
        for number, (code, title, _, price, stock, _) in enumerate(shops.STOCKED, 1)
    ]
    sandbox.shop.load(held)
    return shops.erp_export(folder / "库存导出.csv")


def changes(ran: CommandResult) -> dict[str, list[tuple[str, object, object]]]:
    """By code, what the preview would change: field, before, after."""
    return {
        row["outer_id"]: [(one["path"], one["from"], one["to"]) for one in row["changes"]]
        for row in ran.json["rows"]
        if row["changes"]
    }


def lines(sheet: Path) -> list[tuple[object, ...]]:
    """The first worksheet, formulas as formulas."""
    return list(load_workbook(sheet).worksheets[0].values)


def actions(document: Json) -> Counter[str]:
    return Counter(row["action"] for row in document["rows"])


def test_the_studios_list_is_previewed_as_it_is(nails: Path, itemsync: Command) -> None:
    checked = itemsync("check", nails)
    assert checked.code == 0
    assert "共 7 行，其中 0 行无效" in checked.out
    assert "第 10 行是合计行" in checked.out
    assert checked.out.count("超过 15 位就会丢数字") == 1, "one sentence for a column, not one for every row"
    planned = itemsync("plan", nails, "--json")
    assert planned.code == 0
    assert changes(planned) == {
        "MJ-01": [("_sys@price", "118.00", "128.00")],
        "MJ-03": [("_sys@inventory", 9, 12)],
        "MJ-04": [("_sys@status", 1, 0)],
    }
    told = itemsync("plan", nails).out
    assert OWN["nails"] in "".join(told.split("\n"))
    assert "“分类”（D 列）没有读取。是不是“类目”" in told


def test_the_studios_list_comes_back_as_it_was_with_its_results(nails: Path, itemsync: Command) -> None:
    before = lines(nails)
    assert itemsync("apply", nails, "--yes", "--force", "first-stock").code == 0
    after = lines(nails)
    result = len(before[0])
    own, ids = slice(result - 1), result - 1
    assert [line[own] for line in after] == [line[own] for line in before]
    assert [line[ids] for line in after[2:9]] == [str(line[ids]) for line in before[2:9]], "as texts they stay whole"
    assert after[1][result] == "同步结果"
    done, none = "完成", "无变化"
    assert [line[result] for line in after[2:9]] == [done, none, done, done, none, none, none]
    assert load_workbook(nails).worksheets[0].freeze_panes == "D3"
    assert "发布 0   修改 0" in itemsync("plan", nails).out


def test_the_erps_export_is_previewed_as_it_is(erp: Path, itemsync: Command) -> None:
    checked = itemsync("check", erp)
    assert checked.code == 0
    assert "共 5 行，其中 0 行无效" in checked.out
    assert "第 7 行是合计行" in checked.out
    planned = itemsync("plan", erp, "--json")
    assert (planned.code, changes(planned)) == (0, {"00106": [("_sys@inventory", 30, 35)]})
    assert OWN["erp"] in "".join(itemsync("plan", erp).out.split("\n"))


def test_the_erps_results_stand_beside_its_export(erp: Path, itemsync: Command, folder: Path) -> None:
    data = erp.read_bytes()
    assert itemsync("apply", erp, "--yes", "--force", "first-stock").code == 0
    assert erp.read_bytes() == data
    beside = folder / "库存导出.results.xlsx"
    assert [line[0] for line in lines(beside)[1:6]] == [code for code, *_ in shops.STOCKED]
    widths = load_workbook(beside).worksheets[0].column_dimensions
    assert 13 < widths["F"].width < 20, "a bar code is seen whole"
    assert "发布 0   修改 0" in itemsync("plan", beside).out


def test_a_wholesale_list_without_titles_or_ids_is_told_what_to_change(folder: Path, itemsync: Command) -> None:
    sheet = shops.wholesale_list(folder / "批发价目.xlsx")
    checked = itemsync("check", sheet)
    assert checked.code == 0
    assert f"有 {shops.WHOLESALE} 行没有商品ID，也没同步过" in checked.out
    planned = itemsync("plan", sheet)
    assert planned.code == 1
    assert "当作新商品，还缺标题、类目。" in planned.out
    assert f"另有 {shops.WHOLESALE - 1} 行也是这样" in planned.out
    for header, field in (("大类", "类目"), ("品名规格", "标题")):
        assert f"“{header}”" in planned.out
        assert f"是不是“{field}”" in planned.out
    assert len(planned.out.splitlines()) < 30


HEADERS = ("类目", "商家编码", "标题", *shops.WHOLESALE_HEADERS[3:])
"""What the sentence asks for."""


def test_a_wholesale_lists_merged_categories_are_told_in_a_sentence(folder: Path, itemsync: Command) -> None:
    checked = itemsync("check", shops.wholesale_list(folder / "批发价目.xlsx", HEADERS))
    assert checked.code == 1
    assert checked.out.count("合并单元格") == 1
    assert len(checked.out.splitlines()) < 20


def test_a_wholesale_list_is_previewed_whole(folder: Path, itemsync: Command) -> None:
    """Prices are what the formulas came to; subtotals make no items; publishing them all is asked about."""
    sheet = shops.wholesale_list(folder / "批发价目.xlsx", HEADERS, merged=False)
    planned = itemsync("plan", sheet, "--json")
    assert (planned.code, actions(planned.json)) == (0, {"publish": shops.WHOLESALE})
    assert planned.json["guards"] == ["publish"]
    prices = {
        row["outer_id"]: next(one["to"] for one in row["changes"] if one["path"] == "_sys@price")
        for row in planned.json["rows"]
    }
    assert prices == {
        shops.wholesale_code(block, number): f"{shops.wholesale_price(block, number):.2f}"
        for block in range(shops.BLOCKS)
        for number in range(shops.BLOCK)
    }
    told = itemsync("plan", sheet).out
    assert told.count("没有填目标状态") == 1
