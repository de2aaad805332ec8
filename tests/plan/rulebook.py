"""Rules as short as a test wants them, half past nine on a Saturday, and rows with a schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.fields import STATUS, Column
from sync.item import Row, Status
from sync.plan.rules import Facts, Rules
from sync.rule import Campaign, Daily, PriceRange, Rule, Scope, Terms, Thresholds
from tests.plan.builders import row

SHANGHAI = ZoneInfo("Asia/Shanghai")
ON, OFF = Status.ACTIVE, Status.INACTIVE
AT = datetime(2026, 11, 21, 9, 30)
"""Now, by the shop's clock."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OPEN, OVER, LATER = Campaign(AT - DAY, AT + DAY), Campaign(AT - 2 * DAY, AT - DAY), Campaign(AT + DAY, AT + 2 * DAY)
BY_DAY, BY_NIGHT = Daily(time(8), time(23)), Daily(time(23), time(8))
CHEAP, DEAR = PriceRange(None, 10000), PriceRange(10000, None)
"""The item costs 128 yuan."""
LOW = Thresholds(3, 10)
NOTHING_SOLD = Facts(stock=20, price=12800, category=("丽人", "美甲"))


def rule(terms: Terms, name: str = "规则甲", scope: Scope = Scope()) -> Rule:  # noqa: B008
    return Rule(terms, scope, name, f"规则!{name}", named=True)


def rules(*terms: Terms, now: datetime = AT, zone: ZoneInfo = SHANGHAI) -> Rules:
    listed = tuple(rule(one, f"规则{number}") for number, one in enumerate(terms, start=1))
    return Rules(listed, now.replace(tzinfo=zone) if now.tzinfo is None else now, zone)


def timed(list_at: datetime | None = None, delist_at: datetime | None = None, status: Status | None = None) -> Row:
    one = row({} if status is None else {STATUS: status})
    addresses = {**one.addresses, Column.LIST_AT: "L2", Column.DELIST_AT: "M2"}
    return replace(one, addresses=addresses, list_at=list_at, delist_at=delist_at)
