"""Things that are packed come out as they went in, wherever one looks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import packed
from sync.call import Call, Op, Result
from sync.fields import INVENTORY, PRICE
from sync.item import CLEAR, Baseline, LastCell, Opaque, PriceWindow, Status
from sync.messages import Problem, say
from sync.packed import Packed
from sync.plan.plan import Action, Change, Decision, RowPlan, Verdict
from sync.remembered import Hold
from sync.state.journal import Ended
from sync.state.unchanged import UnchangedRow
from sync.values import Shown
from tests.plan.builders import row

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAST = LastCell(990, "weekly.xlsx", AT)
WINDOW = PriceWindow(500, AT, AT)
PLAN = RowPlan(
    row({PRICE: 990, "品牌": CLEAR}),
    Action.UPDATE,
    "7",
    (Change(PRICE, 990, 1990, Verdict.EDIT, "E2"),),
    (Call(Op.MODIFY, "7", {PRICE: 1990}), Call(Op.STATUS, "7", status=Status.ACTIVE)),
    (Problem("E2", say("guard.price", before=Shown(PRICE, 990))),),
    (Decision(PRICE, Verdict.EDIT, 1990, 990, LAST, 990), Decision("材质", Verdict.KNOWN, CLEAR, Opaque('{"a":1}'))),
    {PRICE: 990, "材质": Opaque('{"a":1}')},
    window=WINDOW,
)


def test_all_that_was_set_aside_comes_out_in_order() -> None:
    cells = {PRICE: LAST, INVENTORY: LastCell(3, "weekly.xlsx", AT)}
    known = Baseline("7", cells, {PRICE: 990}, hold=Hold(-2, 4, AT, unknown=True), window=WINDOW)
    rows = [Ended(n, Result.NONE, "", f"A-{n}", known, unchanged=UnchangedRow(n, f"A-{n}", "7")) for n in range(5)]
    packed: Packed[Ended] = Packed(few=0)
    packed.add(rows[:2])
    packed.add([])
    packed.add(rows[2:])
    assert [*packed] == rows
    assert [*packed] == rows


def test_a_planned_row_comes_out_as_it_went_in() -> None:
    plans = [PLAN, replace(PLAN, action=Action.NONE, changes=(), calls=())]
    kept = Packed(plans, few=0)
    assert [*kept] == plans
    assert kept[0] is not PLAN
    assert Packed(plans)[0] is PLAN


@given(st.lists(st.integers(), max_size=9), st.integers(0, 9), st.integers(1, 4), st.slices(9))
def test_they_are_a_sequence_whatever_is_packed(things: list[int], few: int, together: int, some: slice) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(packed, "TOGETHER", together)
        kept = Packed(things, few=few)
    assert (len(kept), [*kept]) == (len(things), things)
    assert kept == things
    assert [*kept[some]] == things[some]
    assert [kept[place] for place in range(-len(things), len(things))] == [*things, *things]
    with pytest.raises(IndexError):
        kept[len(things)]


@pytest.fixture
def searches() -> Iterator[list[str]]:
    """Each time that Python looks for garbage, which it does as often as it can; it looks again afterwards."""
    found: list[str] = []

    def note(phase: str, _: object) -> None:
        found.append(phase)

    before = gc.get_threshold()
    gc.callbacks.append(note)
    gc.set_threshold(1)
    yield found
    gc.set_threshold(*before)
    gc.callbacks.remove(note)
    gc.enable()


def test_no_garbage_is_looked_for_while_things_are_unpacked(searches: list[str]) -> None:
    part = packed.packed([[number] for number in range(99)])
    for prepare in (gc.enable, gc.disable):
        prepare()
        looked, before = gc.isenabled(), len(searches)
        things: list[list[int]] = packed.unpacked(part)
        assert len(searches) - before <= 2
        assert len(things) == 99
        assert gc.isenabled() == looked
