"""What a call that worked leaves behind, by the platform's rules (docs/explanation/platform.md#open-items)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sync.call import Call, Op
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Item, Path, Status
from sync.plan.effect import after, stock_after, touched
from tests.plan.builders import BRAND, ITEM, held, modify, off, on, stock

DELETE = Call(Op.STATUS, ITEM, status=Status.DELETED)
SOLD_OUT = {INVENTORY: 0, STATUS: Status.INACTIVE}

EFFECTS: Mapping[str, tuple[Call, Item, Item, set[Path]]] = {
    "publish fills in stock 1 and active": (
        Call(Op.PUBLISH, values={TITLE: "新"}), {}, {TITLE: "新", INVENTORY: 1, STATUS: Status.ACTIVE},
        {TITLE, INVENTORY, STATUS},
    ),
    "publish keeps a stock that was given": (
        Call(Op.PUBLISH, values={INVENTORY: 5}), {}, {INVENTORY: 5, STATUS: Status.ACTIVE}, {INVENTORY, STATUS},
    ),
    "modify sets and removes what it names, and nothing else": (
        modify({PRICE: 9900}, (BRAND,)), held({BRAND: "CND"}), held({PRICE: 9900}), {PRICE, BRAND},
    ),
    "status off": (off(), held(), held({STATUS: Status.INACTIVE}), {STATUS}),
    "status on": (on(), held({STATUS: Status.INACTIVE}), held(), {STATUS}),
    "deleted": (DELETE, held(), held({STATUS: Status.DELETED}), {STATUS}),
    "stock moved": (stock(5), held(), held({INVENTORY: 15}), {INVENTORY}),
    "stock set: the count stands": (stock(5, 12), held(), held({INVENTORY: 12}), {INVENTORY}),
    "stock moved on an item without any": (stock(5), held({INVENTORY: None}), held({INVENTORY: 5}), {INVENTORY}),
    "moved to 0: the item turns inactive": (stock(-10), held(), held(SOLD_OUT), {INVENTORY}),
    "set to 0: the item turns inactive": (stock(-10, 0), held(), held(SOLD_OUT), {INVENTORY}),
    "raised from 0: it isn't known to turn active": (
        stock(3), held(SOLD_OUT), held({**SOLD_OUT, INVENTORY: 3}), {INVENTORY},
    ),
    "a look changes nothing": (Call(Op.LOOK, ITEM), held(), held(), set()),
    "an id alone changes nothing": (Call(Op.GENERATE), {}, {}, set()),
}  # fmt: skip


@pytest.mark.parametrize(("call", "before", "then", "paths"), EFFECTS.values(), ids=EFFECTS)
def test_an_effect(call: Call, before: Item, then: Item, paths: set[Path]) -> None:
    kept = dict(before)
    assert after(call, before) == then
    assert touched(call) == paths
    assert before == kept, "what was there is not written into"
    if call.op is Op.STOCK:
        assert stock_after(call, before) == then[INVENTORY]
