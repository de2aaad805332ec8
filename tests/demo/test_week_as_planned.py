"""The samples as the tool itself sees them: the sheets read, the week planned. No call leaves here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from sync import fields
from sync.demo.shop import shop_documents
from sync.demo.week import WEEK_EVENTS, Sale
from sync.demo.workbook import write_last_week, write_this_week
from sync.item import SHOP_TIME, Baseline, Item, LastCell, Row, Status
from sync.messages import Level
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Action, Plan, Verdict
from sync.plan.resolve import ids_to_read, resolve
from sync.sheet.read import Sheet, read_sheet
from sync.values import flatten

SHEET = "weekly.xlsx"
LAST_SYNC = datetime(2026, 11, 14, 18, 0, tzinfo=SHOP_TIME)

Shop = Mapping[str, Item]
"""Code → what the platform holds."""


@pytest.fixture
def last_week(tmp_path: Path) -> Sheet:
    write_last_week(tmp_path / SHEET)
    return read_sheet(tmp_path / SHEET)


@pytest.fixture
def this_week(tmp_path: Path) -> Sheet:
    write_this_week(tmp_path / SHEET)
    return read_sheet(tmp_path / SHEET)


def shop_before() -> Shop:
    """The shop as the gateway reads it, its numbers exact."""
    documents = json.loads(json.dumps(shop_documents()), parse_float=Decimal)
    return {document["_sys"]["outerId"]: flatten(document) for document in documents}


def shop_after() -> Shop:
    """The shop after the week's events, by the platform's rules."""
    shop = {code: dict(item) for code, item in shop_before().items()}
    for event in WEEK_EVENTS:
        item = shop[event.code]
        if isinstance(event, Sale):
            stock = item[fields.INVENTORY]
            assert isinstance(stock, int)
            assert stock >= event.units, event
            item[fields.INVENTORY] = stock - event.units
            if stock == event.units:
                item[fields.STATUS] = Status.INACTIVE
        else:
            item[event.path] = event.value
    return shop


def remembered(rows: Sequence[Row], shop: Shop) -> Memory:
    return Memory(
        {
            row.outer_id: Baseline(
                row.item_id,
                {path: LastCell(cell, SHEET, LAST_SYNC) for path, cell in row.cells.items()},
                shop[row.outer_id],
            )
            for row in rows
        }
    )


def plan_of(rows: Sequence[Row], memory: Memory, shop: Shop) -> Plan:
    options = Options(SHEET)
    held = {str(item[fields.ITEM_ID]): FoundItem(item) for item in shop.values()}
    meant = resolve(rows, memory, options)
    return build(meant, {item_id: held[item_id] for item_id in ids_to_read(meant)}, options)


def test_last_weeks_sheet_asks_for_nothing(last_week: Sheet) -> None:
    assert not [problem for row in last_week.rows for problem in row.problems]
    plan = plan_of(last_week.rows, Memory(), shop_before())
    assert {row.action for row in plan.rows} == {Action.NONE}
    assert {decision.verdict for row in plan.rows for decision in row.decisions} == {Verdict.IN_SYNC}


def test_this_weeks_four_invalid_rows_fall_into_four_traps(last_week: Sheet, this_week: Sheet) -> None:
    assert len(this_week.rows) == 50
    plan = plan_of(this_week.rows, remembered(last_week.rows, shop_before()), shop_after())
    invalid = [row for row in plan.rows if row.action is Action.INVALID]
    assert {one.cell: one.code for row in invalid for one in row.problems if one.level is Level.ERROR} == {
        "F31": "price.decimals",
        "H37": "change.with_count",
        "E51": "category.unknown",
        "A52": "code.digits_lost",
    }


def test_the_week_trips_no_guard_and_has_a_row_of_every_kind(last_week: Sheet, this_week: Sheet) -> None:
    plan = plan_of(this_week.rows, remembered(last_week.rows, shop_before()), shop_after())
    assert plan.guards == ()
    assert Counter(row.action for row in plan.rows) == {
        Action.PUBLISH: 7,
        Action.UPDATE: 26,
        Action.DELETE: 1,
        Action.NONE: 12,
        Action.INVALID: 4,
    }


@pytest.mark.parametrize(
    ("verdict", "rows"),
    [
        (Verdict.CONFLICT, {"00103": fields.PRICE}),
        (Verdict.DRIFT, {"JM-001": fields.PRICE}),
        (Verdict.STOCK_DRIFT, {"KF-002": fields.INVENTORY, "SG-004": fields.INVENTORY, "TP-002": fields.INVENTORY}),
        (Verdict.SOLD_OUT, {"TP-002": fields.STATUS, "CW-005": fields.STATUS}),
    ],
    ids=["conflict", "drift", "stock drift", "sold out"],
)
def test_what_happened_on_the_platform_is_seen(
    verdict: Verdict, rows: Mapping[str, str], last_week: Sheet, this_week: Sheet
) -> None:
    plan = plan_of(this_week.rows, remembered(last_week.rows, shop_before()), shop_after())
    seen = {row.row.outer_id: d.path for row in plan.rows for d in row.decisions if d.verdict is verdict}
    assert seen == rows
