"""What a sheet of listings costs: reads by twenty, writes as few as the methods allow, and all of it told."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.sku_shop import SIZES, dress, of_sku, write_skus
from tests.cli.shop.small_shop import line, listing, made


@pytest.mark.parametrize("many", [200, pytest.param(5000, marks=pytest.mark.soak)])
def test_two_in_a_hundred_changed(folder: Path, itemsync: Command, sandbox: Sandbox, many: int) -> None:
    """A tenth of the listings have three SKUs each; of every hundred listings two change, one of them by its SKUs."""
    plain = [f"P-{number}" for number in range(1, many - many // 10 + 1)]
    skus = [f"S-{number}" for number in range(10_001, 10_001 + many // 10)]
    sandbox.shop.listings.load([*map(listing, plain), *map(dress, skus)])
    lines = [*map(line, plain), *(of_sku(code, size) for code in skus for size in SIZES)]
    sheet = write_skus(folder / "shop.xlsx", *lines)
    assert itemsync("apply", sheet, "--yes").code == 0
    changed = many // 100
    counts = [line(code, 库存=11) for code in plain[:changed]]
    lines[:changed] = counts
    of_skus = [of_sku(code, size, 库存=7) for code in skus[:changed] for size in SIZES]
    first = len(plain)
    lines[first : first + len(of_skus)] = of_skus
    write_skus(sheet, *lines)
    made(sandbox)

    told = itemsync("plan", sheet, "--json")
    assert made(sandbox) == {"items.seller.list.get": many // 20}
    assert told.json["summary"]["calls"] == 2 * changed
    back = -(-2 * changed // 20)
    assert f"共需调用 {2 * changed + back} 次" in itemsync("plan", sheet).out
    made(sandbox)
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.json["summary"]["update"]) == (0, changed + len(of_skus)), ran.out[-3000:]
    calls = made(sandbox)
    assert (calls["item.quantity.update"], calls["skus.quantity.update"]) == (changed, changed)
    assert calls["items.seller.list.get"] <= many // 20 + back + 1
    assert itemsync("apply", sheet, "--yes", "--json").json["summary"]["calls"] == 0
