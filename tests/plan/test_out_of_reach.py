"""What a channel can't change is held back, and said so; the rest of the row goes on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.abilities import OPEN, SHOP
from sync.call import Op
from sync.fields import CATEGORY, INVENTORY, OFF_SALE, OUTER_ID, PRICE, STATUS, TITLE, VIOLATION
from sync.item import Cell, Path, Status, Value, opaque
from sync.plan.identity import LookedUp, Memory, look_up
from sync.plan.options import Choices
from sync.plan.out_of_reach import as_able
from sync.plan.plan import Action, Verdict
from tests.plan.builders import (
    BRAND,
    CODE,
    ITEM,
    OPTIONS,
    codes,
    ended,
    held,
    known,
    modify,
    new_row,
    off,
    on,
    plan_one,
    row,
    stock,
)

IN_SHOP = replace(OPTIONS, abilities=SHOP)
LISTED = held({CATEGORY: None})
"""A listing has no category of ours."""
NO_CELLS: dict[Path, Cell] = {}


@pytest.mark.parametrize(
    ("cells", "change", "listed", "calls"),
    [
        ({STATUS: Status.INACTIVE}, None, {}, [off()]),
        ({STATUS: Status.ACTIVE}, None, {STATUS: Status.INACTIVE}, [on()]),
        (
            {INVENTORY: 4, STATUS: Status.ACTIVE},
            None,
            {STATUS: Status.INACTIVE},
            [stock(-6, 4), on(count=4)],
        ),
        ({STATUS: Status.ACTIVE}, 5, {STATUS: Status.INACTIVE}, [stock(5), on(count=15)]),
        ({INVENTORY: 0, STATUS: Status.ACTIVE}, None, {}, [stock(-10, 0)]),
        ({PRICE: 12800, TITLE: "猫眼美甲"}, None, {}, []),
    ],
    ids=["down", "up", "up with a count", "up with a move", "sold out", "as it is"],
)
def test_what_can_be_done_is_done(
    cells: dict[Path, Cell], change: int | None, listed: dict[Path, Value | None], calls: list[object]
) -> None:
    plan = plan_one(row(cells, item_id=ITEM, change=change), None, {**LISTED, **held(listed)}, IN_SHOP)
    assert [*plan.calls] == calls


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({BRAND: "青禾"}, ["shop.no_edit"]),
        ({"_sys@market": "life"}, ["shop.no_edit"]),
        ({STATUS: Status.DELETED}, ["shop.no_delete"]),
    ],
    ids=["custom", "system", "delete"],
)
def test_a_row_that_asks_only_for_what_cannot_be_done_is_held_back(cells: dict[Path, Cell], told: list[str]) -> None:
    plan = plan_one(row(cells, item_id=ITEM), None, LISTED, IN_SHOP)
    assert (plan.action, plan.calls, plan.changes, codes(plan)) == (Action.BLOCKED, (), (), told)
    assert all(problem.cell for problem in plan.problems)


def test_the_rest_of_a_row_goes_on_and_the_held_path_is_asked_again() -> None:
    one = row({BRAND: "青禾", PRICE: 100, STATUS: Status.INACTIVE}, item_id=ITEM)
    plan = plan_one(one, None, LISTED, IN_SHOP)
    assert (plan.action, codes(plan)) == (Action.UPDATE, ["shop.no_edit"])
    assert [change.path for change in plan.changes] == [PRICE, STATUS]
    assert plan.calls == (off(), modify({PRICE: 100}))
    after = ended(plan)
    assert after.pending and BRAND not in after.cells
    again = plan_one(one, after, {**LISTED, PRICE: 100, STATUS: Status.INACTIVE}, IN_SHOP)
    assert (again.action, codes(again)) == (Action.BLOCKED, ["shop.no_edit"])


def test_what_the_platform_changed_out_of_reach_is_told_once_and_holds_nothing() -> None:
    one = row({BRAND: "青禾", STATUS: Status.INACTIVE}, item_id=ITEM)
    before = known({**LISTED, BRAND: "青禾"}, {BRAND: "青禾", STATUS: Status.ACTIVE})
    plan = plan_one(one, before, {**LISTED, BRAND: "另"}, IN_SHOP)
    assert (plan.calls, codes(plan), plan.drifted) == ((off(),), ["shop.drift"], True)
    again = plan_one(one, ended(plan, before), {**LISTED, BRAND: "另", STATUS: Status.INACTIVE}, IN_SHOP)
    assert (again.action, codes(again)) == (Action.NONE, [])


def test_what_was_taken_off_for_a_violation_is_not_put_up() -> None:
    item = {**LISTED, STATUS: Status.INACTIVE, OFF_SALE: VIOLATION}
    plan = plan_one(row({STATUS: Status.ACTIVE, TITLE: "新"}, item_id=ITEM), None, item, IN_SHOP)
    assert (plan.calls, codes(plan)) == ((modify({TITLE: "新"}),), ["shop.violation"])


def test_a_category_is_only_for_rules_and_told_once() -> None:
    one = row({CATEGORY: ("丽人", "美甲")}, item_id=ITEM)
    plan = plan_one(one, None, LISTED, IN_SHOP)
    assert (plan.action, codes(plan)) == (Action.NONE, ["shop.category"])
    assert codes(plan_one(one, ended(plan), LISTED, IN_SHOP)) == []


def test_a_code_the_item_lacks_is_not_written_and_another_one_holds_the_row() -> None:
    one = row({STATUS: Status.INACTIVE}, item_id=ITEM)
    assert plan_one(one, None, held({OUTER_ID: None, CATEGORY: None}), IN_SHOP).calls == (off(),)
    renaming = replace(IN_SHOP, choices=Choices(rekey=True))
    plan = plan_one(one, None, {**LISTED, OUTER_ID: "OTHER"}, renaming)
    assert (plan.calls, codes(plan)) == ((off(),), ["shop.no_edit"])


@pytest.mark.parametrize("count", [opaque("viele"), None, -1], ids=str)
def test_what_goes_up_needs_a_stock_to_state(count: Value | None) -> None:
    item = held({CATEGORY: None, STATUS: Status.INACTIVE, INVENTORY: count})
    plan = plan_one(row({STATUS: Status.ACTIVE}, item_id=ITEM), None, item, IN_SHOP)
    assert (plan.action, codes(plan)) == (Action.BLOCKED, ["stock.unreadable"])


def test_nothing_is_published_whatever_the_row_lacks() -> None:
    for one in (new_row(), row(NO_CELLS), row({STATUS: Status.INACTIVE}, change=3)):
        plan = plan_one(one, None, None, IN_SHOP)
        assert (plan.action, codes(plan)) == (Action.BLOCKED, ["shop.no_publish"])


@pytest.mark.parametrize("baseline", [None, known(LISTED)], ids=["unknown", "known"])
def test_an_item_that_is_gone_is_not_promised_to_be_published(baseline: None) -> None:
    plan = plan_one(row(NO_CELLS, item_id=ITEM), baseline, None, IN_SHOP)
    assert (plan.action, codes(plan)) == (Action.BLOCKED, ["shop.not_found"])


@pytest.mark.parametrize("item_id", [ITEM, None], ids=["by id", "by code"])
def test_an_item_that_was_gone_once_may_be_back(item_id: str | None) -> None:
    """Nothing was deleted from here, and `--republish` could bring nothing back."""
    gone = replace(known(LISTED), deleted=True)
    off = row({STATUS: Status.INACTIVE}, item_id=item_id)
    assert plan_one(off, gone, LISTED, IN_SHOP).action is Action.UPDATE
    assert codes(plan_one(off, gone, None, IN_SHOP)) == ["shop.not_found"]
    assert codes(plan_one(off, gone, None)) == ["item.deleted"]


@pytest.mark.parametrize(
    ("found", "item_id", "told"),
    [
        (LookedUp(), None, None),
        (LookedUp(("7",)), "7", None),
        (LookedUp(("7", "8")), None, "id.several"),
        (LookedUp((ITEM,)), ITEM, "id.other_code"),
    ],
    ids=["none", "one", "several", "another code's"],
)
def test_a_code_is_looked_up(found: LookedUp, item_id: str | None, told: str | None) -> None:
    identity = look_up(row(NO_CELLS, code="NEW"), found, Memory({CODE: known()}), OPTIONS)
    assert (identity.item_id, identity.problem and identity.problem.code) == (item_id, told)


CELLS = st.fixed_dictionaries(
    {},
    optional={
        STATUS: st.sampled_from([Status.ACTIVE, Status.INACTIVE, Status.DELETED]),
        INVENTORY: st.integers(0, 20),
        PRICE: st.sampled_from([12800, 100]),
        TITLE: st.sampled_from(["猫眼美甲", "新"]),
        CATEGORY: st.just(("丽人", "美甲")),
        BRAND: st.text("ab", min_size=1, max_size=2),
    },
)
HELD = st.fixed_dictionaries(
    {STATUS: st.sampled_from([Status.ACTIVE, Status.INACTIVE]), INVENTORY: st.integers(0, 20)}
)


@given(CELLS, HELD, st.booleans())
def test_no_call_is_planned_that_the_channel_cannot_make(
    cells: dict[Path, Cell], keys: dict[Path, Value], synced: bool
) -> None:
    baseline = known({**LISTED, **keys}, {PRICE: 12800, TITLE: "猫眼美甲"}) if synced else None
    plan = plan_one(row(cells, item_id=ITEM), baseline, {**LISTED, **keys}, IN_SHOP)
    for call in plan.calls:
        assert call.op is not Op.PUBLISH and call.status is not Status.DELETED
        assert {*call.values} <= {PRICE, TITLE} and not call.remove
        if call.op is Op.STATUS and call.status is Status.ACTIVE:
            assert call.count is not None and call.count > 0
    assert bool(plan.calls) is (plan.action is Action.UPDATE)


@given(CELLS, HELD)
def test_the_open_channel_is_as_it_was(cells: dict[Path, Cell], keys: dict[Path, Value]) -> None:
    plan = plan_one(row(cells, item_id=ITEM), None, held(keys))
    assert as_able(plan, OPEN) == plan
    assert all(decision.verdict is not Verdict.OUT_OF_REACH for decision in plan.decisions)
