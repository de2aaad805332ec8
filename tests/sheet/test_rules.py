"""The sheet 规则: every kind as staff may type it, and every mistake with its cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Literal

import pytest
from openpyxl import Workbook, load_workbook
from xlsxwriter import Workbook as Written  # type: ignore[import-untyped]

from sync.errors import Refusal
from sync.messages import Language
from sync.rule import Campaign, Daily, PriceRange, Rule, Scope, Terms, Thresholds
from sync.sheet.making.template import write_template
from sync.sheet.read import read_sheet
from sync.sheet.rules.columns import FIELDS, PARAMETERS, Part
from sync.sheet.rules.rule_sheet import RuleSheet
from tests.sheet.workbooks import GOOD, edit_xml, told, write_items

HEADERS = [field.zh for field in FIELDS.values()]
PARTS = [*FIELDS]
Typed = Mapping[Part, object]


def sheet_of(path: Path, *lines: Typed, name: str = "规则", headers: Sequence[str] = HEADERS) -> RuleSheet:
    """Read a workbook with two items, A-1 and A-2, and a sheet of rules with these lines."""
    return read_sheet(write_rules(path, *lines, name=name, headers=headers)).rules


def write_rules(
    path: Path,
    *lines: Typed,
    name: str = "规则",
    headers: Sequence[str] = HEADERS,
    items: Sequence[str] = ("A-1", "A-2"),
) -> Path:
    file = write_items(path / "a.xlsx", *(GOOD | {"商家编码": code} for code in items))
    book = load_workbook(file)
    page = book.create_sheet(name)
    page.append(list(headers))
    for line in lines:
        page.append([line.get(part) for part in PARTS])
    book.save(file)
    return file


def one(path: Path, line: Typed) -> Rule:
    """The one rule of a sheet in which nothing is wrong."""
    read = sheet_of(path, line)
    assert read.problems == ()
    (rule,) = read.listed
    return rule


DAILY = {Part.KIND: "每日", Part.SCOPE: "全部", Part.FROM: "08:00", Part.TO: "23:00"}
CAMPAIGN = {
    Part.KIND: "活动", Part.SCOPE: "A-1", Part.FROM: datetime(2026, 11, 1), Part.TO: datetime(2026, 11, 11, 23, 59),
}  # fmt: skip
PRICE = {Part.KIND: "价格", Part.SCOPE: "全部", Part.LOWEST: 9.9, Part.HIGHEST: 299}
STOCK = {Part.KIND: "库存", Part.SCOPE: "全部", Part.OFF_AT: 3, Part.ON_AT: 10}


# --- what is right ------------------------------------------------------------------------------------------------
KINDS: dict[str, tuple[Typed, Terms]] = {
    "daily": (DAILY, Daily(time(8), time(23))),
    "campaign": (CAMPAIGN, Campaign(datetime(2026, 11, 1), datetime(2026, 11, 11, 23, 59))),
    "price": (PRICE, PriceRange(990, 29900)),
    "stock": (STOCK, Thresholds(3, 10)),
    "in English": (STOCK | {Part.KIND: "Stock"}, Thresholds(3, 10)),
    "only off": ({**DAILY, Part.FROM: None}, Daily(None, time(23))),
    "only on": ({**DAILY, Part.TO: None}, Daily(time(8), None)),
    "only a lowest price": ({**PRICE, Part.HIGHEST: None}, PriceRange(990, None)),
    "full width": (STOCK | {Part.OFF_AT: "３", Part.ON_AT: "１０件"[:2]}, Thresholds(3, 10)),
    "dates as text": (
        CAMPAIGN | {Part.FROM: "2026-11-01", Part.TO: "2026-11-11 23:59"},
        Campaign(datetime(2026, 11, 1), datetime(2026, 11, 11, 23, 59)),
    ),
}


@pytest.mark.parametrize(("line", "terms"), KINDS.values(), ids=KINDS)
def test_each_kind_as_staff_type_it(tmp_path: Path, line: Typed, terms: Terms) -> None:
    assert one(tmp_path, line).terms == terms


TIMES: dict[str, object] = {
    "as Excel keeps it": time(23),
    "as a length of time": timedelta(hours=23),
    "as a bare number": 23 / 24,
    "in text": "23:00",
    "with seconds": "23:00:00",
    "full width": "２３：００",
    "with spaces": " 23:00 ",
}


@pytest.mark.parametrize("typed", TIMES.values(), ids=TIMES)
def test_a_time_of_the_day_however_it_came_about(tmp_path: Path, typed: object) -> None:
    assert one(tmp_path, {**DAILY, Part.TO: typed}).terms == Daily(time(8), time(23))


@pytest.mark.parametrize("typed", ["24:00", "0:00", timedelta(days=1), time(0)])
def test_midnight_has_two_names(tmp_path: Path, typed: object) -> None:
    assert one(tmp_path, {**DAILY, Part.TO: typed}).terms == Daily(time(8), time(0))


def test_dates_of_the_1904_system_are_the_same_dates(tmp_path: Path) -> None:
    with Written(tmp_path / "a.xlsx", {"date_1904": True}) as book:
        items, rules = book.add_worksheet("商品"), book.add_worksheet("规则")
        items.write_row(0, 0, ["商家编码", "价格"])
        items.write_row(1, 0, ["A-1", 20])
        rules.write_row(0, 0, ["类型", "范围", "开始", "结束"])
        rules.write_row(1, 0, ["活动", "全部"])
        rules.write_row(2, 0, ["每日", "全部"])
        look = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for row, moments in enumerate([(datetime(2026, 11, 1, 8), datetime(2026, 11, 2, 9)), (time(8), time(23))], 1):
            for column, moment in enumerate(moments, 2):
                rules.write_datetime(row, column, moment, look)
    found = [rule.terms for rule in read_sheet(tmp_path / "a.xlsx").rules.listed]
    assert found == [Campaign(datetime(2026, 11, 1, 8), datetime(2026, 11, 2, 9)), Daily(time(8), time(23))]


SCOPES: dict[str, tuple[object, Scope]] = {
    "all": ("全部", Scope()),
    "all, in English": (" ALL ", Scope()),
    "a category": ("丽人 ＞ 美甲", Scope(category=("丽人", "美甲"))),
    "a first category": ("丽人", Scope(category=("丽人",))),
    "a second category": ("美甲", Scope(category=("美甲",))),
    "one code": ("A-1", Scope(frozenset({"A-1"}))),
    "codes": ("A-1，A-2", Scope(frozenset({"A-1", "A-2"}))),
    "codes, otherwise apart": ("A-1、\nA-2; ", Scope(frozenset({"A-1", "A-2"}))),
    "codes in full width": ("Ａ-1 A-2", Scope(frozenset({"A-1", "A-2"}))),
}


@pytest.mark.parametrize(("typed", "scope"), SCOPES.values(), ids=SCOPES)
def test_each_scope_as_staff_type_it(tmp_path: Path, typed: object, scope: Scope) -> None:
    assert one(tmp_path, {**STOCK, Part.SCOPE: typed}).scope == scope


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("KF 001", {"KF 001"}),
        ("KF 001，A-1 A-2", {"KF 001", "A-1", "A-2"}),
        ("B,1", {"B,1"}),
        ("A-1\nKF 001", {"KF 001", "A-1"}),
        ("A-1 KF", {"A-1", "KF"}),
    ],
)
def test_a_code_may_have_in_it_what_stands_between_others(tmp_path: Path, typed: str, codes: set[str]) -> None:
    file = write_rules(tmp_path, {**STOCK, Part.SCOPE: typed}, items=("KF 001", "B,1", "A-1", "A-2"))
    (read,) = read_sheet(file).rules.listed
    assert read.scope == Scope(frozenset(codes))


def test_a_rule_is_named_by_staff_or_by_its_kind_and_row(tmp_path: Path) -> None:
    named, unnamed = sheet_of(tmp_path, {**STOCK, Part.NAME: "少了就下"}, DAILY).listed
    assert (named.name, named.address, named.key) == ("少了就下", "规则!B2", "少了就下")
    assert (unnamed.name, unnamed.address) == ("每日 3", "规则!B3")


def test_a_rule_without_a_name_is_remembered_by_what_it_says_not_where_it_stands(tmp_path: Path) -> None:
    (before,) = sheet_of(tmp_path, STOCK).listed
    _, moved, changed = sheet_of(tmp_path, DAILY, STOCK, {**STOCK, Part.ON_AT: 11}).listed
    assert before.key == moved.key != changed.key


@pytest.mark.parametrize("typed", ["否", "no", "关", "FALSE", False, 0, "停用"])
def test_a_rule_that_is_switched_off_is_none_even_with_mistakes(tmp_path: Path, typed: object) -> None:
    assert sheet_of(tmp_path, {Part.KIND: "?", Part.SCOPE: "全部", Part.ENABLED: typed}) == RuleSheet()


@pytest.mark.parametrize("typed", ["是", "yes", "开", "TRUE", True, 1, None])
def test_a_rule_is_on_unless_somebody_switched_it_off(tmp_path: Path, typed: object) -> None:
    assert one(tmp_path, {**STOCK, Part.ENABLED: typed}).terms == Thresholds(3, 10)


@pytest.mark.parametrize("name", ["规则", "Rules", " rules "])
def test_the_worksheet_is_found_by_its_name_and_headers(tmp_path: Path, name: str) -> None:
    headers = [field.en.upper() for field in FIELDS.values()]
    assert len(sheet_of(tmp_path, DAILY, STOCK, name=name, headers=headers).listed) == 2


def test_a_workbook_without_such_a_sheet_has_no_rules(tmp_path: Path) -> None:
    assert read_sheet(write_items(tmp_path / "a.xlsx", GOOD)).rules == RuleSheet()


def test_a_csv_has_no_rules(tmp_path: Path) -> None:
    file = tmp_path / "规则.csv"
    file.write_text("商家编码,价格\nA-1,20\n", encoding="utf-8")
    assert read_sheet(file).rules == RuleSheet()


def test_a_page_of_prose_is_none(tmp_path: Path) -> None:
    read = sheet_of(tmp_path, headers=["本店规则：不要随便改价"])
    assert (read.listed, told(read.problems)) == ((), [(None, "rules.no_headers", "note")])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_templates_examples_do_nothing_until_they_are_switched_on(tmp_path: Path, language: Language) -> None:
    write_template(tmp_path / "a.xlsx", language)
    book = load_workbook(tmp_path / "a.xlsx")
    type_item(book)
    book.save(tmp_path / "a.xlsx")
    assert read_sheet(tmp_path / "a.xlsx").rules == RuleSheet()
    enabled = PARTS.index(Part.ENABLED) + 1
    for row in range(2, 6):
        book.worksheets[1].cell(row, enabled).value = {"zh": "是", "en": "yes"}[language]
    book.save(tmp_path / "a.xlsx")
    switched_on = read_sheet(tmp_path / "a.xlsx").rules
    assert {type(rule.terms) for rule in switched_on.listed} == {Daily, Campaign, PriceRange, Thresholds}
    assert {problem.level.value for problem in switched_on.problems} <= {"warning"}


def type_item(book: Workbook) -> None:
    """An item of the staff's own below the examples."""
    book.worksheets[0].cell(5, 1).value = "A-1"


# --- what is wrong ------------------------------------------------------------------------------------------------
MISTAKES: dict[str, tuple[Typed, list[tuple[str, str]]]] = {
    "an unknown kind": ({**STOCK, Part.KIND: "折扣"}, [("B2", "rule.kind_unknown")]),
    "no kind": ({**STOCK, Part.KIND: None}, [("B2", "rule.empty")]),
    "no scope": ({**STOCK, Part.SCOPE: None}, [("C2", "rule.empty")]),
    "a scope of commas": ({**STOCK, Part.SCOPE: "，,"}, [("C2", "rule.no_scope")]),
    "an unknown category": ({**STOCK, Part.SCOPE: "丽人>美脚"}, [("C2", "rule.category_unknown")]),
    "a code that Excel spoilt": ({**STOCK, Part.SCOPE: 1.5e20}, [("C2", "code.digits_lost")]),
    "a date where a time belongs": ({**DAILY, Part.TO: datetime(2026, 11, 1)}, [("E2", "rule.time_format")]),
    "no such time": ({**DAILY, Part.TO: "25:00"}, [("E2", "rule.time_format")]),
    "a number of hours": ({**DAILY, Part.TO: 23}, [("E2", "rule.time_format")]),
    "TRUE for a time": ({**DAILY, Part.TO: True}, [("E2", "rule.time_format")]),
    "a daily rule without times": ({**DAILY, Part.FROM: None, Part.TO: None}, [("E2", "rule.times")]),
    "on and off at once": ({**DAILY, Part.TO: "08:00"}, [("E2", "rule.times")]),
    "midnight alone": ({**DAILY, Part.FROM: None, Part.TO: "24:00"}, [("E2", "rule.times")]),
    "no start": ({**CAMPAIGN, Part.FROM: None}, [("D2", "rule.empty")]),
    "no end": ({**CAMPAIGN, Part.TO: None}, [("E2", "rule.empty")]),
    "a time where a date belongs": ({**CAMPAIGN, Part.TO: "23:00"}, [("E2", "date.format")]),
    "an end before the start": ({**CAMPAIGN, Part.TO: datetime(2026, 10, 1)}, [("E2", "rule.order")]),
    "no such day": ({**CAMPAIGN, Part.TO: "2026-11-31"}, [("E2", "date.format")]),
    "no price": ({**PRICE, Part.LOWEST: None, Part.HIGHEST: None}, [("H2", "rule.prices")]),
    "prices turned round": ({**PRICE, Part.LOWEST: 300}, [("I2", "rule.order")]),
    "no number for a price": ({**PRICE, Part.LOWEST: "便宜"}, [("H2", "price.not_number")]),
    "half a unit": ({**STOCK, Part.OFF_AT: 2.5}, [("F2", "count.not_whole")]),
    "fewer than none": ({**STOCK, Part.OFF_AT: -1}, [("F2", "count.range")]),
    "no second count": ({**STOCK, Part.ON_AT: None}, [("G2", "rule.empty")]),
    "counts turned round": ({**STOCK, Part.ON_AT: 3}, [("G2", "rule.order")]),
    "another kind's parameter": ({**STOCK, Part.HIGHEST: 5}, [("I2", "rule.not_for_kind")]),
    "neither yes nor no": ({**STOCK, Part.ENABLED: "也许"}, [("K2", "rule.enabled_unknown")]),
    "several": ({**STOCK, Part.SCOPE: None, Part.ON_AT: "?"}, [("C2", "rule.empty"), ("G2", "count.not_whole")]),
    "an error value as text": ({**STOCK, Part.OFF_AT: "#N/A"}, [("F2", "cell.error")]),
}


@pytest.mark.parametrize(("line", "problems"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_has_its_cell(tmp_path: Path, line: Typed, problems: list[tuple[str, str]]) -> None:
    expected = [(f"规则!{cell}", code, "error") for cell, code in problems]
    assert told(sheet_of(tmp_path, line).problems) == expected


def test_no_two_rules_may_have_one_name(tmp_path: Path) -> None:
    read = sheet_of(tmp_path, {**STOCK, Part.NAME: "甲"}, {**DAILY, Part.NAME: "甲"})
    assert told(read.problems) == [("规则!A3", "rule.name_twice", "error")]


SCOPE_WARNINGS: dict[str, tuple[str, str]] = {
    "a code of no row": ("A-1、A-3", "rule.no_such_codes"),
    "a category of no row": ("丽人>美发", "rule.no_such_rows"),
}


@pytest.mark.parametrize(("scope", "code"), SCOPE_WARNINGS.values(), ids=SCOPE_WARNINGS)
def test_a_scope_that_means_no_row_is_a_warning(tmp_path: Path, scope: str, code: str) -> None:
    read = sheet_of(tmp_path, {**STOCK, Part.SCOPE: scope})
    assert told(read.problems) == [("规则!C2", code, "warning")]
    assert len(read.listed) == 1


def test_a_campaign_that_ends_as_a_day_begins_is_told(tmp_path: Path) -> None:
    read = sheet_of(tmp_path, {**CAMPAIGN, Part.TO: "2026-11-11"})
    assert told(read.problems) == [("规则!E2", "rule.ends_at_midnight", "warning")]


def test_what_looks_empty_and_is_not(tmp_path: Path) -> None:
    file = write_rules(tmp_path, {**STOCK, Part.OFF_AT: "=1/0", Part.ON_AT: "=A1"})
    part = "xl/worksheets/sheet2.xml"
    path = edit_xml(
        file, ('<c r="F2"><f>1/0</f><v></v></c>', '<c r="F2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'), part=part
    )
    assert {("规则!F2", "cell.error", "error"), ("规则!G2", "cell.not_calculated", "error")} <= {
        *told(read_sheet(path).rules.problems)
    }


def test_a_formula_counts_by_its_stored_value(tmp_path: Path) -> None:
    file = write_rules(tmp_path, {**STOCK, Part.ON_AT: "=5+5"})
    path = edit_xml(file, ("<f>5+5</f><v></v>", "<f>5+5</f><v>10</v>"), part="xl/worksheets/sheet2.xml")
    (rule,) = read_sheet(path).rules.listed
    assert rule.terms == Thresholds(3, 10)


def test_merged_cells_and_hidden_rules_are_told(tmp_path: Path) -> None:
    file = write_rules(tmp_path, STOCK, {**STOCK, Part.OFF_AT: None}, DAILY)
    book = load_workbook(file)
    book["规则"].merge_cells("F2:F3")
    book["规则"].row_dimensions[4].hidden = True
    book.save(file)
    found = told(read_sheet(file).rules.problems)
    assert ("规则!F3", "cell.merged", "error") in found
    assert (None, "rules.hidden_rows", "warning") in found


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_worksheet_that_is_hidden_is_not_switched_off(
    tmp_path: Path, state: Literal["hidden", "veryHidden"]
) -> None:
    file = write_rules(tmp_path, STOCK)
    book = load_workbook(file)
    book["规则"].sheet_state = state
    book.save(file)
    found = read_sheet(file).rules
    assert ([rule.terms for rule in found.listed], told(found.problems)) == (
        [Thresholds(3, 10)], [(None, "rules.hidden", "warning")],
    )  # fmt: skip
    page = book.create_sheet("rules")
    page.append(HEADERS)
    book.save(file)
    assert read_sheet(file).rules == RuleSheet(), "the visible one counts"
    page.append([DAILY.get(part) for part in PARTS])
    book["规则"].sheet_state = "visible"
    book.save(file)
    with pytest.raises(Refusal) as refusal:
        read_sheet(file)
    assert refusal.value.message.code == "rules.two_sheets"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (["类型", "开始", "结束"], "rules.no_column"),
        (["类型", "范围", "类型"], "rules.column_twice"),
    ],
)
def test_headers_that_contradict_each_other(tmp_path: Path, headers: list[str], code: str) -> None:
    with pytest.raises(Refusal) as refusal:
        sheet_of(tmp_path, headers=headers)
    assert refusal.value.message.code == code
    assert refusal.value.message.words("zh")


def test_columns_of_the_staffs_own_are_told(tmp_path: Path) -> None:
    read = sheet_of(tmp_path, headers=[*HEADERS, "负责人"])
    assert told(read.problems) == [(None, "rules.own_columns", "note")]


def test_every_kind_says_which_columns_it_takes() -> None:
    assert {part for parts in PARAMETERS.values() for part in parts} == {
        Part.FROM, Part.TO, Part.OFF_AT, Part.ON_AT, Part.LOWEST, Part.HIGHEST, Part.CAMPAIGN_PRICE,
    }  # fmt: skip


def test_more_rules_than_anybody_can_look_after_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        sheet_of(tmp_path, *[STOCK] * 2001)
    assert refusal.value.message.code == "rules.too_many"
