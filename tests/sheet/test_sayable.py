"""What a cell can say: whatever passes is read back as that very value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE, category_table
from sync.item import Opaque, Path, Status, Value
from sync.sheet.dataframe import read_dataframe
from sync.sheet.making.pulled import lay_out, pulled_dataframe, write_pulled
from sync.sheet.making.sayable import LONGEST, Speech, can_head_a_column
from sync.sheet.read import read_sheet

SPEECH = Speech(category_table(), "zh")


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (TITLE, "猫眼美甲 含卸甲", True),
        (TITLE, "两行\n标题", False),
        (TITLE, " 前有空格", False),
        (TITLE, "<清空>", False),
        (TITLE, "#REF!", False),
        (TITLE, "=1+1", True),
        (TITLE, "字" * LONGEST, True),
        (TITLE, "字" * (LONGEST + 1), False),
        (TITLE, "😀" * (LONGEST // 2 + 1), False),
        (TITLE, "响\x07铃", False),
        (TITLE, "半个\ud83d", False),
        (PRICE, 1990, True),
        (PRICE, 0, False),
        (PRICE, 10_000_000_000, True),
        (PRICE, Opaque('"19.9"'), False),
        (INVENTORY, 0, True),
        (INVENTORY, -1, False),
        (INVENTORY, 2**31, False),
        (STATUS, Status.INACTIVE, True),
        (STATUS, Opaque("7"), False),
        (CATEGORY, ("丽人", "美甲"), True),
        (CATEGORY, ("服装", "女装"), True),
        (CATEGORY, ("丽人", "美甲 "), False),
        (CATEGORY, ("服>装", "女装"), False),
        (CATEGORY, ("丽人",), False),
        (CATEGORY, ("丽人", ""), False),
        (CATEGORY, Opaque('["丽人"]'), False),
        ("_sys@domainId", 2**62, True),
        ("_sys@market", "m", True),
        ("品牌", "第一行\n第二行", True),
        ("品牌", "第一行\r\n第二行", False),
        ("品牌", "", False),
        ("件数", Opaque("5"), True),
        ("热卖", Opaque("true"), True),
        ("规格", Opaque('{"a": 1}'), False),
        ("规格", Opaque("[1]"), False),
    ],
)
def test_what_a_cell_can_say(path: Path, value: Value, says: bool) -> None:
    assert SPEECH.says(path, value) is says


@pytest.mark.parametrize(
    ("name", "can"),
    [
        ("品牌", True),
        ("a:b", True),
        ("sys:market", True),
        ("品牌 ", False),
        ("", False),
        ("sync note", True),
        ("坏\x07", False),
        ("长" * 300, False),
    ],
)
def test_what_can_head_a_column(name: str, can: bool) -> None:
    assert can_head_a_column(name) is can


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(
    ["<clear>", "#N/A", "1.5E+10", "007", "TRUE", "'", "=A1", "_x0041_", "\u3000", "１２", "-", "2026-11-21"]
)
VALUES = TEXTS | st.integers(-5, 10**20).map(lambda number: Opaque(str(number))) | st.just(Opaque('{"a": 1}'))


@settings(max_examples=15, deadline=None)
@given(items=st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), min_size=1, max_size=4), titles=TEXTS)
def test_a_pulled_sheet_is_read_as_what_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, Value]], titles: str
) -> None:
    held = {str(number): {TITLE: titles, PRICE: 1990, **item} for number, item in enumerate(items, start=1)}
    pulled = lay_out(held, {}, category_table(), "zh")
    out = tmp_path_factory.mktemp("pulled") / "new.xlsx"
    write_pulled(out, pulled, category_table(), "zh")
    read = read_sheet(out).rows
    assert [row.item_id for row in read] == [row.item_id for row in pulled.rows]
    for row, made in zip(read, pulled.rows, strict=True):
        assert not row.invalid
        assert {path: _text(value) for path, value in row.cells.items()} == {
            path: _text(value) for path, value in made.cells.items()
        }
    by_code = {row.outer_id: (row.item_id, row.cells) for row in read_dataframe(pulled_dataframe(pulled, "zh")).rows}
    assert by_code == {row.outer_id: (row.item_id, row.cells) for row in read}


def test_a_pulled_dataframe_has_exact_numbers_and_texts() -> None:
    items: dict[str, dict[str, Value]] = {
        "1": {OUTER_ID: "007", TITLE: "甲", CATEGORY: ("丽人", "美甲"), PRICE: 1990, "品牌": "OPI"},
        "2": {INVENTORY: 3},
    }
    frame = pulled_dataframe(lay_out(items, {}, category_table(), "en"), "en")
    assert {name: str(dtype) for name, dtype in frame.dtypes.items() if dtype != "string"} == {
        "price": "object",
        "inventory": "Int64",
    }
    assert frame.astype(object).where(frame.notna(), "").to_numpy().tolist() == [
        ["007", "1", "甲", "丽人", "美甲", Decimal("19.90"), "", "", "OPI"],
        ["2", "2", "", "", "", "", 3, "", ""],
    ]


def _text(value: object) -> object:
    """A number or a truth of the platform's is a text in the sheet."""
    return value.text if isinstance(value, Opaque) else value
