"""An old copy asks for a stock change once more, where items are searched for by their codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.small_shop import line, num_iid, stands
from tests.cli.small_shop import write


@pytest.fixture
def recoded(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    """A-1 got 6 more; since, it got the code Z-1 on the platform, and a sheet without ids says it all again."""
    write(shop_sheet, line("A-1", 库存="", 库存增减=6))
    assert itemsync("apply", shop_sheet, "--yes").code == 0
    sandbox.shop.listings.load([{**sandbox.shop.listings.get(num_iid("A-1")), "outer_id": "Z-1"}])
    return write(shop_sheet.with_name("again.xlsx"), line("A-1", 商家编码="Z-1", 商品ID="", 库存="", 库存增减=6))


def test_a_change_is_known_under_the_code_that_its_item_had(
    recoded: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    assert itemsync("apply", recoded, "--yes").code == 1, "it isn't said that another code is meant"
    ran = itemsync("apply", recoded, "--yes", "--rekey", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["repeat"])
    assert stands(sandbox, "A-1")[1] == 16
    assert itemsync("apply", recoded, "--yes", "--rekey", "--force", "repeat").code == 0
    assert stands(sandbox, "A-1")[1] == 22
