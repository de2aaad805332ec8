"""The week holds what it promises (issue 2, "Samples"), counted from the rows themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from sync import fields
from sync.demo import week
from sync.demo.shop import stocked
from sync.demo.workbook import HIDDEN, HOT


@dataclass(frozen=True)
class WeekRow:
    """One row of this week, beside last week's and what happened on the platform meanwhile."""

    now: week.Line
    before: week.Line | None
    sold: int = 0
    by_hand: Mapping[str, object] = field(default_factory=dict)
    """Path → value, edited on the platform."""

    @property
    def known(self) -> bool:
        return self.before is not None

    @property
    def typed(self) -> set[str]:
        """The headers whose cells staff changed; a lost id and a remark change nothing."""
        before = self.before or {}
        return {h for h in week.HEADERS if self.now[h] != before.get(h)} - {week.STORY, week.ITEM_ID}

    @property
    def was(self) -> Mapping[str, week.Typed]:
        return self.before or dict.fromkeys(week.HEADERS, week.EMPTY)

    @property
    def count_rise(self) -> int:
        now, was = self.now[week.STOCK], self.was[week.STOCK]
        return now - was if isinstance(now, int) and isinstance(was, int) else 0

    @property
    def move(self) -> int:
        moved = self.now[week.STOCK_CHANGE]
        return moved if isinstance(moved, int) else 0

    @property
    def quiet(self) -> bool:
        """Nothing happened to the item on the platform."""
        return not self.sold and not self.by_hand

    def turns(self, typed: str) -> bool:
        return week.STATUS in self.typed and self.now[week.STATUS] == typed


def _clears(row: WeekRow) -> bool:
    return week.CLEAR in (row.now[header] for header in CUSTOM)


def _stock_before(row: WeekRow) -> int:
    return int(row.was[week.STOCK] or 0)


Predicate = Callable[[WeekRow], bool]
PRICE_OR_TITLE = {week.PRICE, week.TITLE}
CUSTOM = {week.OF_BRAND, week.FOR_PEOPLE}

TRAPS: Mapping[str, Predicate] = {
    "a price with three decimals": lambda row: Decimal(str(row.now[week.PRICE])) * 100 % 1 != 0,
    "库存 and 库存增减 both filled": lambda row: row.move != 0 and row.now[week.STOCK] != week.EMPTY,
    "a new row outside the category table": lambda row: (
        not row.known and (row.now[week.CATEGORY_1], row.now[week.CATEGORY_2]) not in fields.category_table()
    ),
    "a code that Excel ruined": lambda row: re.fullmatch(r"\d\.\d+E\+\d+", str(row.now[week.CODE])) is not None,
}

INGREDIENTS: tuple[tuple[str, int, Predicate], ...] = (
    ("new items", 6, lambda row: not row.known),
    ("a new item that is to be inactive", 1, lambda row: not row.known and row.now[week.STATUS] == week.TAKE_DOWN),
    ("a new item without stock", 1, lambda row: not row.known and row.now[week.STOCK] == 0),
    ("a new item whose status the platform fills in", 1, lambda row: row.now[week.STATUS] == week.EMPTY),
    ("price or title edits", 8, lambda row: row.known and bool(row.typed & PRICE_OR_TITLE)),
    ("price edits", 4, lambda row: row.known and week.PRICE in row.typed),
    ("title edits", 2, lambda row: row.known and week.TITLE in row.typed),
    ("stock up", 4, lambda row: row.count_rise > 0 or row.move > 0),
    ("stock up by 库存增减", 2, lambda row: row.move > 0),
    ("stock down", 4, lambda row: row.count_rise < 0 or row.move < 0),
    ("stock down by 库存增减", 2, lambda row: row.move < 0),
    ("put up", 3, lambda row: row.known and row.turns(week.PUT_UP)),
    ("taken down", 3, lambda row: row.known and row.turns(week.TAKE_DOWN)),
    ("deletion", 1, lambda row: row.known and row.turns(week.DELETE)),
    ("custom field changed or added", 2, lambda row: row.known and bool(row.typed & CUSTOM) and not _clears(row)),
    ("custom field removed", 1, _clears),
    ("drift: sold since last week", 1, lambda row: 0 < row.sold < _stock_before(row) and not row.typed),
    ("drift: a price edited on the platform", 1, lambda row: fields.PRICE in row.by_hand and not row.typed),
    ("conflict", 1, lambda row: fields.PRICE in row.by_hand and week.PRICE in row.typed),
    ("sold out", 1, lambda row: 0 < row.sold == _stock_before(row) and not row.typed),
    ("restock by a move, some sold meanwhile", 1, lambda row: row.move > 0 and row.sold > 0),
    ("unchanged", 10, lambda row: row.known and row.quiet and not row.typed),
    ("known rows that lost their id", 3, lambda row: row.known and row.now[week.ITEM_ID] == week.EMPTY),
)


def _seen() -> list[WeekRow]:
    before = {line[week.CODE]: line for line in week.last_week()}
    sold = {event.code: event.units for event in week.WEEK_EVENTS if isinstance(event, week.Sale)}
    by_hand = {e.code: {e.path: e.value} for e in week.WEEK_EVENTS if isinstance(e, week.HandEdit)}
    return [
        WeekRow(line, before.get(line[week.CODE]), sold.get(code, 0), by_hand.get(code, {}))
        for line in week.this_week()
        for code in [str(line[week.CODE])]
    ]


def _valid() -> list[WeekRow]:
    return [row for row in _seen() if not any(trapped(row) for trapped in TRAPS.values())]


def test_the_week_has_fifty_rows_of_which_four_are_invalid() -> None:
    assert len(_seen()) == 50
    assert len(_valid()) == 46


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_catches_one_row(trap: str) -> None:
    assert sum(TRAPS[trap](row) for row in _seen()) == 1


@pytest.mark.parametrize(("ingredient", "at_least", "has"), INGREDIENTS, ids=[name for name, *_ in INGREDIENTS])
def test_the_week_has(ingredient: str, at_least: int, has: Predicate) -> None:
    found = [row.now[week.CODE] for row in _valid() if has(row)]
    assert len(found) >= at_least, f"{ingredient}: {found}"


def test_last_week_names_every_item_of_the_shop_with_its_id() -> None:
    held = {goods.code: item_id for _, goods, item_id in stocked()}
    assert {line[week.CODE]: line[week.ITEM_ID] for line in week.last_week()} == held


def test_every_edit_and_every_event_is_about_an_item_of_the_shop() -> None:
    codes = {goods.code for _, goods, _ in stocked()}
    edited = [code for code, _, _ in week.EDITS]
    assert len(edited) == len(set(edited))
    assert {*edited, *week.IDS_LOST, *HOT, *HIDDEN, *(event.code for event in week.WEEK_EVENTS)} <= codes


def test_a_row_that_is_touched_says_why() -> None:
    assert not [row.now[week.CODE] for row in _seen() if row.typed and not row.now[week.STORY]]


def test_some_items_of_the_shop_are_not_in_this_weeks_sheet() -> None:
    here = {line[week.CODE] for line in week.this_week()}
    assert any(line[week.CODE] not in here for line in week.last_week())
