"""What state keeps of a planned row: no more than needed, and yet everything comes of it that comes of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from sync.call import Call, Result
from sync.fields import INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, Path, Status, Value
from sync.plan.compact import compact, ended, read_again
from sync.plan.effect import after
from sync.plan.plan import RowPlan
from sync.plan.undo import Done, undo_row
from tests.plan.builders import BRAND, CODE, ITEM, LAST_WEEK, held, known, plan_one, row
from tests.plan.builders import ended as remembered

PLAN: TypeAdapter[RowPlan] = TypeAdapter(RowPlan)
Texts = Mapping[Path, str | None]

PRICES = (2000, 2040, 9900)
MATERIAL, ORIGIN = "材质", "产地"
VALUES: Mapping[Path, st.SearchStrategy[Value]] = {
    TITLE: st.sampled_from(["猫眼美甲", "猫眼  美甲", "新标题"]),
    PRICE: st.sampled_from(PRICES),
    INVENTORY: st.sampled_from([0, 7, 10]),
    STATUS: st.sampled_from([Status.ACTIVE, Status.INACTIVE]),
    BRAND: st.sampled_from(["花间", "A&B", "A&amp;B"]),
    MATERIAL: st.sampled_from(["凝胶", "甲片"]),
    ORIGIN: st.sampled_from(["杭州", "宁波"]),
}
SOME = st.sets(st.sampled_from([*VALUES]))


def kept(plan: RowPlan) -> RowPlan:
    """As it comes back from the database."""
    return read_again(PLAN.validate_json(PLAN.dump_json(plan, exclude_defaults=True)))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Mapping[Path, Cell], Baseline | None, Mapping[Path, Value]]:
    """A row's cells, what is remembered, and what the platform holds."""
    cells: dict[Path, Cell] = {path: draw(VALUES[path]) for path in sorted(draw(SOME))}
    if draw(st.booleans()) and BRAND in cells:
        cells[BRAND] = CLEAR
    last: dict[Path, Cell] = {path: draw(st.sampled_from([cells[path]]) | VALUES[path]) for path in sorted(cells)}
    for path in sorted(draw(SOME)):
        last.pop(path, None)
    remote = held({path: draw(value) for path, value in VALUES.items()})
    seen = {path: draw(st.sampled_from([remote[path]]) | VALUES[path]) for path in VALUES}
    baseline = replace(known(held(seen), last), pending=draw(st.booleans()))
    return cells, draw(st.sampled_from([baseline, baseline, None])), remote


@given(worlds(), st.integers(0, 3), st.sampled_from([Result.FAILED, Result.UNKNOWN, Result.SKIPPED]))
def test_state_remembers_the_same_of_a_row_that_was_taken_up(
    world: tuple[Mapping[Path, Cell], Baseline | None, Mapping[Path, Value]], worked: int, cut_short: Result
) -> None:
    cells, baseline, remote = world
    plan = plan_one(row(cells, item_id=ITEM), baseline, remote)
    done = plan.calls[:worked]
    result = Result.DONE if done == plan.calls else cut_short
    taken_up = kept(compact(plan, baseline))
    assert taken_up.calls == plan.calls
    assert remembered(taken_up, baseline, result, done) == remembered(plan, baseline, result, done)
    # What an interrupted run has kept, it keeps once more.
    assert kept(ended(taken_up)) == kept(ended(plan))


def undone(plan: RowPlan, calls: tuple[Call, ...], baseline: Baseline | None) -> RowPlan:
    now = plan.remote
    for call in calls:
        now = after(call, now)
    return undo_row(Done(1, plan, ITEM, calls, CODE, baseline), now, allow_delete=False)


@given(worlds())
@example(({PRICE: 2040}, known(held({PRICE: 2000}), {PRICE: 2000}), held({PRICE: 2000})))
@example(({BRAND: "花间"}, known(held({BRAND: "A&amp;B"}), {BRAND: "A&B"}), held({BRAND: "A&amp;B"})))
def test_an_undo_plans_the_same_of_a_row_that_ended(
    world: tuple[Mapping[Path, Cell], Baseline | None, Mapping[Path, Value]],
) -> None:
    cells, baseline, remote = world
    plan = plan_one(row(cells, item_id=ITEM), baseline, remote)
    whole = undone(plan, plan.calls, remembered(plan, baseline))
    small = undone(kept(ended(kept(compact(plan, baseline)))), plan.calls, remembered(plan, baseline))
    assert (small.changes, small.calls, small.problems) == (whole.changes, whole.calls, whole.problems)


def test_an_undo_puts_back_a_whole_price_that_was_changed_by_less_than_a_yuan() -> None:
    remote = held({PRICE: 2000})
    plan = plan_one(row({PRICE: 2040}, item_id=ITEM), known(remote, {PRICE: 2000}), remote)
    assert [change.after for change in undone(plan, plan.calls, remembered(plan, known(remote))).changes] == [2000]


def test_what_was_found_as_it_was_remembered_is_left_out() -> None:
    cells: dict[Path, Cell] = {TITLE: "猫眼美甲", PRICE: 9900, BRAND: "花间", MATERIAL: "凝胶"}
    remote = held({BRAND: "花间", MATERIAL: "凝胶"})
    last = known(remote, {**cells, PRICE: 12800})
    plan = plan_one(row(cells, item_id=ITEM, stamp=LAST_WEEK.replace(tzinfo=None)), last, remote)
    small = compact(plan, last)
    assert [decision.path for decision in small.decisions] == [PRICE]
    assert not {BRAND, MATERIAL, OUTER_ID} & {*small.remote}
    whole, lean = (len(PLAN.dump_json(one, exclude_defaults=True)) for one in (plan.kept(), small))
    assert lean < whole / 2
