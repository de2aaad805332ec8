"""Listings with SKUs: sold, and restocked, SKU by SKU."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.sku_shop import SIZES, dress, of_sku, sku_rows, skus, type_sku, write_skus
from tests.cli.shop.small_shop import num_iid

CODE = "A-7"


def test_skus_are_told_and_restocked_each_by_itself(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([dress(CODE)])
    sheet = write_skus(folder / "shop.xlsx", *(of_sku(CODE, size) for size in SIZES))
    assert itemsync("apply", sheet, "--yes").code == 0
    sandbox.shop.listings.load([_sold(dress(CODE), "S", 4)])
    assert itemsync("plan", sheet).code == 0
    items = itemsync("insight", "--json").json["items"]
    assert {(one["outer_id"], one["sku"]): one["sold"] for one in items} == {
        (CODE, f"{CODE}-{size}"): 4 if size == "S" else 0 for size in SIZES
    }
    restock = folder / "restock.xlsx"
    assert itemsync("insight", "--out", restock).code == 0
    assert {size: row["库存增减"] for (_, size), row in sku_rows(restock).items()} == {
        f"{CODE}-S": 3,
        f"{CODE}-M": None,
        f"{CODE}-L": None,
    }
    assert itemsync("apply", restock, "--yes").code == 0
    assert skus(sandbox, CODE)["S"][0] == 4


@pytest.mark.parametrize("together", [1, 2, 3])
def test_a_listing_is_told_by_its_skus_wherever_a_part_of_what_was_seen_ends(
    folder: Path, itemsync: Command, sandbox: Sandbox, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.state.item_columns.ITEMS", together)
    sandbox.shop.listings.load([dress(CODE), dress("A-8")])
    sheet = write_skus(folder / "shop.xlsx", *(of_sku(code, size) for code in (CODE, "A-8") for size in SIZES))
    assert itemsync("apply", sheet, "--yes").code == 0
    sandbox.shop.listings.load([_sold(dress(CODE), "S", 4), dress("A-8")])
    assert itemsync("plan", sheet).code == 0
    told = itemsync("insight", "--json").json
    assert sum(one["sold"] for one in told["items"]) == 4
    every = {f"{code}-{size}" for code in (CODE, "A-8") for size in SIZES}
    assert (len(told["items"]), {one["sku"] for one in told["items"]}) == (len(every), every)


def test_an_sku_of_another_code_by_now_is_told_once(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([dress(CODE)])
    sheet = write_skus(folder / "shop.xlsx", *(of_sku(CODE, size) for size in SIZES))
    assert itemsync("apply", sheet, "--yes").code == 0
    for size in ("S", "M"):
        type_sku(sheet, f"{CODE}-{size}", 库存=None, 库存增减=4)
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    of_now = sandbox.shop.listings.get(num_iid(CODE))
    of_now["skus"] = [{**one, "outer_id": "NEW"} if one["outer_id"] == f"{CODE}-M" else one for one in of_now["skus"]]
    sandbox.shop.listings.load([_sold(_sold(of_now, "S", 1), "NEW", 2)])
    type_sku(sheet, f"{CODE}-M", SKU编码="NEW")
    assert itemsync("apply", sheet, "--yes").code == 0
    items = itemsync("insight", "--json").json["items"]
    assert {one["sku"]: one["sold"] for one in items} == {f"{CODE}-S": 1, "NEW": 2, f"{CODE}-L": 0}
    assert len(items) == len(SIZES)


def _sold(listing: dict[str, object], size: str, units: int) -> dict[str, object]:
    held = listing["skus"]
    assert isinstance(held, list)
    changed = [{**one, "quantity": one["quantity"] - units * str(one["outer_id"]).endswith(size)} for one in held]
    return {**listing, "skus": changed, "num": sum(one["quantity"] for one in changed)}
