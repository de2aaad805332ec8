"""What nobody sees makes no difference: in headers, codes and values, and whatever file they come in."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Cell, Status
from sync.sheet.read import read_sheet
from sync.sheet.rules.columns import FIELDS, Part
from sync.sheet.strings import SPACES
from tests.sheet.workbooks import GOOD, HEADERS, LETTERS, read_one, told, write, write_items

LRM, NBSP, BOM = "\u200e", "\u00a0", "\ufeff"


def test_all_that_python_takes_for_a_space_is_one() -> None:
    assert "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1)))) == SPACES


@pytest.mark.parametrize("mark", ["\u200e", "\u202c", "\ufeff", "\u2069", "\u061c", "\ufe0f", "\U000e0041", "\u00a0"])
def test_a_header_with_something_unseen_is_still_that_header(tmp_path: Path, mark: str) -> None:
    headers = [f"{header}{mark}" if header in ("价格", "商家编码") else header for header in HEADERS]
    values = [GOOD.get(header, "") for header in HEADERS]
    sheet = read_sheet(write(tmp_path / "a.xlsx", [headers, values]))
    assert sheet.rows[0].cells[PRICE] == 1990
    found = [problem for problem in sheet.problems if problem.code == "sheet.header_unseen"]
    assert [problem.cell for problem in found] == ["A1", "F1"]
    assert f"U+{ord(mark):04X}" in found[0].message.words("zh")


@pytest.mark.parametrize(
    ("header", "cell", "value", "names"),
    [
        ("价格", f"19{LRM}.9", {PRICE: 1990}, "U+200E"),
        ("价格", f"{NBSP}19.9", {PRICE: 1990}, "U+00A0"),
        ("价格", "'19.9", {PRICE: 1990}, "'"),
        ("库存", "\u202d12\u202c", {INVENTORY: 12}, "U+202D、U+202C"),
        ("目标状态", f"上架{LRM}", {STATUS: Status.ACTIVE}, "U+200E"),
        ("目标状态", f"{BOM}失\u00ad效", {STATUS: Status.INACTIVE}, "U+FEFF、U+00AD"),
        ("标题", f"猫眼{NBSP}美甲{LRM}", {TITLE: "猫眼 美甲"}, "U+00A0、U+200E"),
        ("标题", "👩‍🎤\u2069", {TITLE: "👩‍🎤"}, "U+2069"),
    ],
)
def test_a_value_is_what_a_person_sees(
    tmp_path: Path, header: str, cell: str, value: dict[str, Cell], names: str
) -> None:
    row = read_one(_csv(tmp_path, GOOD | {header: cell}))
    assert row.cells.items() >= value.items()
    assert told(row.problems) == [(f"{LETTERS[header]}2", "cell.unseen", "note")]
    assert f"（{names}）" in row.problems[0].message.words("zh")


def test_ids_and_times_too(tmp_path: Path) -> None:
    row = read_one(_csv(tmp_path, GOOD | {"商品ID": f"'7627361738101{LRM}", "上架时间": f"2026-11-21{NBSP}23:00"}))
    assert row.item_id == "7627361738101"
    assert row.list_at == datetime(2026, 11, 21, 23)
    assert {problem.cell for problem in row.problems} == {"B2", "J2"}


def test_a_category_too(tmp_path: Path) -> None:
    row = read_one(_csv(tmp_path, GOOD | {"一级类目": f"丽人{LRM}", "二级类目": f"{BOM}美甲"}))
    assert row.cells[CATEGORY] == ("丽人", "美甲")


def test_a_custom_column_is_named_and_filled_without_them(tmp_path: Path) -> None:
    row = read_one(_csv(tmp_path, GOOD | {f"自定义:品{LRM}牌": f"OPI{LRM}{NBSP}x"}))
    assert row.cells["品牌"] == "OPI x"


@pytest.mark.parametrize(
    ("header", "cell", "shown"),
    [
        ("目标状态", f"上架{LRM}了", "上架<U+200E>了"),
        ("价格", f"十{NBSP}元", "十<U+00A0>元"),
        ("库存", f"一{BOM}", "一<U+FEFF>"),
        ("商品ID", f"A-1{LRM}", "A-1<U+200E>"),
    ],
)
def test_a_refused_value_shows_by_name_what_nobody_sees(tmp_path: Path, header: str, cell: str, shown: str) -> None:
    (problem,) = read_one(_csv(tmp_path, GOOD | {header: cell})).problems
    assert problem.cell == f"{LETTERS[header]}2"
    assert f"“{shown}”" in problem.message.words("zh")


@pytest.mark.parametrize(
    "written", [f"MJ-001{LRM}", f"MJ{NBSP}-001", "'MJ-001", "`MJ-001", f"{BOM}MJ-\u200b001", "MJ-001\ufe0f"]
)
def test_a_code_is_what_a_person_sees_and_says_what_was_written(tmp_path: Path, written: str) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {"商家编码": written}))
    assert row.outer_id == row.cells[OUTER_ID] == "MJ-001"
    assert told(row.problems) == [("A2", "code.normalised", "warning")]


def test_two_codes_that_differ_in_nothing_visible_are_the_same_code_twice(tmp_path: Path) -> None:
    rows = read_sheet(write_items(tmp_path / "a.xlsx", GOOD, GOOD | {"商家编码": f"A-1{LRM}"})).rows
    assert [("code.twice" in [p.code for p in row.problems]) for row in rows] == [True, True]


@pytest.mark.parametrize(
    ("line", "code", "price"),
    [
        ('="00105",甲,="19.90"', "00105", 1990),
        ('"=""00105""",甲,19.9', "00105", 1990),
        ('=""00105"",甲,19.9', "00105", 1990),
        ('="00105"\t,甲,"19.9"\t', "00105", 1990),
        ("'00105,甲,`19.9", "00105", 1990),
        ("00105\t,甲\t,19.9\t", "00105", 1990),
        ("00105\x1f,甲\x1f,19.9\x1f", "00105", 1990),
        ('"00105\t",甲,19.9', "00105", 1990),
    ],
)
def test_how_exporters_keep_zeros_in_a_csv(tmp_path: Path, line: str, code: str, price: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"商家编码,标题,价格\n{line}\n", encoding="utf-8")
    row = read_one(path)
    assert (row.outer_id, row.cells[TITLE], row.cells[PRICE]) == (code, "甲", price)
    assert not row.invalid


def test_an_id_of_an_export_that_is_only_a_mark_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('商家编码,商品ID,标题\nA-1,\'\t,甲\nA-2,="",乙\n', encoding="utf-8")
    assert [(row.item_id, row.problems) for row in read_sheet(path).rows] == [(None, ()), (None, ())]


@pytest.mark.parametrize("sign", ["字", " ", ">", " >", "é", "\u200e"])
@pytest.mark.parametrize("header", ["一级类目", "类目", "商家编码", "商品ID", "价格", "目标状态", "上架时间"])
def test_a_cell_of_absurd_length_is_refused_at_once(tmp_path: Path, header: str, sign: str) -> None:
    text = "x" + sign * (30_000 // len(sign)) + "x"
    given = {key: value for key, value in GOOD.items() if header != "类目" or "类目" not in key} | {header: text}
    path = write_items(tmp_path / "a.xlsx", given, headers=[*given])
    began = time.perf_counter()
    row = read_one(path)
    assert time.perf_counter() - began < 1
    letter = "ABCDEFGHIJ"[[*given].index(header)]
    assert any(problem.cell == f"{letter}2" for problem in row.problems)
    assert all(len(problem.message.words("zh")) < 300 for problem in row.problems)


def test_a_long_title_with_lines_is_read_at_once(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"标题": "x" + " " * 30_000 + "\ny"})
    began = time.perf_counter()
    assert read_one(path).cells[TITLE] == "x y"
    assert time.perf_counter() - began < 1


def _csv(folder: Path, item: dict[str, object]) -> Path:
    """A file that can hold any character, as a workbook can't."""
    path = folder / "a.csv"
    headers = (*HEADERS, *(header for header in item if header not in HEADERS))
    values = [str(item.get(header, "")) for header in headers]
    path.write_text(",".join(headers) + "\n" + ",".join(values) + "\n", encoding="utf-8")
    return path


def test_a_column_full_of_unknown_categories_is_read_in_seconds(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = (f"A-{number},丽人>法式美甲第{number}款" for number in range(15_000))
    path.write_text("商家编码,类目\n" + "\n".join(lines) + "\n", encoding="utf-8")
    began = time.process_time()
    rows = read_sheet(path).rows
    assert time.process_time() - began < 2.5
    assert all(row.invalid for row in rows)


@pytest.mark.parametrize("scope", ["00102\u200e", "'00102", "\u00a000102", "A-1\u200e，'00102", 102])
def test_a_rule_names_codes_as_a_person_sees_them(tmp_path: Path, scope: object) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD, GOOD | {"商家编码": "00102"})
    book = load_workbook(path)
    page = book.create_sheet("规则")
    page.append([field.zh for field in FIELDS.values()])
    page.append([{Part.KIND: "库存", Part.SCOPE: scope, Part.OFF_AT: 3, Part.ON_AT: 9}.get(part) for part in FIELDS])
    page.cell(2, [*FIELDS].index(Part.SCOPE) + 1).number_format = "00000"
    book.save(path)
    (rule,) = read_sheet(path).rules.listed
    assert "00102" in rule.scope.codes
    assert rule.scope.codes <= {"00102", "A-1"}


def test_what_a_whole_column_has_is_told_once(tmp_path: Path) -> None:
    items = [GOOD | {"商家编码": f"'B-{number}", "标题": f"款{NBSP}{number}"} for number in range(30)]
    sheet = read_sheet(write_items(tmp_path / "a.xlsx", *items, GOOD | {"价格": f"19{LRM}"}))
    assert {problem.code for row in sheet.rows[:-1] for problem in row.problems} == set()
    assert [problem.code for problem in sheet.rows[-1].problems] == ["cell.unseen"], "a single slip is its cell's"
    found = [problem for problem in sheet.problems if problem.code == "sheet.many_alike"]
    assert [problem.level.value for problem in found] == ["warning", "note"]
    assert all(word in found[0].message.words("zh") for word in ("商家编码", "30", "A2", "'B-0"))
    assert "U+00A0" in found[1].message.words("en")


@pytest.mark.parametrize(
    "header", ["价格" + "(元)" * 5_000, "(" * 30_000, "*" * 30_000, "价格" + " (" * 15_000, "价格" * 15_000]
)
def test_a_header_of_absurd_length_is_the_staffs_own(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"商家编码,标题,{header}\nA-1,甲,3\n", encoding="utf-8")
    began = time.perf_counter()
    assert PRICE not in read_one(path).cells
    assert time.perf_counter() - began < 1
