"""A row of totals is no item: week after week it is told once, and no command ends in trouble for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, Line, items, line, rows, write

TOTALS: dict[str, Line] = {
    "in the code": {"商家编码": "合计", "库存": 30, "价格": 60},
    "in the title": {"标题": "共120款"},
    "in the category": {"一级类目": "丽人小计", "库存": 30},
    "in the price": {"价格": "合计：60 元"},
    "in a column of staff's own": {"自定义:品牌": "总计", "库存": 5600, "价格": 20.5},
    "in the state": {"目标状态": "以上共3款商品"},
    "in English": {"标题": "Grand Total:", "库存": 30},
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("where", TOTALS)
def test_a_total_is_no_trouble_in_any_week(synced: Path, itemsync: Command, sandbox: Sandbox, where: str) -> None:
    before = len(items(sandbox))
    for price in (21, 22):
        write(synced, line(CODES[0], 价格=price), TOTALS[where], *(line(code) for code in CODES[1:]), TOTALS[where])
        checked = itemsync("check", synced)
        assert (checked.code, "第 3、6 行是合计行" in checked.out) == (0, True)
        assert itemsync("plan", synced).code == 0
        ran = itemsync("apply", synced, "--yes", "--json")
        assert (ran.code, len(ran.json["rows"])) == (0, 3)
    assert len(items(sandbox)) == before
    totals = [found for code, found in rows(synced).items() if code not in CODES]
    assert {found["同步结果"] for found in totals} == {None}
