"""What a new item gets where its row says nothing; an item that is there gets none of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.call import Op
from sync.fields import PRICE
from sync.item import CLEAR, Cell, Item
from sync.plan.options import Choices
from sync.plan.plan import Action
from tests.plan.builders import BRAND, ITEM, NOW, OPTIONS, SHEET, ended, held, known, new_row, plan_one, row

MARKET = "_sys@market"
DEFAULTS: Item = {MARKET: "life", BRAND: "OPI"}
WITH_DEFAULTS = replace(OPTIONS, publish=DEFAULTS)


def published(cells: dict[str, Cell]) -> Item:
    plan = plan_one(new_row(cells), options=WITH_DEFAULTS)
    shown = {change.path: change.after for change in plan.changes if change.before is None}
    values = next(call.values for call in plan.calls if call.op is Op.PUBLISH)
    # What is published was shown, but for what the platform fills in.
    assert {path: value for path, value in values.items() if path in shown} == shown
    return {path: values[path] for path in (MARKET, BRAND) if path in values}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({}, DEFAULTS),
        ({BRAND: "Essie"}, {MARKET: "life", BRAND: "Essie"}),
        ({BRAND: CLEAR}, {MARKET: "life"}),
        ({MARKET: "b2c", BRAND: CLEAR}, {MARKET: "b2c"}),
    ],
    ids=["nothing said", "the row's own", "cleared", "both"],
)
def test_the_row_goes_before_the_default(cells: dict[str, Cell], expected: Item) -> None:
    assert published(cells) == expected


def test_an_item_that_is_there_gets_none() -> None:
    plan = plan_one(row({PRICE: 9900}, item_id=ITEM), known(), held(), options=WITH_DEFAULTS)
    assert plan == plan_one(row({PRICE: 9900}, item_id=ITEM), known(), held())


def test_an_item_that_is_published_again_is_a_new_one() -> None:
    plan = plan_one(new_row(), known(), None, options=replace(WITH_DEFAULTS, choices=Choices(republish=True)))
    assert plan.action is Action.PUBLISH
    assert {MARKET, BRAND} <= {change.path for change in plan.changes}


def test_a_default_is_remembered_as_seen_and_not_as_typed() -> None:
    """So that a person's own first word on that field is an edit, whatever the settings said by then."""
    plan = plan_one(new_row({MARKET: "b2c"}), options=WITH_DEFAULTS)
    memory = ended(plan)
    assert memory.remote[BRAND] == "OPI" and BRAND not in memory.cells
    assert (memory.cells[MARKET].value, memory.cells[MARKET].file, memory.cells[MARKET].at) == ("b2c", SHEET, NOW)
    next_week = plan_one(new_row(), memory, held({**DEFAULTS, MARKET: "b2c"}), options=WITH_DEFAULTS)
    assert next_week.action is Action.NONE
    edited = plan_one(new_row({BRAND: "Essie"}), memory, held({**DEFAULTS, MARKET: "b2c"}), options=WITH_DEFAULTS)
    assert [(change.path, change.kind.value) for change in edited.changes] == [(BRAND, "edit")]
