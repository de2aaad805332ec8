"""A column that is read at once says what each of its cells says by itself."""

from __future__ import annotations

import csv
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.errors import Refusal
from sync.fields import ITEM_ID, OUTER_ID, PRICE, SKU_FIELD, STATUS, TITLE, Column, Field, of_column, of_path
from sync.rows import Rows
from sync.sheet.cells import parser, read_cell
from sync.sheet.column_reading import read_column
from sync.sheet.files.workbook import Raw
from sync.sheet.plain_texts import are_plain, plain_texts
from sync.sheet.read import read_sheet

FIELDS = (
    *map(of_path, (OUTER_ID, ITEM_ID, TITLE, PRICE, STATUS, "品牌")),
    *map(of_column, (Column.CATEGORY_1, Column.STOCK_CHANGE, Column.LIST_AT)),
    SKU_FIELD,
)
SIGNS = "aZ09 .-_/美Ａ０'‘`=\"+<＜>#E\t\r\n\u200b\u200d\ufe0f\xa0\u3000\u2800\u3164👩"
TEXTS = st.text(SIGNS, max_size=6) | st.sampled_from(
    ["<清空>", "#N/A", '="007"', "1E+05", "9" * 19, "上架", "x" * 501]
)
PARTS = st.floats(allow_nan=False).filter(lambda number: not number.is_integer())
RAWS = TEXTS | st.integers(-2, 10**16) | PARTS | st.booleans() | st.just(datetime(2026, 11, 20))


@given(st.lists(RAWS, max_size=12), st.sampled_from(FIELDS))
def test_a_column_says_what_its_cells_say(raws: list[Raw], field: Field) -> None:
    each = [read_cell(raw, field, parser(field)) for raw in raws]
    read = read_column(raws, field)
    assert [*map(repr, read.cells)] == [repr(one.value if one else None) for one in each]
    told = {place: one for place, one in enumerate(each) if one and (one.message or one.unseen)}
    assert {place: one for place, one in read.told.items() if one.message or one.unseen} == told


@given(st.lists(TEXTS.filter(bool), unique=True), st.sampled_from(FIELDS))
def test_a_plain_text_is_taken_as_it_is(texts: list[str], field: Field) -> None:
    for text in plain_texts(texts, field):
        assert read_cell(text, field, parser(field)) == (text, None, "error", None)
    assert are_plain(texts, field) <= (len(plain_texts(texts, field)) == len(texts))


@pytest.mark.parametrize("path", [OUTER_ID, ITEM_ID, TITLE, "品牌"])
def test_one_odd_text_leaves_the_others_plain(path: str) -> None:
    usual = [str(100 + number) for number in range(5)]
    assert [*plain_texts([*usual, "<清空>"], of_path(path))] == usual


ASKED = ("商家编码", "商品ID", "标题", "价格", "库存", "库存增减", "上架时间", "活动价", "活动开始", "活动结束")
TYPED = ("", "", "A-1", "007", "12", "<清空>", "0", "x", "2026-11-20", "2026-11-21 08:00", "#N/A", " B ", "合计")


@given(st.lists(st.lists(st.sampled_from(TYPED), min_size=len(ASKED), max_size=len(ASKED)), max_size=6))
@settings(max_examples=150)
def test_columns_say_what_their_rows_say(lines: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(Refusal):
        path = Path(folder) / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([ASKED, *lines])
        read = read_sheet(path).rows
        made = Rows(read.every)
        for name in ("numbers", "codes", "item_ids", "skus", "stock_changes", "timed", "told"):
            assert [*getattr(read, name)] == [*getattr(made, name)], name
        assert {*made.paths} <= {*read.paths}
        for asked in (*read.paths, ITEM_ID, "品牌"):
            assert [*read.column(asked)] == [*made.column(asked)], asked
        assert [*read.at([0])] == [made[0]]
