"""Excel's traps (docs/reference/sheet.md#traps): what stands in a cell → what the row asks for, or what is told and
where."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE, of_path
from sync.item import CLEAR, Cell, Row, Status, yuan
from sync.sheet.cells import parser, read_cell
from sync.sheet.read import read_sheet
from tests.sheet.workbooks import GOOD, LETTERS, edit_xml, read_one, told, write, write_items

ERROR, WARNING = "error", "warning"

ACCEPTED: list[tuple[str, object, str, Cell]] = [
    ("价格", 19.9, PRICE, 1990),
    ("价格", 20, PRICE, 2000),
    ("价格", 0.1 + 0.2, PRICE, 30),
    ("价格", "19.90", PRICE, 1990),
    ("价格", "¥1,234.50", PRICE, 123450),
    ("价格", "￥1,234.50", PRICE, 123450),
    ("价格", "1，234.50 元", PRICE, 123450),
    ("价格", "１９.９０", PRICE, 1990),
    ("价格", " 19.9\u3000", PRICE, 1990),
    ("价格", 0.01, PRICE, 1),
    ("价格", 100_000_000, PRICE, 10_000_000_000),
    ("库存", 0, INVENTORY, 0),
    ("库存", "12", INVENTORY, 12),
    ("库存", "1,200", INVENTORY, 1200),
    ("库存", 12.000000000001, INVENTORY, 12),
    ("目标状态", "有效", STATUS, Status.ACTIVE),
    ("目标状态", " 下架 ", STATUS, Status.INACTIVE),
    ("目标状态", "ＯＦＦ", STATUS, Status.INACTIVE),
    ("目标状态", "Delete", STATUS, Status.DELETED),
    ("目标状态", 1.0, STATUS, Status.ACTIVE),
    ("目标状态", 0, STATUS, Status.INACTIVE),
    ("目标状态", -1, STATUS, Status.DELETED),
    ("目标状态", "−1", STATUS, Status.DELETED),
    ("标题", "  好看的\r\n", TITLE, "好看的"),
    ("标题", "'90 的 ❤️ 👩‍🎤", TITLE, "'90 的 ❤️ 👩‍🎤"),
    ("标题", 2026, TITLE, "2026"),
    ("标题", 0.1 + 0.2, TITLE, "0.3"),
    ("商家编码", "\u3000007 ", OUTER_ID, "007"),
    ("商家编码", "3E8", OUTER_ID, "3E8"),
]


@pytest.mark.parametrize(
    ("header", "cell", "path", "value"), ACCEPTED, ids=[f"{one[0]}={one[1]!r}" for one in ACCEPTED]
)
def test_what_is_clear_is_read_silently(tmp_path: Path, header: str, cell: object, path: str, value: Cell) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {header: cell}))
    assert told(row.problems) == []
    assert row.cells[path] == value
    assert row.addresses[path] == f"{LETTERS[header]}2"


@pytest.mark.parametrize("cells", [(1, True), (True, 1)], ids=["1 first", "TRUE first"])
def test_true_is_no_1_wherever_in_the_column_it_stands(tmp_path: Path, cells: tuple[object, object]) -> None:
    items = [GOOD | {"商家编码": f"A-{cell}", "目标状态": cell} for cell in cells]
    rows = {row.outer_id: row for row in read_sheet(write_items(tmp_path / "a.xlsx", *items)).rows}
    assert rows["A-1"].cells[STATUS] == Status.ACTIVE
    assert told(rows["A-True"].problems) == [(f"I{rows['A-True'].number}", "status.not_known", ERROR)]


TRAPS: list[tuple[str, object, str, str]] = [
    ("商家编码", 123, "code.number", WARNING),
    ("商家编码", 123456789012345, "code.number", WARNING),
    ("商家编码", 1234567890123456, "code.digits_lost", ERROR),
    ("商家编码", 1.23e20, "code.digits_lost", ERROR),
    ("商家编码", 12.5, "code.digits_lost", ERROR),
    ("商家编码", "1.23E+11", "code.digits_lost", ERROR),
    ("商家编码", "Ａ－１", "code.normalised", WARNING),
    ("商家编码", "A\u200b1", "code.normalised", WARNING),
    ("商家编码", "A1\nA2", "code.line_break", ERROR),
    ("商家编码", True, "code.boolean", ERROR),
    ("商家编码", datetime(2026, 3, 4), "cell.became_date", ERROR),
    ("商家编码", "<清空>", "clear.refused", ERROR),
    ("商家编码", "  ", "code.missing", ERROR),
    ("商品ID", 123456789, "id.number", WARNING),
    ("商品ID", 123456789012345678, "id.digits_lost", ERROR),
    ("商品ID", "1.23E+17", "id.digits_lost", ERROR),
    ("商品ID", "A-1", "id.format", ERROR),
    ("商品ID", "0", "id.format", ERROR),
    ("商品ID", "9223372036854775808", "id.format", ERROR),
    ("商品ID", True, "id.format", ERROR),
    ("商品ID", "<clear>", "clear.refused", ERROR),
    ("标题", "上\n下", "text.line_break", WARNING),
    ("标题", datetime(2026, 3, 4), "cell.became_date", ERROR),
    ("标题", 1234567890123456, "text.digits_lost", ERROR),
    ("标题", "＜清空＞", "clear.refused", ERROR),
    ("价格", "abc", "price.not_number", ERROR),
    ("价格", "19.90/件", "price.not_number", ERROR),
    ("价格", "12,34", "price.not_number", ERROR),
    ("价格", True, "price.not_number", ERROR),
    ("价格", datetime(2026, 3, 4), "price.not_number", ERROR),
    ("价格", "9" * 500, "price.not_number", ERROR),
    ("价格", 19.905, "price.decimals", ERROR),
    ("价格", "19.905", "price.decimals", ERROR),
    ("价格", 99999999.994, "price.decimals", ERROR),
    ("价格", 0, "price.range", ERROR),
    ("价格", -1, "price.range", ERROR),
    ("价格", "-19.90", "price.range", ERROR),
    ("价格", 0.001, "price.decimals", ERROR),
    ("价格", 100_000_000.01, "price.range", ERROR),
    ("价格", 1e300, "price.range", ERROR),
    ("价格", "<清空>", "clear.refused", ERROR),
    ("价格", "#N/A", "cell.error", ERROR),
    ("库存", 12.5, "count.not_whole", ERROR),
    ("库存", "12件", "count.not_whole", ERROR),
    ("库存", True, "count.not_whole", ERROR),
    ("库存", time(8, 30), "count.not_whole", ERROR),
    ("库存", -1, "count.range", ERROR),
    ("库存", 2_147_483_648, "count.range", ERROR),
    ("库存", 1e300, "count.range", ERROR),
    ("库存", "+5", "count.signed", ERROR),
    ("库存", "<清空>", "clear.refused", ERROR),
    ("库存增减", 0.5, "change.not_whole", ERROR),
    ("库存增减", "五", "change.not_whole", ERROR),
    ("库存增减", -2_147_483_648, "change.range", ERROR),
    ("库存增减", "<清空>", "clear.refused", ERROR),
    ("目标状态", "在售", "status.not_known", ERROR),
    ("目标状态", 2, "status.not_known", ERROR),
    ("目标状态", True, "status.not_known", ERROR),
    ("目标状态", "<清空>", "clear.refused", ERROR),
    ("上架时间", "2026/11/21", "date.format", ERROR),
    ("上架时间", "2026-02-30", "date.format", ERROR),
    ("上架时间", 46024, "date.format", ERROR),
    ("上架时间", time(8, 0), "date.format", ERROR),
]


@pytest.mark.parametrize(
    ("header", "cell", "code", "level"), TRAPS, ids=[f"{one[0]}={str(one[1])[:20]!r}" for one in TRAPS]
)
def test_a_trap_is_told_with_its_cell(tmp_path: Path, header: str, cell: object, code: str, level: str) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {header: cell}))
    assert told(row.problems) == [(f"{LETTERS[header]}2", code, level)]
    assert row.invalid is (level == ERROR)


def test_what_a_warning_reads(tmp_path: Path) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {"商家编码": "Ａ１", "商品ID": 77, "标题": "上 \r\n 下"}))
    assert row.outer_id == "A1"
    assert row.item_id == "77"
    assert row.cells[TITLE] == "上 下"


def test_the_price_that_excel_computed(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"价格": 7})
    assert read_one(edit_xml(path, ("<v>7</v>", "<v>19.900000000000002</v>"))).cells[PRICE] == 1990


@pytest.mark.parametrize(
    "header", ["商家编码", "商品ID", "标题", "二级类目", "价格", "库存", "库存增减", "目标状态", "上架时间"]
)
@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="{}" t="e"><v>#N/A</v></c>', "cell.error"),
        ('<c r="{}" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "cell.error"),
        ('<c r="{}"><f>1/0</f></c>', "cell.not_calculated"),
        ('<c r="{}"><f>1/0</f><v></v></c>', "cell.not_calculated"),
    ],
    ids=["error", "formula with an error", "formula without a value", "formula with an empty value"],
)
def test_cells_that_look_empty_are_not(tmp_path: Path, header: str, cell: str, code: str) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {header: 4711})
    address = f"{LETTERS[header]}2"
    row = read_one(edit_xml(path, (f'<c r="{address}" t="n"><v>4711</v></c>', cell.format(address))))
    assert told(row.problems) == [(address, code, ERROR)]


def test_a_formula_that_says_nothing_is_an_empty_cell(tmp_path: Path) -> None:
    path = write_items(tmp_path / "a.xlsx", GOOD | {"库存": 4711})
    empty = '<c r="G2" t="str"><f>IF(A2="","",H2)</f><v></v></c>'
    row = read_one(edit_xml(path, ('<c r="G2" t="n"><v>4711</v></c>', empty)))
    assert INVENTORY not in row.cells
    assert told(row.problems) == []


def test_traits_are_found_in_cells_without_an_address(tmp_path: Path) -> None:
    """Other programs may leave the addresses out (ECMA-376, 18.3.1.4)."""
    path = write(tmp_path / "a.xlsx", [["商家编码", "价格"], ["A-1", 4711]])
    row = read_one(edit_xml(path, ('<c r="B2" t="n"><v>4711</v></c>', "<c t='e'><v>#REF!</v></c>")))
    assert told(row.problems) == [("B2", "cell.error", ERROR)]


def test_traits_are_found_in_prefixed_xml(tmp_path: Path) -> None:
    """The Open XML SDK writes every name with the prefix `x:`."""
    path = write(tmp_path / "a.xlsx", [["商家编码", "价格"], ["A-1", 4711]])
    prefixed = [("xmlns=", "xmlns:x="), ("</", "</x:"), ("<", "<x:"), ("<x:/x:", "</x:")]
    edit_xml(path, *prefixed, ('<x:c r="B2" t="n"><x:v>4711</x:v>', '<x:c r="B2"><x:f>1/0</x:f>'))
    assert told(read_one(path).problems) == [("B2", "cell.not_calculated", ERROR)]


# --- 类目 ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["丽人>美甲", "丽人 ＞ 美甲", " 丽人>美甲 "])
def test_a_category_in_one_column(tmp_path: Path, text: str) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "类目"], ["A-1", text]]))
    assert row.cells[CATEGORY] == ("丽人", "美甲")
    assert row.addresses[CATEGORY] == "B2"
    assert told(row.problems) == []


@pytest.mark.parametrize("text", ["美甲", "丽人/美甲", "丽人>", "丽人>美甲>法式"])
def test_a_category_that_cannot_be_split(tmp_path: Path, text: str) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "类目"], ["A-1", text]]))
    assert told(row.problems) == [("B2", "category.format", ERROR)]


def test_names_with_a_slash_and_in_another_width_are_found(tmp_path: Path) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "类目"], ["A-1", "丽人>美容/ｓｐａ"]]))
    assert row.cells[CATEGORY] == ("丽人", "美容/SPA")


def test_two_columns_stand_under_the_second_ones_address(tmp_path: Path) -> None:
    assert read_one(write_items(tmp_path / "a.xlsx", GOOD)).addresses[CATEGORY] == "E2"


@pytest.mark.parametrize(("filled", "missing"), [("一级类目", "E2"), ("二级类目", "D2")])
def test_half_a_category(tmp_path: Path, filled: str, missing: str) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", {"商家编码": "A-1", filled: "丽人"}))
    assert told(row.problems) == [(missing, "category.half", ERROR)]


@pytest.mark.parametrize(("item_id", "level"), [("", ERROR), ("10001", WARNING)], ids=["new item", "has an id"])
def test_a_category_outside_the_table_offers_the_nearest(tmp_path: Path, item_id: str, level: str) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {"二级类目": "美甲店", "商品ID": item_id}))
    assert told(row.problems) == [("E2", "category.unknown", level)]
    assert row.cells[CATEGORY] == ("丽人", "美甲店")
    assert "丽人>美甲？" in row.problems[0].message.words("zh") or "丽人>美甲、" in row.problems[0].message.words(
        "zh"
    )


# --- 库存增减 --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cell", "units"),
    [("+5", 5), ("-3", -3), ("−3", -3), (5, 5), (-3, -3), (0, None), ("0", None), ("＋５", 5)],
    ids=repr,
)
def test_a_change_is_signed(tmp_path: Path, cell: object, units: int | None) -> None:
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {"库存增减": cell}))
    assert row.stock_change == units
    assert told(row.problems) == []


def test_a_change_may_stand_beside_the_old_count(tmp_path: Path) -> None:
    """Whether it is the old one, only state and the platform can tell."""
    row = read_one(write_items(tmp_path / "a.xlsx", GOOD | {"库存": 3, "库存增减": 1}))
    assert (told(row.problems), row.cells[INVENTORY], row.stock_change) == ([], 3, 1)


# --- 自定义, 系统, <清空> --------------------------------------------------------------------------------------
@pytest.mark.parametrize("word", ["<清空>", "<clear>", "＜清空＞", "< CLEAR >"])
def test_a_field_of_the_shops_own_can_be_cleared(tmp_path: Path, word: str) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "自定义:品牌", "系统:market"], ["A-1", word, word]]))
    assert row.cells == {OUTER_ID: "A-1", "品牌": CLEAR, "_sys@market": CLEAR}
    assert told(row.problems) == []


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("上\n下", "上\n下"),
        (5, "5"),
        (1.5, "1.5"),
        (1e-7, "0.0000001"),
        (True, "TRUE"),
        (6901234567890, "6901234567890"),
    ],
    ids=repr,
)
def test_a_custom_value_is_text_as_excel_shows_it(tmp_path: Path, cell: object, text: str) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "自定义:品牌"], ["A-1", cell]]))
    assert row.cells["品牌"] == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [(3, 3), ("3", 3), ("9007199254740993", 9007199254740993), ("x", None), (1.5, None), (-1, None)],
)
def test_a_system_number(tmp_path: Path, cell: object, value: int | None) -> None:
    row = read_one(write(tmp_path / "a.xlsx", [["商家编码", "系统:domainId"], ["A-1", cell]]))
    assert row.cells.get("_sys@domainId") == value
    expected = [] if value is not None else [("B2", "number.not_whole", ERROR)]
    assert told(row.problems) == expected


# --- between rows ----------------------------------------------------------------------------------------------
def rows_of(path: Path) -> tuple[Row, ...]:
    return tuple(read_sheet(path).rows)


def test_the_same_code_twice_names_the_other_cells(tmp_path: Path) -> None:
    again: list[dict[str, object]] = [{"商家编码": code} for code in ("A-1", "A－1 ", "B-2")]
    first, second, third = rows_of(write_items(tmp_path / "a.xlsx", *again))
    assert told(first.problems) == [("A2", "code.twice", ERROR)]
    assert told(second.problems) == [("A3", "code.normalised", WARNING), ("A3", "code.twice", ERROR)]
    assert told(third.problems) == []
    assert "A3" in first.problems[0].message.words("zh")
    assert "A2" in second.problems[1].message.words("zh")


def test_many_of_the_same_code_are_not_all_named(tmp_path: Path) -> None:
    items: list[dict[str, object]] = [{"商家编码": "A-1"}] * 20
    problem = rows_of(write_items(tmp_path / "a.xlsx", *items))[0].problems[0]
    assert "A3、A4、" in problem.message.words("zh")
    assert "A3, A4, " in problem.message.words("en")
    assert "A12…" in problem.message.words("en")


def test_the_same_id_twice(tmp_path: Path) -> None:
    items: list[dict[str, object]] = [{"商家编码": f"A-{number}", "商品ID": "77"} for number in (1, 2)]
    problems = [told(row.problems) for row in rows_of(write_items(tmp_path / "a.xlsx", *items))]
    assert problems == [[("B2", "id.twice", ERROR)], [("B3", "id.twice", ERROR)]]


def test_merged_cells_make_their_rows_invalid(tmp_path: Path) -> None:
    items: list[dict[str, object]] = [{"商家编码": f"A-{number}"} for number in range(1, 5)]
    items[1]["价格"] = "9.90"
    path = write_items(tmp_path / "a.xlsx", *items)
    book = load_workbook(path)
    book.worksheets[0].merge_cells("F3:F4")
    book.worksheets[0].merge_cells("C2:C3")  # Nothing in it, so nothing is hidden by it.
    book.save(path)
    problems = [told(row.problems) for row in rows_of(path)]
    assert problems == [[], [("F3", "cell.merged", ERROR)], [("F4", "cell.merged", ERROR)], []]


def test_problems_are_told_from_left_to_right(tmp_path: Path) -> None:
    row = read_one(
        write_items(tmp_path / "a.xlsx", {"目标状态": "?", "价格": "?", "标题": "上\n下", "一级类目": "丽人"})
    )
    assert [problem.cell for problem in row.problems] == ["A2", "C2", "E2", "F2", "I2"]


@given(st.integers(1, 10_000_000_000))
def test_every_price_is_read_exactly(fen: int) -> None:
    field = of_path(PRICE)
    for raw in (yuan(fen), float(yuan(fen)), float(yuan(fen)) * (1 + 2**-52)):
        reading = read_cell(raw, field, parser(field))
        assert reading is not None
        assert reading.value == fen


@given(st.sampled_from([OUTER_ID, ITEM_ID, TITLE, PRICE, INVENTORY, STATUS, "品牌"]), st.text())
def test_no_text_breaks_a_parser(path: str, text: str) -> None:
    field = of_path(path)
    reading = read_cell(text, field, parser(field))
    assert reading is None or reading.value is not None or reading.message is not None
