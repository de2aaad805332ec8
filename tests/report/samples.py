"""A week's plan with one row of each kind, and how its run ended, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.call import Call, CallRecord, Op, Outcome, Result, RowResult
from sync.fields import CATEGORY, INVENTORY, PRICE, STATUS, TITLE, Name, path_names
from sync.item import SHOP_TIME, Cell, Item, Opaque, Path, Row, Status
from sync.messages import Level, Problem, say
from sync.plan.plan import Action, Change, Decision, Guard, Plan, RowPlan, Verdict

MADE_AT = datetime(2026, 11, 21, 9, 30, tzinfo=SHOP_TIME)
SHEET = "weekly.xlsx"

SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://example.com","价格")'


def row(number: int, code: str, cells: Mapping[Path, Cell], problems: tuple[Problem, ...] = ()) -> Row:
    return Row(number, code, None, cells, dict.fromkeys(cells, f"E{number}"), problems=problems)


def remote(title: str, price: int = 1990, stock: int = 12, **custom: str) -> Item:
    return {TITLE: title, PRICE: price, INVENTORY: stock, STATUS: Status.ACTIVE, **custom}


PUBLISH = RowPlan(
    row(
        3,
        "NAIL-101",
        {TITLE: "秋冬新款 猫眼美甲套餐 含卸甲", CATEGORY: ("丽人", "美甲"), PRICE: 12800, INVENTORY: 40},
    ),
    Action.PUBLISH,
    changes=(
        Change(TITLE, None, "秋冬新款 猫眼美甲套餐 含卸甲", Verdict.EDIT, "C3", first_contact=True),
        Change(CATEGORY, None, ("丽人", "美甲"), Verdict.EDIT, "D3", first_contact=True),
        Change(PRICE, None, 12800, Verdict.EDIT, "E3", first_contact=True),
        Change(INVENTORY, None, 40, Verdict.EDIT, "F3", first_contact=True),
    ),
    calls=(Call(Op.GENERATE), Call(Op.PUBLISH)),
    problems=(Problem(None, say("publish.fills_status"), Level.NOTE),),
)
EDIT = RowPlan(
    row(4, "HAIR-007", {TITLE: "[red]洗剪吹 Wash & Cut", PRICE: 2190, "品牌": "<clear>"}),
    Action.UPDATE,
    "600000000004",
    changes=(
        Change(TITLE, "洗剪吹", "[red]洗剪吹 Wash & Cut", Verdict.EDIT, "C4"),
        Change(PRICE, 1990, 2190, Verdict.EDIT, "E4"),
        Change("品牌", "沙宣", None, Verdict.EDIT, "H4"),
    ),
    calls=(Call(Op.MODIFY, "600000000004"),),
    remote=remote("洗剪吹", 品牌="沙宣"),
)
DRIFT = RowPlan(
    row(5, "SPA-012", {PRICE: 29900}),
    Action.UPDATE,
    "600000000005",
    changes=(Change(PRICE, 25900, 29900, Verdict.DRIFT, "E5"),),
    calls=(Call(Op.MODIFY, "600000000005"),),
    problems=(
        Problem(
            "E5",
            say(
                "drift.overridden",
                field=Name(PRICE),
                before="¥299.00",
                now="¥259.00",
                file=SHEET,
                at="2026-11-14 10:00",
            ),
            Level.NOTE,
        ),
    ),
    remote=remote("肩颈精油 SPA 60 分钟 " + SCRIPT, 25900),
    drifted=True,
)
CONFLICT = RowPlan(
    row(6, "FACE-003", {STATUS: Status.INACTIVE, INVENTORY: 5}),
    Action.UPDATE,
    "600000000006",
    changes=(
        Change(STATUS, Status.ACTIVE, Status.INACTIVE, Verdict.EDIT, "G6"),
        Change(INVENTORY, 30, 5, Verdict.CONFLICT, "F6"),
    ),
    calls=(Call(Op.STATUS, "600000000006"), Call(Op.STOCK, "600000000006", by=-25, count=5)),
    decisions=(Decision(INVENTORY, Verdict.CONFLICT, 5, 30, None, 20, "F6"),),
    remote=remote(FORMULA, stock=30),
)
SOLD = RowPlan(
    row(7, "NAIL-002", {INVENTORY: 20}),
    Action.NONE,
    "600000000007",
    problems=(Problem("F7", say("stock.presumably_sold", before=20, now=17, sold=3), Level.NOTE),),
    remote=remote("法式美甲", stock=17),
    drifted=True,
)
DELETE = RowPlan(
    row(8, "OLD-900", {STATUS: Status.DELETED}),
    Action.DELETE,
    "600000000008",
    changes=(Change(STATUS, Status.ACTIVE, Status.DELETED, Verdict.EDIT, "G8"),),
    calls=(Call(Op.STATUS, "600000000008", status=Status.DELETED),),
    remote=remote("去年的圣诞套餐（已停售，请删除）"),
)
INVALID = RowPlan(
    row(9, "HAIR-044", {TITLE: "烫发"}, (Problem("E9", say("publish.missing", fields=path_names((PRICE,)))),)),
    Action.INVALID,
    problems=(
        Problem("A9", say("publish.fills_stock"), Level.WARNING),
        Problem("E9", say("publish.missing", fields=path_names((PRICE,)))),
    ),
)
BLOCKED = RowPlan(
    row(10, "SPA-020", {TITLE: "足疗 90 分钟"}),
    Action.BLOCKED,
    "600000000010",
    problems=(Problem("J10", say("hold.applied", by="+5", at="2026-11-14 10:00"), Level.WARNING),),
    remote=remote("足疗"),
)
NONE = RowPlan(
    row(11, "SAME-001", {PRICE: 1990}),
    Action.NONE,
    "600000000011",
    remote={**remote("水光针"), "规格": Opaque('{"a": 1}')},
)

WEEK = Plan(
    (PUBLISH, EDIT, DRIFT, CONFLICT, SOLD, DELETE, INVALID, BLOCKED, NONE),
    (Guard("takedown", say("guard.takedown", off=6, live=12)), Guard("price", say("guard.takedown", off=1, live=2))),
    reads=8,
)

RESULTS = (
    RowResult(3, "NAIL-101", Result.DONE, item_id="600000000003"),
    RowResult(
        4,
        "HAIR-007",
        Result.FAILED,
        (Problem(None, say("publish.fills_stock")),),
        calls=(
            CallRecord("taobao.open.item.modify", {"item_id": "600000000004"}, Outcome.FAILED, "16bl2a", "isv.bad"),
        ),
    ),
    RowResult(5, "SPA-012", Result.DONE, DRIFT.problems),
    RowResult(6, "FACE-003", Result.UNKNOWN, (Problem(None, say("publish.fills_status")),)),
    RowResult(7, "NAIL-002", Result.NONE, SOLD.problems),
    RowResult(8, "OLD-900", Result.SKIPPED),
    RowResult(9, "HAIR-044", Result.INVALID, INVALID.problems),
    RowResult(10, "SPA-020", Result.BLOCKED, BLOCKED.problems),
    RowResult(11, "SAME-001", Result.NONE),
)
