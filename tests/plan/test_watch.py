"""What a tick of `watch` does about a row: only its status, only by rules, only where a ruling changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.abilities import SHOP
from sync.call import Call, Result
from sync.fields import CATEGORY, INVENTORY, PRICE, STATUS, TITLE, Column
from sync.item import SHOP_TIME, Baseline, Item, PriceWindow, Row, Status
from sync.limits import Limits
from sync.messages import Problem, say
from sync.plan import resolve as resolving
from sync.plan import watch as watching
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Action, RowPlan
from sync.plan.remember import remember
from sync.plan.rules import Facts, Rules
from sync.plan.watch import (
    HeldRow,
    ReadRow,
    WatchedRow,
    changed_by_clock,
    look_at,
    needs_look,
    next_flip,
    plan_of,
    under_rules,
)
from sync.remembered import Hold, LastRuling
from sync.rows import Rows
from sync.rule import Campaign, Daily, PriceRange, Rule, RuleKind, Scope, Terms, Thresholds
from sync.sku import sku_id
from tests.plan.builders import CODE, ITEM, LAST_WEEK, NOW, SHEET, codes, held, known, off, on, row

HOURS = Daily(time(8), time(23))
"""Open at `NOW`, which is half past nine."""
CLOSED = NOW.replace(hour=23)
ON, OFF = Status.ACTIVE, Status.INACTIVE
OPTIONS = Options(SHEET, f"/shop/{SHEET}")


def rules(*terms: Terms, now: datetime = NOW, scope: Scope | None = None) -> Rules:
    listed = (
        Rule(one, scope or Scope(), f"rule {number}", f"规则!A{number}", named=True)
        for number, one in enumerate(terms, 2)
    )
    return Rules(tuple(listed), now, SHOP_TIME)


def ruled(
    status: Status, kind: RuleKind = RuleKind.DAILY, name: str = "rule 2", *, days_ago: int = 0, **said: Status
) -> LastRuling:
    """What was last ruled; by the day's hours, when they last opened or shut."""
    hour = {ON: 8, OFF: 23}[status]
    since = datetime(2026, 11, NOW.day - days_ago, hour) if kind is RuleKind.DAILY else None
    return LastRuling(status, kind.value, name, {name: status, **said}, since)


def last(ruling: LastRuling | None, remote: Item | None = None, status: Status = ON) -> Baseline:
    """An item that was in sync with its ruling when it was last seen."""
    remote = held({STATUS: status}) if remote is None else remote
    return replace(known(remote, {STATUS: status}), ruled=ruling)


def ours(one: Row, asked: Rules, baseline: Baseline | None) -> WatchedRow | HeldRow | None:
    return next(under_rules([one], Memory({CODE: baseline} if baseline else {}), asked, OPTIONS), None)


def watched(one: Row, asked: Rules, baseline: Baseline | None) -> WatchedRow:
    found = ours(one, asked, baseline)
    assert isinstance(found, WatchedRow)
    return found


def look(asked: Rules, baseline: Baseline | None, remote: Item, one: Row | None = None) -> ReadRow:
    typed = one or row({STATUS: ON}, item_id=ITEM)
    return look_at(watched(typed, asked, baseline), FoundItem(remote), asked, OPTIONS)


# --- which rows are watched ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "asked", "baseline", "is_ours"),
    [
        (row({STATUS: ON}), rules(HOURS), known(), True),
        (row(), rules(HOURS), known(), True),
        (row(item_id=ITEM), rules(HOURS), None, True),
        (row({STATUS: OFF}), rules(HOURS), known(), False),
        (row({STATUS: Status.DELETED}), rules(HOURS), known(), False),
        (row(), rules(HOURS), None, False),
        (row(), rules(), known(), False),
        (row(), rules(HOURS, scope=Scope(frozenset({"B-1"}))), known(), False),
        (replace(row(), delist_at=datetime(2026, 11, 30)), rules(), known(), True),
        (row({CATEGORY: ("丽人", "美发")}), rules(HOURS, scope=Scope(category=("美发",))), known(), True),
        (row(), rules(HOURS, scope=Scope(category=("美甲",))), known(), True),
        (row(), rules(), last(ruled(ON)), True),
    ],
    ids=[
        "有效 is only the default",
        "an empty cell",
        "an item that this state never saw",
        "失效 is the staff's own word",
        "删除 too",
        "not on the platform yet",
        "no rules",
        "a rule for others",
        "a schedule of its own",
        "the sheet's category",
        "the platform's category",
        "a rule that is gone, to be forgotten",
    ],
)
def test_rows_under_a_rule(one: Row, asked: Rules, baseline: Baseline | None, is_ours: bool) -> None:
    assert isinstance(ours(one, asked, baseline), WatchedRow) is is_ours


def test_a_mistake_elsewhere_in_the_row_keeps_nothing_on_sale() -> None:
    price = Problem("E2", say("price.decimals"))
    code = Problem("A2", say("code.twice", shown=CODE, others="A3"))
    assert isinstance(ours(row(problems=(price,)), rules(HOURS), known()), WatchedRow)
    found = ours(row(problems=(price, code)), rules(HOURS), known())
    assert isinstance(found, HeldRow)
    assert found.problem == code


def test_a_row_that_waits_for_an_answer_gets_no_calls() -> None:
    hold = Hold(5, 1, LAST_WEEK, unknown=True)
    found = ours(row(change=3), rules(HOURS), known(hold=hold))
    assert isinstance(found, HeldRow)
    assert found.problem.code == "hold.unknown"


# --- by the clock alone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "ruling", "reads"),
    [
        ((HOURS,), ruled(ON), False),
        ((HOURS, Thresholds(2, 5)), ruled(ON), True),
        ((PriceRange(100, None),), ruled(ON), True),
        ((HOURS,), ruled(OFF, RuleKind.NO_STOCK), True),
    ],
    ids=["the clock", "stock", "price", "waits for stock"],
)
def test_only_what_the_clock_cannot_tell_is_read(terms: tuple[Terms, ...], ruling: LastRuling, reads: bool) -> None:
    asked = rules(*terms)
    assert needs_look(watched(row(), asked, last(ruling)), asked) is reads


@pytest.mark.parametrize(
    ("asked", "ruling", "changed"),
    [
        (rules(HOURS), ruled(ON), False),
        (rules(HOURS), None, True),
        (rules(HOURS, now=CLOSED), ruled(ON), True),
        (rules(HOURS, now=CLOSED), ruled(OFF), False),
        (rules(HOURS, now=CLOSED), ruled(OFF, days_ago=1), True),
        (rules(Daily(None, time(23))), ruled(OFF), True),
        (rules(Daily(None, time(23))), None, False),
    ],
    ids=["open", "never asked", "closed now", "closed", "closed again", "silent now", "silent"],
)
def test_the_clock_tells_whether_a_ruling_changed(asked: Rules, ruling: LastRuling | None, changed: bool) -> None:
    assert changed_by_clock(watched(row(), asked, last(ruling)), asked) is changed


# --- once it was read ---------------------------------------------------------------------------------------------

SOLD_OUT = held({STATUS: OFF, INVENTORY: 0})


@pytest.mark.parametrize(
    ("asked", "baseline", "remote", "calls", "by_hand"),
    [
        (rules(HOURS), last(ruled(OFF), status=OFF), held({STATUS: OFF}), (on(),), False),
        (rules(HOURS, now=CLOSED), last(ruled(ON)), held(), (off(),), False),
        (rules(HOURS, now=CLOSED), last(None), held(), (off(),), False),
        (rules(HOURS, now=CLOSED), None, held(), (off(),), False),
        (rules(HOURS), last(ruled(ON)), held(), (), False),
        (rules(HOURS), last(ruled(ON)), held({STATUS: OFF}), (), True),
        (rules(HOURS, now=CLOSED), last(ruled(ON)), held({STATUS: OFF}), (), False),
        (rules(HOURS), last(ruled(ON)), SOLD_OUT, (), False),
        (rules(HOURS), last(ruled(OFF, RuleKind.NO_STOCK)), held({STATUS: OFF}), (on(),), False),
        (rules(HOURS, now=CLOSED), last(ruled(OFF)), held(), (), False),
        (rules(Daily(None, time(23)), now=CLOSED), last(ruled(OFF, days_ago=1)), held(), (off(),), False),
        (rules(HOURS), last(ruled(ON, days_ago=1)), held({STATUS: OFF}), (on(),), False),
        (rules(HOURS), last(ruled(ON, days_ago=1)), held(), (), False),
        (rules(), last(ruled(OFF)), held({STATUS: OFF}), (), False),
    ],
    ids=[
        "opens",
        "closes",
        "first asked",
        "first seen",
        "as before",
        "taken down by hand",
        "taken down by hand, and to be so now",
        "sold out",
        "stock again",
        "refused before",
        "23:00 again, and nobody asked in between",
        "opens again, and nobody asked in between",
        "opens again, and is on sale",
        "the rule is gone",
    ],
)
def test_a_call_only_where_the_ruling_changed(
    asked: Rules, baseline: Baseline | None, remote: Item, calls: tuple[Call, ...], by_hand: bool
) -> None:
    looked = look(asked, baseline, remote)
    assert (looked.plan.calls, looked.by_hand is not None) == (calls, by_hand)
    assert {change.path for change in looked.plan.changes} <= {STATUS}


@pytest.mark.parametrize(("now", "calls"), [(NOW, ()), (CLOSED, (off(),))])
def test_tonights_hours_act_though_the_rows_schedule_has_long_said_the_same(
    now: datetime, calls: tuple[Call, ...]
) -> None:
    """Somebody put it on sale this afternoon, by hand."""
    delisted = NOW.replace(day=1, tzinfo=None)
    one = replace(row({STATUS: ON}, item_id=ITEM), delist_at=delisted)
    before = LastRuling(OFF, "schedule", "", {"rule 2": ON}, delisted)
    assert look(rules(HOURS, now=now), last(before, status=OFF), held(), one).plan.calls == calls


def test_every_other_cell_waits() -> None:
    typed = row({STATUS: ON, TITLE: "new", PRICE: 999, INVENTORY: 0}, item_id=ITEM, change=None)
    assert look(rules(HOURS), last(ruled(OFF), status=OFF), held({STATUS: OFF}), typed).plan.calls == (on(),)


def test_an_item_that_is_gone_is_told_and_not_called() -> None:
    asked = rules(HOURS)
    looked = look_at(watched(row(), asked, known()), FoundItem(None), asked, OPTIONS)
    assert (looked.plan.action, codes(looked.plan)) == (Action.BLOCKED, ["item.gone"])


def test_the_rule_is_named() -> None:
    plan = look(rules(HOURS, now=CLOSED), last(ruled(ON)), held()).plan
    assert plan.ruling is not None
    assert (plan.ruling.by.name, plan.changes[0].address) == ("rule 2", "规则!A2")
    assert "rule.decides" in codes(plan)


# --- what is remembered -------------------------------------------------------------------------------------------


def ended(plan: RowPlan, baseline: Baseline, result: Result) -> Baseline:
    done = plan.calls if result is Result.DONE else ()
    return remember(plan, baseline, result, done, item_id=ITEM, file=SHEET, sheet=OPTIONS.sheet_id, at=NOW, hold=None)


@pytest.mark.parametrize(
    ("result", "again"),
    [(Result.DONE, ()), (Result.FAILED, ()), (Result.UNKNOWN, (off(),)), (Result.SKIPPED, (off(),))],
)
def test_what_the_platform_refused_is_not_asked_again(result: Result, again: tuple[Call, ...]) -> None:
    asked, baseline = rules(HOURS, now=CLOSED), last(ruled(ON))
    plan = look(asked, baseline, held()).plan
    remote = held({STATUS: OFF}) if result is Result.DONE else held()
    after = look(asked, ended(plan, baseline, result), remote)
    assert (after.plan.calls, after.by_hand is not None) == (again, False)


def test_a_tick_confirms_no_cell() -> None:
    hold = Hold(5, 1, LAST_WEEK, sheet=OPTIONS.sheet_id)
    baseline = replace(last(ruled(ON)), hold=hold)
    plan = look(rules(HOURS, now=CLOSED), baseline, held(), row({STATUS: ON}, change=5, item_id=ITEM)).plan
    assert plan.calls == (off(),)
    assert ended(plan, baseline, Result.DONE).hold == hold


def test_the_same_rules_at_the_same_moment_ask_for_nothing_more() -> None:
    asked = rules(HOURS, Thresholds(2, 5))
    baseline = last(None)
    for remote in (held({INVENTORY: 1}), held({INVENTORY: 1, STATUS: OFF}), held({INVENTORY: 4, STATUS: OFF})):
        plan = look(asked, baseline, remote).plan
        baseline = ended(plan, baseline, Result.DONE if plan.calls else Result.NONE)
        seen = held({INVENTORY: remote[INVENTORY], STATUS: plan.ruling.status if plan.ruling else ON})
        assert not look(asked, baseline, seen).changed


# --- the guards, and the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("live", "guards"), [(5, ["takedown"]), (16, ["takedown"]), (17, [])])
def test_the_guards_measure_by_the_whole_sheet(live: int, guards: list[str]) -> None:
    rows = [row(code=f"A-{number}", number=number, item_id=str(number)) for number in range(2, live + 2)]
    memory = Memory({one.outer_id: known(item_id=one.item_id, code=one.outer_id) for one in rows})
    asked = rules(HOURS, now=CLOSED, scope=Scope(frozenset(one.outer_id for one in rows[:5])))
    ours = [one for one in under_rules(rows, memory, asked, OPTIONS) if isinstance(one, WatchedRow)]
    going = [look_at(one, FoundItem(held(code=one.row.outer_id)), asked, OPTIONS).plan for one in ours]
    plan = plan_of(going, rows, memory, Limits())
    assert ([guard.name for guard in plan.guards], len(plan.rows)) == (guards, 5)


DAY = datetime(2026, 11, 21)
SCHEDULED: Mapping[str, datetime] = {"list_at": DAY.replace(day=23), "delist_at": DAY.replace(day=20)}


@pytest.mark.parametrize(
    ("terms", "one", "now", "flip"),
    [
        ((), row(), NOW, None),
        ((HOURS,), row(), NOW, DAY.replace(hour=23)),
        ((HOURS,), row(), CLOSED, DAY.replace(day=22, hour=8)),
        ((Daily(None, time(23)),), row(), CLOSED, DAY.replace(day=22)),
        ((Campaign(DAY.replace(day=1), DAY.replace(day=24)),), row(), NOW, DAY.replace(day=24)),
        ((Campaign(DAY.replace(day=1), DAY.replace(day=2)),), row(), NOW, None),
        ((), replace(row(), **SCHEDULED), NOW, DAY.replace(day=23)),  # type: ignore[arg-type]
        ((Thresholds(1, 2), PriceRange(1, 2)), row(), NOW, None),
    ],
    ids=["no rules", "closes", "opens tomorrow", "falls silent", "campaign ends", "over", "schedule", "no clock"],
)
def test_the_next_moment_at_which_the_clock_changes_a_ruling(
    terms: tuple[Terms, ...], one: Row, now: datetime, flip: datetime | None
) -> None:
    assert next_flip([one], rules(*terms, now=now)) == (flip.replace(tzinfo=SHOP_TIME) if flip else None)


MINUTES = st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None))
WALLS = st.datetimes(DAY - timedelta(days=2), DAY + timedelta(days=3)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
BY_CLOCK = st.one_of(
    st.builds(Daily, MINUTES, MINUTES),
    st.builds(Daily, st.none(), MINUTES),
    st.builds(Daily, MINUTES, st.none()),
    st.tuples(WALLS, WALLS).map(lambda both: Campaign(min(both), max(both))),
)


@settings(max_examples=150)
@given(st.lists(BY_CLOCK, max_size=3), st.none() | WALLS, st.none() | WALLS, WALLS, st.integers(1, 60 * 72))
def test_nothing_changes_before_the_next_moment(
    terms: list[Terms], list_at: datetime | None, delist_at: datetime | None, at: datetime, minutes: int
) -> None:
    asked = rules(*terms, now=at.replace(tzinfo=SHOP_TIME))
    one = replace(row(), list_at=list_at, delist_at=delist_at)
    flip = next_flip([one], asked)
    assert flip is None or flip > asked.now
    later = asked.now + timedelta(minutes=minutes)
    still = min(later, flip - timedelta(seconds=1)) if flip else later
    assert replace(asked, now=still).judge(one, Facts(), None) == asked.judge(one, Facts(), None)


def test_the_next_moment_is_the_shops_own_also_where_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = datetime(2026, 3, 29, 1, 59, tzinfo=berlin)
    asked = replace(rules(Daily(time(2, 30), time(23)), now=night.astimezone(ZoneInfo("UTC"))), zone=berlin)
    flip = next_flip([], asked)
    assert flip is not None
    assert night < flip <= night + timedelta(hours=2)


def test_columns_are_addressed_where_they_are_read() -> None:
    """A bad 上架时间 keeps its row from being judged by half of its schedule."""
    one = row()
    one = replace(
        one,
        addresses={**one.addresses, Column.LIST_AT: "J2"},
        problems=(Problem("J2", say("date.format", shown="soon")),),
    )
    assert isinstance(ours(one, rules(HOURS), known()), HeldRow)
    assert isinstance(ours(one, rules(), known()), HeldRow), "it is its only rule, and can't be read"


# --- large sheets -------------------------------------------------------------------------------------------------


class CountedRows(Rows):
    """Rows that tell which of them were made."""

    def __init__(self, rows: Sequence[Row]) -> None:
        super().__init__(rows)
        self.made: list[int] = []

    def at(self, places: Sequence[int]) -> Sequence[Row]:
        self.made += places
        return super().at(places)


def test_without_rules_only_rows_with_a_time_or_an_earlier_ruling_are_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolving, "TOGETHER", 1)
    sheet = CountedRows(
        [row(code=f"A-{number}", number=number, item_id=str(number)) for number in range(2, 7)]
        + [replace(row(code="A-7", number=7, item_id="7"), delist_at=datetime(2026, 11, 1))]
    )
    memory = {one.outer_id: known(item_id=one.item_id, code=one.outer_id) for one in sheet.every}
    memory["A-3"] = replace(memory["A-3"], ruled=LastRuling(Status.INACTIVE, "daily", "夜里"))
    ours = under_rules(sheet, Memory(memory), rules(), OPTIONS)
    assert [one.row.number for one in ours] == [3, 7]
    assert {*sheet.made} == {1, 5}


def test_of_an_sku_whose_campaign_ended_the_row_is_made_without_rules_too() -> None:
    sku = replace(row(item_id=ITEM), sku="RED")
    window = PriceWindow(9900, datetime(2026, 11, 1), datetime(2026, 11, 2))
    memory = Memory({sku.key: replace(known(item_id=sku_id(ITEM, "1"), code=CODE), window=window)})
    (found,) = under_rules([sku], memory, rules(), replace(OPTIONS, abilities=SHOP))
    assert isinstance(found, WatchedRow)


def test_rows_some_after_others_are_under_the_same_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(code=f"A-{number}", number=number, item_id=str(number // 2)) for number in range(2, 7)]
    asked = rules(HOURS, now=CLOSED)
    whole = [*under_rules(rows, Memory(), asked, OPTIONS)]
    for module in (watching, resolving):
        monkeypatch.setattr(module, "TOGETHER", 1)
    assert [*under_rules(rows, Memory(), asked, OPTIONS)] == whole
    assert [type(one).__name__ for one in whole] == [*["HeldRow"] * 4, "WatchedRow"]
