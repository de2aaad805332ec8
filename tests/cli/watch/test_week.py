"""`watch` on a clock of its own, through a week of hours, a campaign, a schedule, sell-outs, restocks and prices."""

from __future__ import annotations

from collections import Counter
from functools import partial
from json import dumps, loads
from pathlib import Path

import pytest

from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import goods, item_id, line
from tests.cli.watch.conftest import Rules, write
from tests.cli.watch.event_clock import EventClock, RecordingShop

RULES = """
[[profiles.default.rules]]
name = "打烊"
kind = "daily"
on = "08:00"
off = "23:00"
codes = ["A-1"]

[[profiles.default.rules]]
name = "双12"
kind = "campaign"
start = 2026-11-25T10:00:00
end = 2026-11-27T00:00:00
codes = ["A-2"]

[[profiles.default.rules]]
name = "清仓"
kind = "stock"
off_at = 2
on_at = 5
codes = ["A-3"]

[[profiles.default.rules]]
name = "平价"
kind = "price"
lowest = "10"
highest = "30"
codes = ["A-4"]
"""
CODES = ("A-1", "A-2", "A-3", "A-4", "A-5", "A-6")
"""A-5 has a schedule of its own; nothing is for A-6."""

WEEK = """
Mon 00:00 A-1 off
Mon 00:00 A-5 off
Mon 08:00 A-1 on
Mon 11:00 A-3 off
Mon 23:00 A-1 off
Tue 08:00 A-1 on
Tue 09:30 A-5 on
Wed 08:00 A-1 on
Wed 10:00 A-2 on
Wed 15:00 A-3 on
Wed 23:00 A-1 off
Thu 08:00 A-1 on
Thu 18:00 A-5 off
Thu 23:00 A-1 off
Fri 00:00 A-2 off
Fri 08:00 A-1 on
Fri 17:00 A-3 on
Fri 23:00 A-1 off
Sat 08:00 A-1 on
Sat 10:00 A-4 off
Sat 23:00 A-1 off
Sun 08:00 A-1 on
Sun 13:00 A-4 on
Sun 23:00 A-1 off
"""


@pytest.fixture
def shop(clock: EventClock) -> RecordingShop:
    shop = RecordingShop(clock=clock.now)
    shop.load(goods(code, status=int(code != "A-2")) for code in CODES)
    return shop


@pytest.fixture
def sheet(folder: Path, rules: Rules) -> Path:
    """The staff's sheet, with many a cell that waits for `apply`."""
    rules(RULES)
    lines = [dict(line(code, 目标状态="上架", 标题="周一再改", 库存=99)) for code in CODES]
    lines[4] |= {"上架时间": "2026-11-24 09:30", "下架时间": "2026-11-26 18:00"}
    return write(folder / "weekly.xlsx", *lines)


def restock(shop: RecordingShop, code: str, units: int) -> None:
    shop.incr(item_id(code), units)


def price(shop: RecordingShop, yuan: float) -> None:
    shop.modify(item_id("A-4"), dumps({"_sys": {"price": yuan}}))


@pytest.fixture
def week(clock: EventClock, shop: RecordingShop) -> EventClock:
    clock.happen(0, "10:20", partial(shop.sell, item_id("A-3"), 8))
    clock.happen(1, "12:00", partial(shop.turn_by_hand, "A-1", Status.INACTIVE))
    clock.happen(1, "15:30", partial(restock, shop, "A-3", 2))
    clock.happen(2, "14:10", partial(restock, shop, "A-3", 16))
    clock.happen(3, "12:10", partial(shop.sell, item_id("A-3"), 20))
    clock.happen(4, "16:45", partial(restock, shop, "A-3", 30))
    clock.happen(5, "09:15", partial(price, shop, 35))
    clock.happen(6, "12:45", partial(price, shop, 25))
    return clock


def test_a_week_of_rules_makes_exactly_these_calls(
    week: EventClock, sheet: Path, shop: RecordingShop, sandbox: Sandbox, itemsync: Command
) -> None:
    ran = itemsync("watch", sheet, "--every", "1h", "--json")
    assert ran.code == 0, ran.err
    assert [str(turn) for turn in sorted(shop.turns)] == WEEK.strip().splitlines()
    assert sandbox.writes == len(shop.turns)
    ticks = [loads(told) for told in ran.out.splitlines()]
    made = Counter(tick["run"] is not None for tick in ticks)
    assert made[True] == len({turn.at for turn in shop.turns})
    assert made[False] > 100
    assert not any(tick["error"] or tick["held"] for tick in ticks)
