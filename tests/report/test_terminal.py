"""The terminal, read as a person reads it: which words stand on a line together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from sync.call import Result, RowResult
from sync.messages import Language, Level, Problem, say
from sync.plan.plan import Plan, RowPlan
from sync.report import terminal
from sync.report.figures import Share
from sync.report.problems import print_problems
from sync.report.terminal import RunLine
from tests.report import samples

RUN = RunLine(3, samples.MADE_AT, samples.SHEET, say("result.done"), {Result.DONE: 38, Result.FAILED: 1})


def plain(width: int) -> Console:
    return Console(width=width, file=StringIO(), color_system=None)


def text_of(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def preview(plan: Plan, language: Language = "zh", width: int = 120, shares: Sequence[Share] = ()) -> str:
    console = plain(width)
    terminal.preview(plan, language, console, shares)
    return text_of(console)


def line_with(text: str, *words: str) -> str:
    """Return the first line that has all the words; fails if none has."""
    found = [line for line in text.splitlines() if all(word in line for word in words)]
    assert found, f"no line with {words} in:\n{text}"
    return found[0]


def numbered(count: int) -> tuple[RowPlan, ...]:
    rows = (
        replace(samples.EDIT.row, number=number, outer_id=f"CODE-{number:04d}") for number in range(100, 100 + count)
    )
    return tuple(replace(samples.EDIT, row=row) for row in rows)


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_preview_says_what_changes_why_and_by_which_calls(width: int) -> None:
    text = preview(samples.WEEK, width=width)
    line_with(text, "行", "商家编码", "标题", "改动", "原因", "调用")
    line_with(text, "5", "SPA-012", "价格 ¥259.00 → ¥299.00", "平台变动", "改信息")
    line_with(text, "6", "FACE-003", "目标状态 有效 → 失效", "表格已改", "改状态")
    line_with(text, "库存 30 → 5", "冲突", "改库存")
    line_with(text, "8", "OLD-900", "有效 → 删除")
    line_with(text, "品牌 → 清空")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_line_is_wider_than_the_terminal(language: Language, width: int) -> None:
    console = plain(width)
    terminal.preview(samples.WEEK, language, console, [Share(7, 2.5, 5000)])
    terminal.summary(samples.WEEK, samples.RESULTS, language, console)
    terminal.run(RUN, samples.RESULTS, language, console)
    assert max(cell_len(line) for line in text_of(console).splitlines()) <= width


def test_invalid_and_blocked_rows_come_with_their_cell_and_what_to_do() -> None:
    text = preview(samples.WEEK, "en")
    line_with(text, "9", "HAIR-044", "E9", "fill it in")
    line_with(text, "10", "SPA-020", "J10", "Clear this cell")


def test_presumably_sold_is_told_though_nothing_changes() -> None:
    assert "presumably sold 3" in line_with(preview(samples.WEEK, "en"), "7", "NAIL-002")


def test_a_row_that_needs_nothing_is_counted_and_not_listed() -> None:
    text = preview(samples.WEEK, "en")
    assert "SAME-001" not in text
    line_with(
        text, "publish 1", "update 3", "delete 1", "unchanged 2", "invalid 1", "blocked 1", "drift 2", "conflict 1"
    )


def test_guards_say_why_and_what_to_type() -> None:
    text = preview(samples.WEEK, "en")
    line_with(text, "takedown", "6 of the sheet's 12 live items would go off.")
    line_with(text, "--force takedown,price")
    assert "--force" not in preview(Plan(samples.WEEK.rows))


def test_calls_time_and_quota() -> None:
    line_with(preview(samples.WEEK, "en", shares=[Share(7, 2, 700)]), "API calls: 7.", "about 4 s", "these are 1.0%")


def test_a_title_is_never_markup_and_never_steers_the_terminal() -> None:
    sly = replace(
        samples.EDIT, row=samples.row(4, "SLY\x1b[2J", {"_sys@title": "[/bold]\x1b]0;x\x07 [link=http://x]"})
    )
    text = preview(Plan((sly, samples.EDIT)))
    assert "[red]洗剪吹" in text
    assert "[/bold]" in text
    assert "\x1b" not in text
    assert "\x07" not in text


def test_nothing_to_do_is_said_so() -> None:
    text = preview(Plan((samples.NONE,)), "en")
    assert "nothing to do" in text
    assert "outer id" not in text


def test_a_long_plan_lists_200_rows_what_needs_a_person_among_them() -> None:
    text = preview(Plan((*numbered(300), samples.INVALID)), "en")
    assert text.count("CODE-") == 199
    line_with(text, "HAIR-044")
    line_with(text, "Rows not listed here: 101.", "--html", "--json")


def test_a_plan_of_200_rows_is_listed_whole() -> None:
    text = preview(Plan(numbered(200)), "en")
    assert text.count("CODE-") == 200
    assert "not listed" not in text


def test_colours_only_on_a_terminal() -> None:
    coloured = Console(width=120, file=StringIO(), force_terminal=True, color_system="truecolor")
    terminal.preview(samples.WEEK, "zh", coloured, ())
    assert "\x1b[35m" in line_with(text_of(coloured), "冲突"), "a conflict is magenta"
    assert "\x1b" not in preview(samples.WEEK)


def test_the_summary_puts_failures_first_and_says_what_to_do() -> None:
    console = plain(120)
    terminal.summary(samples.WEEK, samples.RESULTS, "en", console)
    text = text_of(console)
    tiles = ("done 2", "failed 1", "skipped 1", "unknown 1", "invalid 1", "blocked 1", "unchanged 2")
    line_with(text, *tiles)
    line_with(text, "HAIR-007", "No inventory given")
    order = [text.index(code) for code in ("HAIR-007", "FACE-003", "HAIR-044", "SPA-020", "OLD-900")]
    assert order == sorted(order)
    assert "NAIL-101" not in text


def test_a_run_without_trouble_is_one_line() -> None:
    console = plain(120)
    terminal.summary(Plan((samples.DRIFT,)), [RowResult(5, "SPA-012", Result.DONE)], "zh", console)
    assert " ".join(text_of(console).split()) == "完成 1 失败 0 跳过 0 未知 0 无效 0 受阻 0 无变化 0"


def test_problems_by_cell_errors_first() -> None:
    console = plain(80)
    missing = samples.INVALID.problems[1]
    found = [
        (3, Problem(None, say("publish.fills_status"), Level.NOTE)),
        (9, samples.INVALID.problems[0]),
        (9, missing),
        (None, Problem(None, say("publish.fills_stock"))),
    ]
    print_problems(found, "en", console)
    text = text_of(console)
    places = [line.split("  ")[0] for line in text.splitlines()[2:] if line[:1].strip()]
    assert places[:4] == ["E9", "whole sheet", "A9", "row 3"]
    line_with(text, "errors 2", "warnings 1", "notes 1")


def test_no_problems_is_only_the_totals() -> None:
    console = plain(80)
    print_problems([], "zh", console)
    assert text_of(console).split() == ["错误", "0", "警告", "0", "提示", "0"]


def test_history_lists_runs_with_their_numbers() -> None:
    console = plain(80)
    terminal.history([RUN, replace(RUN, id=2, counts={})], "zh", console)
    line = line_with(text_of(console), "3", "2026-11-21 09:30", "weekly.xlsx", "完成 38", "失败 1")
    assert "跳过" not in line


def test_history_without_runs_says_how_to_begin() -> None:
    console = plain(80)
    terminal.history([], "en", console)
    assert "itemsync plan" in text_of(console)


def test_a_run_shows_each_row_with_its_calls() -> None:
    console = plain(120)
    terminal.run(RUN, samples.RESULTS, "en", console)
    text = text_of(console)
    line_with(text, "4", "HAIR-007", "failed", "No inventory given")
    line_with(text, "taobao.open.item.modify", "failed", "isv.bad", "16bl2a")
    assert "SAME-001" not in text
