"""The weekly calls that docs/reference/calls.md tells are those that the platform really gets, for listings."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.weekly_calls import WAYS, by_twenty
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.small_shop import line, listing
from tests.cli.small_shop import write
from tests.cli.weekly_calls import APPLY, SIZES, ShopWeeks, weeks

__all__ = ["weeks"]


@pytest.mark.parametrize(("items", "changed"), SIZES)
def test_a_week_of_ordinary_listings(weeks: ShopWeeks, sandbox: Sandbox, items: int, changed: int) -> None:
    codes = [f"N-{number}" for number in range(1, items + 1)]
    sandbox.shop.listings.load(map(listing, codes))
    weeks.begin(codes, line)
    counted = {way.name: weeks.calls(way.name, changed) for way in WAYS}
    assert counted == {way.name: way.week(items, changed, by_twenty) for way in WAYS}


def test_what_else_takes_calls(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """Forty-one listings whose rows bear no id, of which two get another title."""
    codes = [f"N-{number}" for number in range(1, 42)]
    sandbox.shop.listings.load(listing(code, cid=50) for code in codes)
    sheet = write(folder / "weekly.xlsx", *(line(code, 商品ID="") for code in codes))
    assert itemsync("plan", sheet).code == 0
    assert sandbox.calls.total() == by_twenty(41) + 2, "two to look the codes up"
    assert itemsync("apply", sheet, *APPLY[2:]).code == 0
    sandbox.calls.clear()
    write(sheet, *(line(code, 标题="新款") for code in codes[:2]), *map(line, codes[2:]))
    assert itemsync("apply", sheet, *APPLY[2:]).code == 0
    assert sandbox.calls.total() == by_twenty(41) + 2 + by_twenty(2) + 1, "one of them tells what may be edited"
