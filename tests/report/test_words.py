"""The wording that all three reports share."""

from __future__ import annotations

import pytest

from sync.call import Result, RowResult
from sync.fields import INVENTORY, PRICE
from sync.messages import Language, Level, Problem, say
from sync.plan.plan import Action, Change, Plan, RowPlan, Verdict
from sync.report.words import Entry, entries
from tests.report import samples


def entry(row: RowPlan, language: Language = "zh", result: RowResult | None = None) -> Entry:
    return next(entries(Plan((row,)), language, [result] if result else None))


@pytest.mark.parametrize(
    ("row", "language", "lines"),
    [
        pytest.param(
            samples.EDIT,
            "zh",
            [
                ("标题 洗剪吹 → [red]洗剪吹 Wash & Cut", "表格已改"),
                ("价格 ¥19.90 → ¥21.90", "表格已改"),
                ("品牌 → 清空", "表格已改"),
            ],
            id="edits and a removal, zh",
        ),
        pytest.param(samples.DRIFT, "en", [("price ¥259.00 → ¥299.00", "drift")], id="drift, en"),
        pytest.param(
            samples.CONFLICT,
            "zh",
            [("目标状态 有效 → 失效", "表格已改"), ("库存 30 → 5", "冲突")],
            id="conflict, zh",
        ),
        pytest.param(samples.DELETE, "en", [("status active → deleted", "edit")], id="deletion, en"),
    ],
)
def test_a_change_says_from_to_and_why(row: RowPlan, language: Language, lines: list[tuple[str, str]]) -> None:
    assert [(line.text, line.why) for line in entry(row, language).changes] == lines


def test_a_new_item_has_no_value_to_start_from() -> None:
    texts = [(line.text, line.why) for line in entry(samples.PUBLISH).changes]
    assert ("价格 ¥128.00", "新商品") in texts
    assert ("类目 丽人>美甲", "新商品") in texts


def test_a_field_that_the_platform_lacks_comes_from_a_dash() -> None:
    row = RowPlan(samples.row(2, "A", {}), Action.UPDATE, changes=(Change("品牌", None, "沙宣", Verdict.EDIT),))
    assert entry(row).changes[0].text == "品牌 — → 沙宣"


def test_first_contact_is_not_called_an_edit() -> None:
    change = Change(PRICE, 100, 200, Verdict.EDIT, first_contact=True)
    row = RowPlan(samples.row(2, "A", {}), Action.UPDATE, changes=(change,))
    assert entry(row).changes[0].why == "首次同步"


def test_the_title_is_the_sheets_else_the_platforms() -> None:
    assert entry(samples.EDIT).title == "[red]洗剪吹 Wash & Cut"
    assert entry(samples.SOLD).title == "法式美甲"
    assert entry(RowPlan(samples.row(2, "A", {INVENTORY: 1}), Action.INVALID)).title == ""


def test_the_gravest_problem_of_a_result_comes_first_and_with_its_cell() -> None:
    remarks = entry(samples.INVALID, "en", RowResult(9, "HAIR-044", Result.INVALID, samples.INVALID.problems)).remarks
    assert [(remark.cell, remark.level) for remark in remarks] == [("E9", Level.ERROR), ("A9", Level.WARNING)]


def test_a_result_tells_only_what_still_matters_of_the_row() -> None:
    note = Problem(None, say("publish.fills_stock"))
    (remark,) = entry(samples.DRIFT, "en", RowResult(5, "SPA-012", Result.FAILED, (note,))).remarks
    assert (remark.text, remark.level) == (note.message.words("en"), Level.ERROR)


def test_a_published_item_gets_the_id_that_the_run_gave_it() -> None:
    assert entry(samples.PUBLISH).item_id == ""
    assert entry(samples.PUBLISH, result=samples.RESULTS[0]).item_id == "600000000003"


def test_what_needs_a_person_comes_first() -> None:
    rows = sorted(entries(samples.WEEK, "zh", samples.RESULTS), key=lambda one: one.rank)
    assert [one.number for one in rows] == [4, 6, 9, 10, 8, 3, 5, 7, 11]
