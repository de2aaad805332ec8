"""The report workbook, read back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync.messages import Language
from sync.plan.plan import Change, Plan, Verdict
from sync.report.report_sheet import LONGEST
from sync.report.workbook import write_report
from tests.report import samples


def report(folder: Path, language: Language = "zh", plan: Plan = samples.WEEK) -> Workbook:
    out = folder / "report.xlsx"
    write_report(out, plan, samples.RESULTS, language, at=samples.MADE_AT, sheet=samples.SHEET)
    return load_workbook(out)


def sheet(book: Workbook, name: str) -> Worksheet:
    page = book[name]
    assert isinstance(page, Worksheet)
    return page


def shared_texts(file: Path) -> bool:
    """Whether texts are kept for the whole workbook, and so in memory until its end."""
    with ZipFile(file) as parts:
        return "xl/sharedStrings.xml" in parts.namelist()


def rows(page: Worksheet) -> list[tuple[object, ...]]:
    return list(page.iter_rows(min_row=2, values_only=True))


def test_the_summary_has_the_numbers(tmp_path: Path) -> None:
    page = sheet(report(tmp_path), "汇总")
    pairs = [(left, right) for left, right in page.iter_rows(max_col=2, values_only=True) if left]
    assert pairs[0][0] == "同步报告：weekly.xlsx"
    assert "2026-11-21 09:30" in str(pairs[1][0])
    for expected in (("完成", 2), ("失败", 1), ("修改", 3), ("平台变动", 2), ("冲突", 1)):
        assert expected in pairs


def test_the_summary_says_that_rows_went_unread(tmp_path: Path) -> None:
    plan = Plan((replace(samples.WEEK.rows[0], unread=True), *samples.WEEK.rows[1:]))
    page = sheet(report(tmp_path, "en", plan), "Summary")
    assert "last carried out: 1. Their items were not read" in str(page["A3"].value)


def test_a_large_report_is_written_row_by_row_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = report(tmp_path)
    monkeypatch.setattr("sync.report.workbook.MOST_IN_MEMORY", 0)
    large = report(tmp_path)
    assert not shared_texts(tmp_path / "report.xlsx")
    looks = [
        [[(cell.value, cell.number_format, cell.font.color, cell.font.b) for cell in row] for row in page.iter_rows()]
        for book in (small, large)
        for page in map(partial(sheet, book), book.sheetnames)
    ]
    assert looks[:4] == looks[4:]


def test_one_line_a_change_failures_first(tmp_path: Path) -> None:
    lines = rows(sheet(report(tmp_path, "en"), "Rows"))
    assert [line[0] for line in lines] == [4, 4, 4, 6, 6, 9, 10, 8, 3, 3, 3, 3, 5, 7]
    assert lines[1] == (
        4, "failed", "HAIR-007", "600000000004", "[red]洗剪吹 Wash & Cut", "price", 19.9, 21.9, "edit",
        "No inventory given: the platform will set it to 1.",
    )  # fmt: skip


def test_a_row_without_changes_appears_once_if_there_is_something_to_say(tmp_path: Path) -> None:
    lines = {line[0]: line for line in rows(sheet(report(tmp_path), "明细"))}
    assert "E9" in str(lines[9][9])
    assert lines[10][1] == "受阻"
    assert 11 not in lines


def test_prices_and_counts_are_numbers_and_all_else_is_text(tmp_path: Path) -> None:
    page = sheet(report(tmp_path), "明细")
    by_field = {(line[0].value, line[5].value): line for line in page.iter_rows(min_row=2)}
    price, stock, brand = by_field[5, "价格"], by_field[6, "库存"], by_field[4, "品牌"]
    assert (price[6].value, price[7].value, price[7].number_format) == (259, 299, "0.00")
    assert (stock[6].value, stock[7].value, stock[7].number_format) == (30, 5, "0")
    assert (brand[6].value, brand[7].value) == ("沙宣", "清空")
    assert by_field[3, "标题"][6].value is None or by_field[3, "标题"][6].value == ""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(samples.FORMULA, id="formula"),
        pytest.param("+1+1", id="plus"),
        pytest.param("@SUM(A1)", id="at"),
        pytest.param("https://example.com/a", id="link"),
        pytest.param("0012", id="leading zeros"),
        pytest.param("{=A1}", id="array formula"),
    ],
)
def test_text_stays_text(tmp_path: Path, text: str) -> None:
    row = replace(samples.EDIT, changes=(Change("品牌", text, text + "x", Verdict.EDIT),))
    page = sheet(report(tmp_path, plan=Plan((row,))), "明细")
    cell = page.cell(2, 7)
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_a_value_longer_than_a_cell_is_cut_and_not_lost(tmp_path: Path) -> None:
    row = replace(samples.EDIT, changes=(Change("品牌", "旧", "新" * 40_000, Verdict.EDIT),))
    value = str(sheet(report(tmp_path, plan=Plan((row,))), "明细").cell(2, 8).value)
    assert len(value) == LONGEST
    assert value.endswith("…")


def test_the_header_is_frozen_and_every_column_can_be_filtered(tmp_path: Path) -> None:
    page = sheet(report(tmp_path), "明细")
    assert page.freeze_panes == "D2"
    assert page.auto_filter.ref == f"A1:J{page.max_row}"


def test_the_summary_draws_the_rows_by_result_in_their_colours(tmp_path: Path) -> None:
    (chart,) = sheet(report(tmp_path), "汇总")._charts  # type: ignore[attr-defined]
    (series,) = chart.series
    assert (series.cat.strRef.f, series.val.numRef.f) == ("汇总!$A$5:$A$11", "汇总!$B$5:$B$11")
    assert [point.spPr.solidFill.srgbClr for point in series.dPt][:2] == ["1D7A46", "B3261E"]


def test_sheets_of_their_own_tell_what_was_presumably_sold_and_what_runs_low(tmp_path: Path) -> None:
    sold_out = replace(samples.SOLD, remote=samples.remote("法式美甲", stock=2), last_stock=20)
    book = report(tmp_path, plan=Plan((sold_out,)))
    for name in ("大概卖出", "快没货了"):
        page = sheet(book, name)
        assert [cell.value for cell in page[3]] == [7, "NAIL-002", "法式美甲", 20, 2, 18, 2]
        assert (page.freeze_panes, page.auto_filter.ref, page.print_title_rows) == ("D3", "A2:G3", "$2:$2")
    assert ("大概卖出（件）", 18) in sheet(book, "汇总").iter_rows(max_col=2, values_only=True)


def test_where_nothing_was_sold_the_sheet_says_so(tmp_path: Path) -> None:
    page = sheet(report(tmp_path, "en", Plan((samples.NONE,))), "Presumably sold")
    assert page.cell(3, 1).value == "There are none."


def test_more_changes_than_anybody_reads_are_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.report.workbook.MOST_CHANGES", 10)
    book = report(tmp_path, "en")
    assert len(rows(sheet(book, "Rows"))) == 10
    assert "4 lines are not on the sheet Rows" in str(sheet(book, "Summary")["A3"].value)


@pytest.mark.parametrize("name", ["Summary", "Rows", "Presumably sold", "Running low"])
def test_every_sheet_prints_as_wide_as_a_page(tmp_path: Path, name: str) -> None:
    page = sheet(report(tmp_path, "en"), name)
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr
    assert page.sheet_properties.pageSetUpPr.fitToPage


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        report(tmp_path / "missing")


@pytest.mark.filterwarnings("ignore:Sparkline:UserWarning")
def test_the_stock_of_an_item_is_drawn_week_by_week(tmp_path: Path) -> None:
    out = tmp_path / "report.xlsx"
    asked: list[str] = []

    def histories(codes: Collection[str]) -> dict[str, list[int | None]]:
        asked.extend(codes)
        return {code: [None, *range(12, 0, -1)] for code in codes}

    sold = Plan((replace(samples.SOLD, remote=samples.remote("法式美甲", stock=2), last_stock=20),))
    write_report(out, sold, (), "en", at=samples.MADE_AT, sheet=samples.SHEET, histories=histories)
    with ZipFile(out) as package:
        drawn = [name for name in package.namelist() if b"sparkline>" in package.read(name)]
    assert len(drawn) == 2
    assert asked == ["NAIL-002"]
    page = sheet(load_workbook(out), "Presumably sold")
    assert page["H2"].value == "stock over 13 weeks"
    assert [cell.value for cell in page[3]][8:21] == [None, *range(12, 0, -1)]
    assert page.column_dimensions["I"].hidden
