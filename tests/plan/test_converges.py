"""A plan that was carried out leaves nothing to plan, whatever staff and customers do in between.

The platform is a model in memory: each planned call does what `effect.after` says of it, and publishing gives an id.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.call import Call, Op, Result
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, Item, Path, Row, Status, Value, same
from sync.plan.diff import wanted
from sync.plan.effect import after
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, Plan, RowPlan, Verdict
from sync.plan.remember import remember
from sync.remembered import Hold
from tests.plan.builders import BRAND, NOW, SHEET, plan_all, row

LEFT_ON_PURPOSE = (Verdict.KNOWN, Verdict.STOCK_DRIFT, Verdict.SOLD_OUT)
CODES = ("A", "B", "C")


@dataclass
class SyncedShop:
    """The platform and the state, from one run to the next."""

    shop: dict[str, Item] = field(default_factory=dict)
    memory: dict[str, Baseline] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(7_000_000))

    def plan(self, rows: Sequence[Row], options: Options) -> Plan:
        return plan_all(tuple(rows), self.memory, self.shop, options)

    def carry_out(self, plan: Plan, worked: int | None = None) -> list[Row]:
        """Carry out `plan`, of each row only the first `worked` calls (None: all); return the sheet written back."""
        return [self._carry_out(one, one.calls if worked is None else one.calls[:worked]) for one in plan.rows]

    def _carry_out(self, plan: RowPlan, done: Sequence[Call]) -> Row:
        if plan.action in (Action.INVALID, Action.BLOCKED):
            if known := self.memory.get(plan.row.outer_id):
                self.memory[plan.row.outer_id] = replace(known, pending=True)
            return plan.row
        if plan.unread:
            return plan.row
        item_id, item, moved = plan.item_id, plan.remote, None
        for call in done:
            item_id = str(next(self.ids)) if call.op is Op.GENERATE else item_id
            item = after(call, item)
            moved = call.by if call.op is Op.STOCK and call.count is None else moved
        published = plan.item_id is not None or any(call.op is Op.PUBLISH for call in done)
        if item_id is not None and published and (done or item_id in self.shop):
            self.shop[item_id] = item
            if item.get(STATUS) == Status.DELETED:
                del self.shop[item_id]
        self.memory[plan.row.outer_id] = remember(
            plan,
            self.memory.get(plan.row.outer_id),
            _ending(plan, done),
            done,
            item_id=item_id,
            file=SHEET,
            at=NOW,
            hold=Hold(moved, 1, NOW, sheet=SHEET) if moved is not None else None,
        )
        cleared = replace(plan.row, stock_change=None) if moved is not None else plan.row
        return replace(cleared, item_id=item_id) if published else cleared


def _ending(plan: RowPlan, done: Sequence[Call]) -> Result:
    if not plan.calls:
        return Result.NONE
    return Result.DONE if len(done) == len(plan.calls) else Result.FAILED


TITLES = st.sampled_from(["甲", "乙", "丙"])
PRICES = st.sampled_from([1990, 2190, 2590])
CATEGORIES = st.sampled_from([("丽人", "美甲"), ("丽人", "美发")])
UNITS = st.integers(0, 4)
STATUSES = st.sampled_from([Status.ACTIVE, Status.INACTIVE])
BRANDS = st.sampled_from(["OPI", "CND"])
# What is made for each draw anew takes longer than the draw.
IN_SHEET = st.lists(st.sampled_from(CODES), unique=True, min_size=1)
OPTIONAL = st.fixed_dictionaries(
    {},
    optional={
        INVENTORY: UNITS,
        STATUS: st.one_of(STATUSES, STATUSES, st.just(Status.DELETED)),
        BRAND: st.one_of(BRANDS, st.just(CLEAR)),
    },
)
LEFT_OUT = st.sets(st.sampled_from([TITLE, PRICE, CATEGORY]))
MOVES = st.one_of(st.none(), st.integers(-2, 4).filter(bool))
EDITS: Mapping[Path, st.SearchStrategy[Value]] = {
    TITLE: TITLES, PRICE: PRICES, BRAND: BRANDS, INVENTORY: UNITS, STATUS: STATUSES,
}  # fmt: skip
EDITED = st.sets(st.sampled_from([*EDITS]), max_size=2)
WORKED = st.sampled_from([None, None, 0, 1, 2])
"""How many calls of each row work; None: all."""


@st.composite
def rows(draw: st.DrawFn, known: Mapping[str, Baseline]) -> tuple[Row, ...]:
    """A week's sheet: some of the codes; a code that state doesn't know is a new item."""
    made = []
    for number, code in enumerate(draw(IN_SHEET), start=2):
        cells: dict[Path, Cell] = {TITLE: draw(TITLES), PRICE: draw(PRICES), CATEGORY: draw(CATEGORIES)}
        cells |= draw(OPTIONAL)
        if code in known:
            for path in draw(LEFT_OUT):
                del cells[path]
        change = draw(MOVES) if code in known and INVENTORY not in cells else None
        made.append(row(cells, code=code, number=number, change=change))
    return tuple(made)


def _edit(data: st.DataObject, week: SyncedShop) -> None:
    """Things happen on the platform: sales, and what people do there by hand."""
    for item_id, item in week.shop.items():
        edited = {path: data.draw(EDITS[path]) for path in data.draw(EDITED)}
        moved = {**item, **edited}
        off = {STATUS: Status.INACTIVE} if moved.get(INVENTORY) == 0 else {}
        week.shop[item_id] = {**moved, **off}


def _some_weeks(data: st.DataObject) -> SyncedShop:
    """A shop with a past: unknown items at first, then a week or two of syncing, selling and editing."""
    week = SyncedShop()
    for code in data.draw(st.sets(st.sampled_from(CODES))):
        item: Item = {OUTER_ID: code, TITLE: "甲", PRICE: 1990, INVENTORY: 3, STATUS: Status.ACTIVE}
        item_id = str(next(week.ids))
        week.shop[item_id] = item
        week.memory[code] = Baseline(item_id)
    for _ in range(data.draw(st.integers(0, 2))):
        past = data.draw(rows(week.memory))
        week.carry_out(week.plan(past, Options(SHEET)), data.draw(WORKED))
        _edit(data, week)
    return week


OPTIONS = st.builds(
    Options, st.just(SHEET), choices=st.builds(Choices, skip_conflicts=st.booleans(), republish=st.booleans())
)


@settings(max_examples=120)
@given(st.data(), OPTIONS)
def test_a_plan_that_was_carried_out_leaves_nothing_to_plan(data: st.DataObject, options: Options) -> None:
    week = _some_weeks(data)
    sheet = data.draw(rows(week.memory))
    plan = week.plan(sheet, options)
    written_back = week.carry_out(plan)
    again = week.plan(written_back, options)
    for first, second in zip(plan.rows, again.rows, strict=True):
        if first.action in (Action.INVALID, Action.BLOCKED):
            assert (second.action, second.calls) == (first.action, ())
            continue
        assert (second.action, second.changes, second.calls) == (Action.NONE, (), ())
        assert not second.drifted or first.drifted, "nothing happened meanwhile"
        _holds_what_the_cells_say(first, week.shop)


def _holds_what_the_cells_say(plan: RowPlan, shop: Mapping[str, Item]) -> None:
    if plan.row.cells.get(STATUS) == Status.DELETED:
        assert plan.item_id not in shop
        return
    item = next(item for item in shop.values() if item.get(OUTER_ID) == plan.row.outer_id)
    for decision in plan.decisions:
        if decision.verdict not in LEFT_ON_PURPOSE:
            assert same(wanted(decision.cell), item.get(decision.path)), decision.path
    if plan.row.stock_change is not None:
        before = plan.remote.get(INVENTORY, 0)
        assert isinstance(before, int)
        assert item[INVENTORY] == before + plan.row.stock_change


@settings(max_examples=120)
@given(st.data(), OPTIONS, st.integers(0, 3))
def test_a_row_that_failed_half_way_is_finished_by_the_next_run(
    data: st.DataObject, options: Options, worked: int
) -> None:
    """Both ways come to the same item, and what failed never looks as if the platform had changed it."""
    week = _some_weeks(data)
    smooth = copy.deepcopy(week)
    sheet = data.draw(rows(week.memory))
    smooth.carry_out(smooth.plan(sheet, options))
    first = week.plan(sheet, options)
    second = week.plan(week.carry_out(first, worked), options)
    assert second.summary.conflict <= first.summary.conflict
    week.carry_out(second)
    assert [_by_code(week)[code] for code in sorted(_by_code(week))] == [
        _by_code(smooth)[code] for code in sorted(_by_code(smooth))
    ]


def _by_code(week: SyncedShop) -> Mapping[str, Item]:
    return {str(item[OUTER_ID]): item for item in week.shop.values()}


@settings(max_examples=40)
@given(st.data(), OPTIONS)
def test_planning_changes_nothing_and_twice_is_equal(data: st.DataObject, options: Options) -> None:
    week = _some_weeks(data)
    sheet = data.draw(rows(week.memory))
    memory, shop = copy.deepcopy(week.memory), copy.deepcopy(week.shop)
    assert week.plan(sheet, options) == week.plan(sheet, options)
    assert (week.memory, week.shop) == (memory, shop)
