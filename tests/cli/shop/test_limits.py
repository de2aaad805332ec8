"""What a listing can't hold is told by `check`, at its cell, and never sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.small_shop import line, made, planned
from tests.cli.small_shop import write


@pytest.mark.parametrize(
    ("typed", "code", "cell"),
    [
        ({"标题": "杯" * 30}, None, None),
        ({"标题": "杯" * 30 + "a"}, "limit.title", "C2"),
        ({"价格": "100000000"}, None, None),
        ({"库存": 999_999}, None, None),
        ({"库存": 1_000_000}, "limit.count", "G2"),
        ({"商家编码": "A" * 65, "商品ID": ""}, "limit.code", "A2"),
    ],
    ids=str,
)
def test_each_limit_has_its_cell(
    folder: Path, itemsync: Command, sandbox: Sandbox, *, typed: dict[str, object], code: str | None, cell: str | None
) -> None:
    sheet = write(folder / "shop.xlsx", line("A-1", **typed))
    ran = itemsync("check", sheet, "--json")
    found = [(one["code"], one["cell"]) for one in ran.json["problems"] if one["code"].startswith("limit.")]
    assert found == ([(code, cell)] if code else [])
    assert ran.code == (1 if code else 0)
    if code:
        (row,) = planned(itemsync, sheet).values()
        assert row["action"] == "invalid" and not row["calls"]
        assert not any(method.endswith("update") for method in made(sandbox))


def test_the_limits_are_settings_and_only_for_listings(
    folder: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = '[profiles.default.listing]\ntitle_bytes = 10\nhighest_price = "15.00"\n'
    (folder / "itemsync.toml").write_text(settings, encoding="utf-8")
    sheet = write(folder / "shop.xlsx", line("A-1"))
    codes = {one["code"] for one in itemsync("check", sheet, "--json").json["problems"]}
    assert {"limit.title", "limit.price"} <= codes
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "open")
    codes = {one["code"] for one in itemsync("check", sheet, "--json").json["problems"]}
    assert not {one for one in codes if one.startswith("limit.")}
