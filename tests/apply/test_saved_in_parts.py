"""A saved plan does the same, whether today's rows are planned at once or some after others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import Refusal
from sync.item import Baseline
from sync.plan.by_row import ByRow
from sync.plan.document import plan_document
from sync.plan.identity import Memory
from sync.plan.options import Choices, Options
from sync.plan.saved_plan import PlanSource, Saved, as_shown
from tests.apply.test_prepare import MAYBE_MOVED, SOME_IDS, ReadOnlyChannel, planned, two_at_a_time
from tests.plan.builders import SHEET, held
from tests.plan.test_as_remembered import OPTIONS, memories, sheets
from tests.plan.test_document import spell


@settings(max_examples=30)
@given(st.data(), memories(), OPTIONS)
def test_a_saved_plan_is_carried_out_alike_in_parts(
    data: st.DataObject, baselines: Mapping[str, Baseline], options: Options
) -> None:
    memory, items = Memory(baselines), {}
    known_items = {one.item_id: one.remote for one in baselines.values() if one.item_id}
    for item_id in data.draw(SOME_IDS):
        now = {**known_items.get(item_id, held()), **data.draw(MAYBE_MOVED)}
        items[item_id] = {path: value for path, value in now.items() if value is not None}
    earlier, sheet = data.draw(sheets(baselines)), data.draw(sheets(baselines))
    shown, _ = planned(earlier, memory, ReadOnlyChannel(items), replace(options, sheet=earlier))
    saved = Saved(PlanSource("shop", "", SHEET), Choices(), tuple(one for one in shown.carried_out if one.calls), "")
    with two_at_a_time():
        parts, _ = planned(sheet, memory, ReadOnlyChannel(items), replace(options, sheet=sheet))
        whole = replace(parts, rows=tuple(parts.rows), parts=tuple(parts.parts))
        if saved.rows and not {one.row.key for one in saved.rows} & {one.row.key for one in whole.carried_out}:
            with pytest.raises(Refusal):
                as_shown(saved, parts, options.limits)
            return
        ours, theirs = (as_shown(saved, today, options.limits) for today in (parts, whole))
        assert plan_document(ours, spell, "zh") == plan_document(theirs, spell, "zh")
        assert (ours.guards, tuple(ours.rest)) == (theirs.guards, tuple(theirs.rest))
        assert tuple(ours.carried_out) == tuple(theirs.carried_out)
        assert ByRow.of(ours.carried_out).idle_rows <= ByRow.of(parts.carried_out).idle_rows
