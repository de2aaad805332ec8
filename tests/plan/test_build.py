"""Rows, memory and what the platform holds → the plan."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from sync.fields import CATEGORY, INVENTORY, PRICE, STATUS, TITLE
from sync.item import CLEAR, Cell, Opaque, Path, Row, Status
from sync.messages import Level, Problem, say
from sync.plan.identity import Memory
from sync.plan.options import Choices, Options
from sync.plan.plan import Action
from sync.plan.resolve import ids_to_read, resolve
from sync.remembered import Hold
from tests.plan.builders import (
    BRAND,
    CODE,
    ITEM,
    LAST_WEEK,
    OPTIONS,
    SHEET,
    codes,
    held,
    known,
    new_row,
    plan_all,
    plan_one,
    row,
    stock,
)

NOT_IN_TABLE = Problem(
    "D2", say("category.unknown", shown="服装>女装", offer=say("category.none_near")), Level.WARNING
)
CLOTHES = ("服装", "女装")


# --- invalid rows ---------------------------------------------------------------------------------------------


def test_an_invalid_row_is_reported_with_all_its_problems_and_nothing_else() -> None:
    wrong = (
        Problem("E2", say("price.not_number", shown="x")),
        Problem("A2", say("code.number", shown="7"), Level.WARNING),
    )
    plan = plan_one(row({PRICE: 9900}, item_id=ITEM, problems=wrong), known(), held())
    assert (plan.action, plan.problems, plan.changes, plan.calls) == (Action.INVALID, wrong, (), ())


def test_a_warning_does_not_stop_a_row() -> None:
    warned = (Problem("A2", say("code.number", shown="7"), Level.WARNING),)
    plan = plan_one(row({PRICE: 9900}, problems=warned), known(), held())
    assert (plan.action, plan.problems) == (Action.UPDATE, warned)


def test_invalid_rows_never_stop_the_valid_ones() -> None:
    wrong = row({}, code="W", number=3, problems=(Problem("E3", say("price.not_number", shown="x")),))
    plan = plan_all((wrong, row({PRICE: 9900})), {CODE: known()}, {ITEM: held()})
    assert [one.action for one in plan.rows] == [Action.INVALID, Action.UPDATE]


# --- new rows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "cell"), [(TITLE, "C2"), (CATEGORY, "D2"), (PRICE, "E2")])
def test_a_new_row_needs_title_category_and_price(path: Path, cell: str) -> None:
    complete = new_row()
    lacking = replace(complete, cells={p: value for p, value in complete.cells.items() if p != path})
    plan = plan_one(lacking)
    assert (plan.action, plan.calls, plan.changes) == (Action.INVALID, (), ())
    (problem,) = plan.problems
    assert (problem.code, problem.level) == ("publish.missing", Level.ERROR)
    assert problem.cell == complete.addresses.get(path) == cell


def test_a_new_row_names_everything_that_is_missing_at_once() -> None:
    plan = plan_one(row({}))
    (problem,) = plan.problems
    assert problem.code == "publish.missing"
    assert "还缺标题、类目、价格。" in problem.message.words("zh")


def test_what_the_platform_fills_in_is_told_as_such() -> None:
    plan = plan_one(new_row())
    assert codes(plan) == ["publish.fills_stock", "publish.fills_status"]
    assert all(problem.level is Level.NOTE for problem in plan.problems)


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({INVENTORY: 3}, ["publish.fills_status"]),
        ({STATUS: Status.ACTIVE}, ["publish.fills_stock"]),
        ({INVENTORY: 3, STATUS: Status.ACTIVE}, []),
        ({INVENTORY: 0, STATUS: Status.ACTIVE}, ["publish.sold_out"]),
        ({INVENTORY: 0, STATUS: Status.INACTIVE}, []),
    ],
    ids=["stock", "status", "both", "sold out", "inactive without stock"],
)
def test_a_new_row_is_told_only_of_what_it_leaves_open(cells: dict[Path, Cell], told: list[str]) -> None:
    assert codes(plan_one(new_row(cells))) == told


def test_a_new_rows_changes_are_its_cells() -> None:
    plan = plan_one(new_row({BRAND: CLEAR, INVENTORY: 3}))
    assert [(change.path, change.before, change.after) for change in plan.changes] == [
        (path, None, cell) for path, cell in plan.row.cells.items() if path != BRAND
    ]


def test_a_stock_change_on_a_new_row_is_an_error_that_names_the_cell() -> None:
    plan = plan_one(replace(new_row(), stock_change=5))
    assert (plan.action, codes(plan), plan.problems[0].cell) == (Action.INVALID, ["stock.change_on_new"], "G2")


# --- a category outside the table: an error, unless the item has it already -----------------------------------


def test_a_category_outside_the_table_is_an_error_for_a_new_item() -> None:
    plan = plan_one(replace(new_row({CATEGORY: CLOTHES}), problems=(NOT_IN_TABLE,)))
    assert plan.action is Action.INVALID
    assert [(p.code, p.level) for p in plan.problems] == [("category.unknown", Level.ERROR)]


def test_a_category_outside_the_table_is_an_error_where_it_would_change() -> None:
    plan = plan_one(row({CATEGORY: CLOTHES, PRICE: 9900}, problems=(NOT_IN_TABLE,)), known(), held())
    assert (plan.action, plan.calls) == (Action.INVALID, ())
    assert [(p.code, p.level) for p in plan.problems] == [("category.unknown", Level.ERROR)]


def test_a_category_outside_the_table_is_excused_when_the_item_has_it() -> None:
    remote = held({CATEGORY: CLOTHES})
    plan = plan_one(row({CATEGORY: CLOTHES, PRICE: 9900}, problems=(NOT_IN_TABLE,)), known(remote), remote)
    assert (plan.action, codes(plan)) == (Action.UPDATE, [])


def test_a_category_does_not_matter_to_a_deletion() -> None:
    plan = plan_one(row({CATEGORY: CLOTHES, STATUS: Status.DELETED}, problems=(NOT_IN_TABLE,)), known(), held())
    assert (plan.action, codes(plan)) == (Action.DELETE, [])


# --- a 库存增减 that must not happen twice (docs/reference/outcomes.md#inventory-changes-are-made-once)
# -------------------------------------------------

APPLIED = Hold(5, 7, LAST_WEEK, sheet=SHEET)
LOST = Hold(5, 7, LAST_WEEK, unknown=True, before=10, seen=12)


def test_a_stock_change_that_was_applied_blocks_its_row_until_the_cell_is_cleared() -> None:
    plan = plan_one(row({PRICE: 9900}, change=5), known(hold=APPLIED), held({INVENTORY: 15}))
    assert (plan.action, plan.calls, codes(plan)) == (Action.BLOCKED, (), ["hold.applied"])
    (problem,) = plan.problems
    assert problem.cell == "G2"
    assert all(part in problem.message.words("zh") for part in ("+5", "2026-11-14 18:00", "清空"))


def test_a_row_whose_cell_was_cleared_goes_on() -> None:
    assert plan_one(row({PRICE: 9900}), known(hold=APPLIED), held()).action is Action.UPDATE


@pytest.mark.parametrize("change", [None, 5], ids=["cell empty", "cell filled"])
def test_an_unknown_stock_change_holds_its_row_until_a_person_answers(change: int | None) -> None:
    plan = plan_one(row({PRICE: 9900}, change=change), known(hold=LOST), held())
    assert (plan.action, plan.calls, codes(plan)) == (Action.BLOCKED, (), ["hold.unknown"])
    assert all(part in plan.problems[0].message.words("en") for part in ("+5", "10", "12", "7", "--answer"))


def test_a_row_held_back_is_not_read() -> None:
    meant = resolve((row({}, change=5),), Memory({CODE: known(hold=APPLIED)}), OPTIONS)
    assert ids_to_read(meant) == ()


def test_another_item_under_the_code_is_not_held() -> None:
    plan = plan_one(row({}, item_id="1", change=5), known(hold=APPLIED), held())
    assert plan.calls == (replace(stock(5), item_id="1"),)


# --- a stock that is no number --------------------------------------------------------------------------------

MANY = held({INVENTORY: Opaque('"many"')})


@pytest.mark.parametrize("one", [row({}, change=5), row({}, change=-5), row({INVENTORY: 5})], ids=["+5", "-5", "5"])
def test_a_stock_that_is_no_number_is_not_taken_for_none(one: Row) -> None:
    """Stock is only ever moved, so a count can't be reached either."""
    plan = plan_one(one, known(), MANY)
    assert (plan.action, plan.calls, plan.changes, codes(plan)[-1]) == (Action.BLOCKED, (), (), "stock.unreadable")
    assert plan.problems[-1].cell in ("F2", "G2")
    assert "many" in plan.problems[-1].message.words("zh")


def test_a_stock_that_is_no_number_stops_nothing_else() -> None:
    assert plan_one(row({PRICE: 9900}), known(), MANY).action is Action.UPDATE


# --- the whole ------------------------------------------------------------------------------------------------


def test_the_summary_counts_rows_by_action_and_calls() -> None:
    others = {name: (str(n), known(item_id=str(n), code=name)) for n, name in enumerate("BCDEF", start=1)}
    rows = (
        new_row({INVENTORY: 0}, code="A"),
        row({PRICE: 9900}, code="B", number=3),
        row({STATUS: Status.DELETED}, code="C", number=4),
        row({INVENTORY: 10}, code="D", number=5),
        row({PRICE: 9900}, code="E", number=6),
        row({}, code="F", number=7, problems=(Problem(None, say("code.missing")),)),
        row({}, code="G", number=8, item_id="99"),
    )
    memory = {name: baseline for name, (_, baseline) in others.items()}
    memory["D"] = known(cells={INVENTORY: 10}, item_id="3", code="D")
    memory["E"] = known(held({PRICE: 1000}, code="E"), {PRICE: 1000}, item_id="4", code="E")
    shop = {item_id: held(code=name) for name, (item_id, _) in others.items()}
    shop["3"] = held({INVENTORY: 7}, code="D")
    assert asdict(plan_all(rows, memory, shop).summary) == {
        "rows": 7,
        "publish": 1,
        "update": 2,
        "delete": 1,
        "none": 1,
        "invalid": 1,
        "blocked": 1,
        "drift": 0,
        "conflict": 1,
        "stale": 0,
        "calls": 3 + 1 + 1 + 1,
    }


def test_rows_stay_in_the_sheets_order() -> None:
    rows = tuple(new_row(code=f"N{n}", number=n) for n in (9, 2, 5))
    assert [one.row.number for one in plan_all(rows, {}, {}).rows] == [9, 2, 5]


def test_a_blocked_conflict_counts_as_blocked_and_as_conflict() -> None:
    baseline = known(held({PRICE: 1000}), {PRICE: 1000})
    plan = plan_all(
        (row({PRICE: 9900}),), {CODE: baseline}, {ITEM: held()}, Options(SHEET, choices=Choices(skip_conflicts=True))
    )
    assert (plan.summary.blocked, plan.summary.conflict, plan.summary.calls) == (1, 1, 0)


def test_reads_are_counted() -> None:
    assert plan_all((row({}), new_row(code="N", number=3)), {CODE: known()}, {ITEM: held()}).reads == 1
