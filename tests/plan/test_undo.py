"""A row that was carried out → the row that reverses it."""

from __future__ import annotations

from sync.fields import INVENTORY, PRICE
from sync.item import Opaque
from sync.plan.plan import Action
from sync.plan.undo import Done, undo_row
from tests.plan.builders import ITEM, codes, held, known, plan_one, row


def test_a_stock_that_is_no_number_by_now_is_left_and_told() -> None:
    plan = plan_one(row({INVENTORY: 15, PRICE: 9900}), known(), held())
    done = Done(1, plan, ITEM, plan.calls, plan.row.outer_id)
    undone = undo_row(done, held({INVENTORY: Opaque('"many"'), PRICE: 9900}), allow_delete=False)
    assert (undone.action, codes(undone)) == (Action.UPDATE, ["stock.unreadable"])
    assert [change.path for change in undone.changes] == [PRICE]
