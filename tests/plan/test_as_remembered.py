"""`--refresh changed` by column: the rows that it passes over are those of which, one by one, nothing would be said.

What `resolve` and `build` do row by row is the definition; `by_row` takes the columns' test away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.abilities import SHOP
from sync.fields import CATEGORY, INVENTORY, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, Item, Path, PriceWindow, Row, Status
from sync.limits import Limits
from sync.messages import Level, Problem, say
from sync.plan import resolve
from sync.plan.build import build
from sync.plan.by_row import ByRow
from sync.plan.document import plan_document
from sync.plan.identity import FoundItem, Memory
from sync.plan.listings import parted
from sync.plan.options import Choices, Options
from sync.plan.plan import Plan
from sync.plan.resolve import ResolvedRow
from sync.plan.skus import with_skus
from sync.remembered import Hold, LastRuling
from tests.plan.builders import BRAND, LAST_WEEK, SHEET, known, row
from tests.plan.rulebook import AT, BY_DAY, DAY, LOW, OPEN, rules
from tests.plan.test_document import spell

T = TypeVar("T")
CODES = ("A-1", "a-1", "A-2", "B", "B ")
IDS = ("7", "8", "9", "10", "11")
WINDOW = PriceWindow(9900, AT - DAY, AT + DAY)
TOLD = (
    Problem("A2", say("cell.merged"), Level.WARNING),
    Problem("E2", say("cell.merged")),
    Problem("D2", say("category.unknown", shown="x", offer="-"), Level.WARNING),
)
SAYS: Mapping[Path, st.SearchStrategy[Cell]] = {
    TITLE: st.sampled_from(["甲", "乙", '","', "\\"]),
    PRICE: st.sampled_from([1990, 2590]),
    CATEGORY: st.just(("丽人", "美甲")),
    INVENTORY: st.sampled_from([0, 1, 10]),
    STATUS: st.sampled_from([*Status]),
    BRAND: st.sampled_from(["OPI", "1", CLEAR]),
}


def mostly(usual: T, *others: T) -> st.SearchStrategy[T]:
    return st.sampled_from([usual] * 2 * len(others) + [*others])


CELLS = st.fixed_dictionaries({}, optional=dict(SAYS))
MARKS: Sequence[Mapping[str, object]] = (
    {"deleted": True},
    {"pending": True},
    {"hold": Hold(5, 7, LAST_WEEK, sheet=SHEET)},
    {"hold": Hold(5, 7, LAST_WEEK, unknown=True)},
    {"ruled": LastRuling(Status.INACTIVE, "daily", "夜里")},
    {"window": WINDOW},
    {"window": PriceWindow(9900, AT - 2 * DAY, AT - DAY)},
    {"item_id": None},
    *([{"item_id": IDS[0]}] * 4),
)
ODDITIES: Sequence[Mapping[str, object]] = (
    *({"stock_change": change} for change in (5, -1)),
    *({"problems": (told,)} for told in TOLD),
    *({"stamp": at} for at in (datetime(2026, 11, 1), AT)),
    *({"item_id": item_id} for item_id in IDS),
    {"list_at": AT - DAY},
    {"list_at": AT + DAY},
    {"delist_at": AT - DAY},
    {"window": WINDOW},
    {"sku": "RED"},
    {"sku": "sku:1"},
)
EDITS: Sequence[Mapping[Path, Cell]] = ({PRICE: 1}, {BRAND: CLEAR}, {STATUS: Status.DELETED})
# What is made for each draw anew takes longer than the draw.
MARKING = mostly({}, *MARKS)
NEW = st.sets(st.sampled_from(CODES), max_size=2)
TWICE = mostly((), CODES[:1])
EDITED = mostly({}, *EDITS)
LEFT_OUT = mostly((), (PRICE,), (TITLE, BRAND))
ODD_ONES = mostly({}, *ODDITIES)

SAME: Mapping[Path, Cell] = {TITLE: "甲", PRICE: 1990}
REMEMBERED = {"A-1": known(cells=SAME, item_id="7", code="A-1"), "B": known(cells=SAME, item_id="8", code="B")}
CHANGED = Options(SHEET, choices=Choices(changed_only=True))
FIRST = row(SAME, code="A-1")


@st.composite
def memories(draw: st.DrawFn) -> Mapping[str, Baseline]:
    """What is remembered of some codes: mostly no more than cells and remote."""
    found = {}
    for code, item_id in zip(CODES, IDS, strict=True):
        last = known(cells=draw(CELLS), item_id=item_id, code=code)
        found[code] = replace(last, **draw(MARKING))  # type: ignore[arg-type]
    new = draw(NEW)
    return {code: last for code, last in found.items() if code not in new}


OPTIONS = st.builds(
    Options,
    st.just(SHEET),
    choices=st.builds(
        Choices,
        rekey=st.booleans(),
        republish=st.booleans(),
        as_new=mostly(frozenset(), frozenset({"a-1"})),
        changed_only=mostly(True, False),
    ),
    rules=mostly(None, rules(), rules(BY_DAY), rules(OPEN), rules(LOW)),
    limits=st.just(Limits(at_least=1)),
    abilities=mostly(Options(SHEET).abilities, SHOP),
)


@st.composite
def sheets(draw: st.DrawFn, memory: Mapping[str, Baseline]) -> Sequence[Row]:
    """A sheet of which most rows say what is remembered of their codes."""
    made = []
    for number, code in enumerate((*CODES, *draw(TWICE)), start=2):
        last = memory.get(code)
        cells = {path: cell.value for path, cell in last.cells.items()} if last else draw(CELLS)
        cells = {**cells, **draw(EDITED)}
        for path in draw(LEFT_OUT):
            cells.pop(path, None)
        one = row(
            cells, code=code, number=number, item_id=draw(st.sampled_from([None, last.item_id if last else None]))
        )
        made.append(replace(one, **draw(ODD_ONES)))  # type: ignore[arg-type]
    return parted(made)


def planned(sheet: Sequence[Row], memory: Memory, options: Options) -> Plan:
    """The plan against a platform where every other item is gone."""
    meant = resolve.resolve(sheet, memory, options)
    read = resolve.ids_to_read(meant)
    seen: Item = {TITLE: "甲", PRICE: 1}
    found = {item_id: FoundItem(seen if place % 2 else None) for place, item_id in enumerate(read)}
    return build(with_skus(meant, found, memory, options), found, options)


@contextmanager
def by_row() -> Iterator[None]:
    """No row is found by column."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resolve, "as_remembered", lambda *_: ())
        yield


@settings(max_examples=200)
@given(st.data(), memories(), OPTIONS)
def test_the_columns_say_what_the_rows_say(
    data: st.DataObject, baselines: Mapping[str, Baseline], options: Options
) -> None:
    memory = Memory(baselines)
    sheet = data.draw(sheets(baselines))
    options = replace(options, sheet=sheet)
    made, meant = planned(sheet, memory, options), resolve.resolve(sheet, memory, options)
    assert not any(one.row.problems for one, is_idle in zip(meant, meant.idle, strict=False) if is_idle)
    _equals_row_by_row(meant, made, sheet, memory, options)


@pytest.mark.parametrize("odd", ODDITIES)
def test_of_each_oddity_the_columns_say_what_the_row_says(odd: Mapping[str, object]) -> None:
    sheet = parted([replace(FIRST, **odd), row(SAME, code="B", number=3)])  # type: ignore[arg-type]
    memory, options = Memory(REMEMBERED), replace(CHANGED, sheet=sheet)
    made, meant = planned(sheet, memory, options), resolve.resolve(sheet, memory, options)
    _equals_row_by_row(meant, made, sheet, memory, options)


def _equals_row_by_row(
    meant: ByRow[ResolvedRow], made: Plan, sheet: Sequence[Row], memory: Memory, options: Options
) -> None:
    with by_row():
        assert [*meant] == [*resolve.resolve(sheet, memory, options)]
        assert resolve.ids_to_read(meant) == resolve.ids_to_read([*meant])
        assert resolve.codes_to_find(meant) == resolve.codes_to_find([*meant])
        assert resolve.moving_codes(meant, memory) == resolve.moving_codes([*meant], memory)
        whole = planned(sheet, memory, options)
    assert made == whole
    assert (made.summary, made.guards) == (whole.summary, whole.guards)
    assert plan_document(made, spell, "zh") == plan_document(whole, spell, "zh")


def idle(*sheet: Row, options: Options = CHANGED, memory: Mapping[str, Baseline] = REMEMBERED) -> list[bool]:
    return [*resolve.resolve(sheet, Memory(memory), options).idle]


def test_rows_as_remembered_are_idle_and_the_others_are_looked_at() -> None:
    assert idle(FIRST, row({**SAME, PRICE: 1}, code="B", number=3)) == [True, False]
    assert idle(replace(FIRST, item_id="7")) == [True]
    assert idle(FIRST, options=Options(SHEET)) == []
    assert idle(FIRST, options=replace(CHANGED, rules=rules(OPEN))) == [], "a rule may ask for something else"


ODD: Mapping[str, Row] = {
    "a change of stock": replace(FIRST, stock_change=1),
    "a change of stock by nothing": replace(FIRST, stock_change=0),
    "a row of an SKU": replace(FIRST, sku="RED"),
    "a campaign's price": replace(FIRST, window=WINDOW),
    "a moment": replace(FIRST, list_at=AT),
    "something to tell": replace(FIRST, problems=TOLD[:1]),
    "another's id": replace(FIRST, item_id="8"),
    "a cell more": row({**SAME, BRAND: CLEAR}, code="A-1"),
    "a cell less": row({TITLE: "甲"}, code="A-1"),
    "what rows of SKUs say": replace(FIRST, number=-2),
}


@pytest.mark.parametrize("one", ODD.values(), ids=ODD)
def test_a_row_with_anything_unusual_is_looked_at(one: Row) -> None:
    assert idle(one) == [False]


MARKED: Mapping[str, Callable[[Baseline], Baseline]] = {
    "deleted": lambda known: replace(known, deleted=True),
    "pending": lambda known: replace(known, pending=True),
    "held": lambda known: replace(known, hold=Hold(5, 7, LAST_WEEK)),
    "in a campaign": lambda known: replace(known, window=WINDOW),
    "without an id": lambda known: replace(known, item_id=None),
}


@pytest.mark.parametrize("marked", MARKED.values(), ids=MARKED)
def test_a_row_of_which_something_is_open_is_looked_at(marked: Callable[[Baseline], Baseline]) -> None:
    assert idle(FIRST, memory={"A-1": marked(REMEMBERED["A-1"])}) == [False]


def test_a_deletion_that_was_asked_for_is_looked_at_again() -> None:
    gone: Mapping[Path, Cell] = {**SAME, STATUS: Status.DELETED}
    assert idle(row(gone, code="A-1"), memory={"A-1": known(cells=gone, item_id="7", code="A-1")}) == [False]


def test_rivals_for_one_item_are_both_looked_at() -> None:
    assert idle(FIRST, row({}, code="NEW", number=3, item_id="7")) == [False, False]
    assert idle(FIRST, replace(FIRST, number=3), row(SAME, code="B", number=4)) == [False, False, True]


def test_an_item_that_two_codes_have_is_looked_at() -> None:
    twice = {**REMEMBERED, "C": known(cells=SAME, item_id="7", code="C")}
    assert idle(FIRST, memory=twice) == [False]
