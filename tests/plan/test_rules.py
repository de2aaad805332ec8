"""What rules say of a row: every kind, every pair in conflict, memory, and clocks that are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.fields import CATEGORY
from sync.item import Row, Status
from sync.plan.desired import facts_of
from sync.plan.rules import Facts, Rules
from sync.remembered import LastRuling
from sync.rule import Daily, PriceRange, RuleKind, RuleVote, Ruling, Scope, Terms, Thresholds
from tests.plan.builders import CODE, NOW, held, row
from tests.plan.rulebook import (
    AT,
    BY_DAY,
    BY_NIGHT,
    CHEAP,
    DEAR,
    HOUR,
    LATER,
    LOW,
    NOTHING_SOLD,
    OFF,
    ON,
    OPEN,
    OVER,
    SHANGHAI,
    rule,
    rules,
    timed,
)


def judged(
    asked: Rules, one: Row | None = None, facts: Facts = NOTHING_SOLD, memory: LastRuling | None = None
) -> Status | None:
    ruling = asked.judge(one or row(), facts, memory)
    return ruling.status if ruling else None


# --- each kind by itself ------------------------------------------------------------------------------------------
BY_CLOCK: dict[str, tuple[Terms, datetime, Status | None]] = {
    "daily, in the morning": (BY_DAY, AT.replace(hour=7, minute=59), OFF),
    "daily, as it opens": (BY_DAY, AT.replace(hour=8, minute=0), ON),
    "daily, before it shuts": (BY_DAY, AT.replace(hour=22, minute=59), ON),
    "daily, as it shuts": (BY_DAY, AT.replace(hour=23, minute=0), OFF),
    "over midnight, before it": (BY_NIGHT, AT.replace(hour=23, minute=30), ON),
    "over midnight, after it": (BY_NIGHT, AT.replace(hour=7, minute=59), ON),
    "over midnight, in the day": (BY_NIGHT, AT.replace(hour=8, minute=0), OFF),
    "only off, before": (Daily(None, time(23)), AT.replace(hour=22, minute=59), None),
    "only off, after": (Daily(None, time(23)), AT.replace(hour=23, minute=0), OFF),
    "only off, after midnight": (Daily(None, time(23)), AT.replace(hour=0, minute=0), None),
    "only on, before": (Daily(time(8), None), AT.replace(hour=7, minute=59), None),
    "only on, after": (Daily(time(8), None), AT.replace(hour=23, minute=59), ON),
    "a campaign, the moment before": (OPEN, OPEN.start - timedelta(seconds=1), None),
    "a campaign, as it starts": (OPEN, OPEN.start, ON),
    "a campaign, the moment before its end": (OPEN, OPEN.end - timedelta(seconds=1), ON),
    "a campaign, as it ends": (OPEN, OPEN.end, OFF),
}


@pytest.mark.parametrize(("terms", "now", "status"), BY_CLOCK.values(), ids=BY_CLOCK)
def test_rules_by_the_clock(terms: Terms, now: datetime, status: Status | None) -> None:
    assert judged(rules(terms, now=now)) is status


SCHEDULES: dict[str, tuple[datetime | None, datetime | None, Status | None]] = {
    "listed": (AT - HOUR, None, ON),
    "listed this very moment": (AT, None, ON),
    "not listed yet": (AT + HOUR, None, OFF),
    "off": (None, AT - HOUR, OFF),
    "not off yet": (None, AT + HOUR, None),
    "between both": (AT - HOUR, AT + HOUR, ON),
    "after both": (AT - 2 * HOUR, AT - HOUR, OFF),
    "before both": (AT + HOUR, AT + 2 * HOUR, OFF),
    "off, and on again": (AT - HOUR, AT - 2 * HOUR, ON),
    "off, and on again later": (AT + HOUR, AT - HOUR, OFF),
    "off and on again, both later": (AT + 2 * HOUR, AT + HOUR, None),
    "both at one time": (AT - HOUR, AT - HOUR, OFF),
}


@pytest.mark.parametrize(("list_at", "delist_at", "status"), SCHEDULES.values(), ids=SCHEDULES)
def test_the_rows_own_schedule(list_at: datetime | None, delist_at: datetime | None, status: Status | None) -> None:
    assert judged(rules(), timed(list_at, delist_at)) is status


PRICES: dict[str, tuple[PriceRange, int | None, Status | None]] = {
    "at the lowest": (PriceRange(1000, 2000), 1000, ON),
    "at the highest": (PriceRange(1000, 2000), 2000, ON),
    "below": (PriceRange(1000, 2000), 999, OFF),
    "above": (PriceRange(1000, 2000), 2001, OFF),
    "no lowest": (PriceRange(None, 2000), 1, ON),
    "no highest": (PriceRange(1000, None), 10**9, ON),
    "no price that anybody could read": (PriceRange(1000, 2000), None, None),
}


@pytest.mark.parametrize(("terms", "price", "status"), PRICES.values(), ids=PRICES)
def test_a_price_range(terms: PriceRange, price: int | None, status: Status | None) -> None:
    assert judged(rules(terms), facts=Facts(20, price)) is status


STOCKS: dict[str, tuple[int | None, Status | None, bool, Status | None]] = {
    "few": (3, None, False, OFF),
    "few, after many": (3, ON, False, OFF),
    "in between, nothing said yet": (4, None, False, None),
    "in between, after few": (9, OFF, False, OFF),
    "in between, after many": (9, ON, False, ON),
    "in between, sold out before": (9, None, True, None),
    "many, turned off by it": (10, OFF, False, ON),
    "many, turned on by it": (10, ON, False, ON),
    "many, never turned off": (10, None, False, None),
    "many, sold out before": (10, None, True, ON),
    "nobody knows, nothing said yet": (None, None, False, None),
    "nobody knows, turned off by it": (None, OFF, False, OFF),
}


@pytest.mark.parametrize(("units", "last", "zeroed", "status"), STOCKS.values(), ids=STOCKS)
def test_stock_thresholds_remember_what_they_did(
    units: int | None, last: Status | None, zeroed: bool, status: Status | None
) -> None:
    memory = LastRuling(last, "stock", "规则1", {"规则1": last}) if last is not None else None
    assert judged(rules(LOW), facts=Facts(units, 12800, zeroed=zeroed), memory=memory) is status


def test_without_stock_nothing_is_put_up_and_what_asks_for_it_is_kept() -> None:
    ruling = rules(OPEN).judge(row(), replace(NOTHING_SOLD, stock=0), None)
    assert ruling is not None
    assert (ruling.status, ruling.by.kind, ruling.asks.kind) == (OFF, RuleKind.NO_STOCK, RuleKind.CAMPAIGN)
    assert ruling.remembered() == LastRuling(OFF, "no stock", "", {"规则1": ON})


@pytest.mark.parametrize("status", [None, ON, OFF, Status.DELETED])
def test_where_no_rule_speaks_there_is_no_ruling(status: Status | None) -> None:
    assert rules(LATER, LOW).judge(timed(status=status), NOTHING_SOLD, None) is None


# --- scopes -------------------------------------------------------------------------------------------------------
SCOPES: dict[str, tuple[Scope, bool]] = {
    "all": (Scope(), True),
    "its code": (Scope(frozenset({"X", CODE})), True),
    "another's code": (Scope(frozenset({"X"})), False),
    "its category": (Scope(category=("丽人", "美甲")), True),
    "its first category": (Scope(category=("丽人",)), True),
    "its second category": (Scope(category=("美甲",)), True),
    "a sister category": (Scope(category=("丽人", "美发")), False),
}


@pytest.mark.parametrize(("scope", "meant"), SCOPES.values(), ids=SCOPES)
def test_a_rule_is_for_the_rows_of_its_scope(scope: Scope, meant: bool) -> None:
    asked = Rules((rule(OVER, scope=scope),), NOW, SHANGHAI)
    assert (judged(asked) is OFF) is meant


def test_the_sheets_category_counts_before_the_platforms() -> None:
    moved = row({CATEGORY: ("餐饮", "火锅")})
    assert facts_of(moved, None, held()).category == ("餐饮", "火锅")
    assert facts_of(row(), None, held()).category == ("丽人", "美甲")


# --- every pair in conflict ---------------------------------------------------------------------------------------
SAYS: dict[RuleKind, Mapping[Status, Terms]] = {
    RuleKind.DAILY: {ON: BY_DAY, OFF: BY_NIGHT},
    RuleKind.CAMPAIGN: {ON: OPEN, OFF: OVER},
    RuleKind.PRICE: {ON: DEAR, OFF: CHEAP},
    RuleKind.STOCK: {ON: LOW, OFF: Thresholds(20, 30)},
}
"""What makes a rule of each kind say on, and off, of 20 units at 128 yuan, half past nine."""
EARLIER = LastRuling(OFF, "stock", "规则2", {f"规则{number}": OFF for number in (1, 2)})
PAIRS = [
    (stronger, weaker, status)
    for stronger in SAYS
    for weaker in SAYS
    for status in (ON, OFF)
    if stronger.rank < weaker.rank and (stronger, status) != (RuleKind.DAILY, ON)
]


def other(status: Status) -> Status:
    return OFF if status is ON else ON


@pytest.mark.parametrize(("stronger", "weaker", "status"), PAIRS)
@pytest.mark.parametrize("turned_round", [False, True])
def test_the_stronger_of_two_rules_wins_and_both_are_named(
    stronger: RuleKind, weaker: RuleKind, status: Status, turned_round: bool
) -> None:
    pair = [rule(SAYS[stronger][status], "强"), rule(SAYS[weaker][other(status)], "弱")]
    memory = LastRuling(OFF, "stock", "", {"强": OFF, "弱": OFF})
    ruling = Rules(tuple(reversed(pair) if turned_round else pair), NOW, SHANGHAI).judge(row(), NOTHING_SOLD, memory)
    assert ruling is not None
    assert (ruling.asks.name, ruling.status) == ("强", status)
    assert [voice.name for voice in ruling.overruled] == ["弱"]
    assert ruling.said == {"强": status, "弱": other(status)}


@pytest.mark.parametrize("weaker", [RuleKind.CAMPAIGN, RuleKind.PRICE, RuleKind.STOCK])
def test_hours_that_open_put_up_nothing_that_another_rule_takes_down(weaker: RuleKind) -> None:
    ruling = rules(BY_DAY, SAYS[weaker][OFF]).judge(row(), NOTHING_SOLD, None)
    assert ruling is not None
    assert (ruling.status, ruling.asks.kind, ruling.overruled) == (OFF, weaker, ())
    assert judged(rules(BY_DAY)) is ON, "where no other rule says anything"


def test_of_two_daily_rules_one_that_shuts_is_enough() -> None:
    ruling = rules(BY_DAY, BY_NIGHT).judge(row(), NOTHING_SOLD, None)
    assert ruling is not None
    assert (ruling.status, ruling.asks.name, ruling.overruled) == (OFF, "规则2", ())


@pytest.mark.parametrize("kind", [RuleKind.PRICE, RuleKind.STOCK])
@pytest.mark.parametrize("turned_round", [False, True])
def test_of_two_rules_of_one_kind_off_wins_and_both_are_named(kind: RuleKind, turned_round: bool) -> None:
    pair = [SAYS[kind][ON], SAYS[kind][OFF]]
    ruling = rules(*(reversed(pair) if turned_round else pair)).judge(row(), NOTHING_SOLD, EARLIER)
    assert ruling is not None
    assert ruling.status is OFF
    assert [voice.status for voice in ruling.overruled] == [ON]


def test_a_campaign_that_is_over_gives_way_to_one_that_is_open() -> None:
    ruling = rules(OVER, OPEN).judge(row(), NOTHING_SOLD, None)
    assert ruling is not None
    assert (ruling.status, ruling.asks.name, ruling.overruled) == (ON, "规则2", ())
    assert judged(rules(OVER, LATER)) is OFF


@pytest.mark.parametrize("status", [OFF, Status.DELETED])
@pytest.mark.parametrize("kind", [*SAYS, RuleKind.SCHEDULE])
def test_the_staffs_own_word_is_stronger_than_every_rule(status: Status, kind: RuleKind) -> None:
    terms = (SAYS[kind][ON],) if kind in SAYS else ()
    one = timed(AT - HOUR if kind is RuleKind.SCHEDULE else None, status=status)
    ruling = rules(*terms).judge(one, NOTHING_SOLD, EARLIER)
    assert ruling is not None
    assert (ruling.asks, ruling.status) == (RuleVote(status, RuleKind.CELL, address="H2"), status)
    assert [voice.kind for voice in ruling.overruled] == [kind for kind in (kind,) if kind is not RuleKind.DAILY]


@pytest.mark.parametrize("kind", SAYS)
def test_active_in_the_cell_is_weaker_than_every_rule(kind: RuleKind) -> None:
    ruling = rules(SAYS[kind][OFF]).judge(timed(status=ON), NOTHING_SOLD, None)
    assert ruling is not None
    assert (ruling.status, ruling.overruled) == (OFF, ())


@pytest.mark.parametrize("kind", [kind for kind in SAYS if kind is not RuleKind.DAILY])
@pytest.mark.parametrize("status", [ON, OFF])
def test_a_rows_schedule_is_stronger_than_other_rules(kind: RuleKind, status: Status) -> None:
    one = timed(AT - HOUR) if status is ON else timed(AT + HOUR)
    ruling = rules(SAYS[kind][other(status)]).judge(one, NOTHING_SOLD, EARLIER)
    assert ruling is not None
    assert (ruling.status, ruling.asks.address) == (status, "L2")
    assert [voice.kind for voice in ruling.overruled] == [kind]


@pytest.mark.parametrize(
    ("list_at", "terms", "by"),
    [(AT - HOUR, BY_NIGHT, RuleKind.DAILY), (AT + HOUR, BY_DAY, RuleKind.SCHEDULE)],
)
def test_schedule_and_daily_hours_are_two_gates(list_at: datetime, terms: Terms, by: RuleKind) -> None:
    ruling = rules(terms).judge(timed(list_at), NOTHING_SOLD, None)
    assert ruling is not None
    assert (ruling.status, ruling.asks.kind, ruling.overruled) == (OFF, by, ())


# --- clocks that are changed --------------------------------------------------------------------------------------
NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)
"""When 2:00 becomes 3:00, and when 2:00 becomes 1:00 again."""
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("at", [time(2, 0), time(2, 30), time(2, 59)])
def test_a_time_that_the_clock_skips_has_passed_as_it_is_skipped(at: time) -> None:
    asked = rules(Daily(time(12), at), now=SPRING, zone=NEW_YORK)
    assert judged(replace(asked, now=SPRING - SECOND)) is ON
    assert judged(asked) is OFF


def test_two_times_in_the_hour_that_is_skipped_keep_their_order() -> None:
    asked = rules(Daily(time(2, 10), time(2, 40)), now=SPRING, zone=NEW_YORK)
    assert judged(asked) is OFF


def test_a_time_that_the_clock_shows_twice_counts_when_it_is_shown_first() -> None:
    asked = rules(Daily(time(8), time(1, 30)), now=AUTUMN, zone=NEW_YORK)
    first, again = AUTUMN - HOUR / 2, AUTUMN + HOUR / 2
    assert judged(replace(asked, now=first - SECOND)) is ON
    for now in (first, AUTUMN - SECOND, AUTUMN, again - SECOND, again, AUTUMN + HOUR):
        assert judged(replace(asked, now=now)) is OFF


def test_a_time_after_the_hour_that_is_shown_twice_waits_for_its_own() -> None:
    asked = rules(Daily(time(8), time(2, 5)), now=AUTUMN, zone=NEW_YORK)
    due = AUTUMN + HOUR + timedelta(minutes=5)
    for now in (AUTUMN - SECOND, AUTUMN, AUTUMN + HOUR, due - SECOND):
        assert judged(replace(asked, now=now)) is ON
    assert judged(replace(asked, now=due)) is OFF


ZONES = st.sampled_from([SHANGHAI, NEW_YORK, ZoneInfo("Europe/London"), ZoneInfo("Australia/Lord_Howe")])


@settings(max_examples=80)
@given(ZONES, st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(1, 60 * 24))
def test_what_has_passed_stays_past(zone: ZoneInfo, moment: datetime, minutes: int) -> None:
    """However clocks are changed, a schedule happens once."""
    asked = rules(now=moment.replace(tzinfo=UTC), zone=zone)
    wall = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    later = replace(asked, now=asked.now + timedelta(minutes=minutes))
    assert judged(asked, timed(wall)) is ON
    assert judged(later, timed(wall)) is ON


def test_a_ruling_names_the_rule_that_decides() -> None:
    assert (
        Ruling(RuleVote(ON, RuleKind.CAMPAIGN, "双十一", "规则!A5")).by.words("zh") == "活动规则“双十一”（规则!A5）"
    )
    assert RuleVote(ON, RuleKind.SCHEDULE, address="L2").words("en") == "schedule (L2)"
    assert RuleVote(OFF, RuleKind.NO_STOCK).words("zh") == "无库存"
