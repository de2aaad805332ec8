"""Listings on the platform and the staff's sheet of them, as short as a test wants them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sync.sandbox.listing import Listing
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import Json, Line, type_in

FIRST = 642_500_118_000
CHANGED = ("--refresh", "changed")


def num_iid(code: str) -> int:
    return FIRST + int(code.rpartition("-")[2])


def listing(code: str, **fields: object) -> Listing:
    held = {"title": f"猫眼美甲 {code}", "price": "20.00", "num": 10, "approve_status": "onsale"}
    return {"num_iid": num_iid(code), "outer_id": code, **held, **fields}


def line(code: str, **typed: object) -> Line:
    """A row that says what `listing(code)` holds, with what was `typed` over it."""
    held = {"商品ID": str(num_iid(code)), "标题": f"猫眼美甲 {code}", "价格": 20, "库存": 10, "目标状态": "上架"}
    return {"商家编码": code, **held, **typed}


def stands(sandbox: Sandbox, code: str) -> tuple[object, object]:
    held = sandbox.shop.listings.get(num_iid(code))
    return held["approve_status"], held["num"]


def made(sandbox: Sandbox) -> Mapping[str, int]:
    """The calls since this was asked last."""
    calls = {method.removeprefix("taobao."): times for method, times in sandbox.calls.items()}
    sandbox.calls.clear()
    return calls


def planned(itemsync: Command, sheet: Path, *options: str) -> dict[str, Json]:
    return {one["outer_id"]: one for one in itemsync("plan", sheet, *options, "--json").json["rows"]}


def type_row(sheet: Path, code: str, **typed: object) -> None:
    for header, value in typed.items():
        type_in(sheet, code, header, value)
