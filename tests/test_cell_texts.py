"""What rows ask for, written by column: the same as row by row."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.cell_texts import said_by_row
from sync.fields import STATUS, TITLE
from sync.item import CLEAR, Cell, Path, Row, Status, opaque, said
from sync.rows import Rows

TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.text('",\\:{}[]甲\n\0', max_size=6)
CELLS = st.one_of(
    TEXTS,
    st.integers(-(2**40), 2**40),
    st.booleans(),
    st.sampled_from([*Status]),
    st.tuples(TEXTS, TEXTS),
    st.just(CLEAR),
    st.sampled_from([opaque({"a": 1}), opaque(True)]),
)
PATHS = st.sampled_from([TITLE, STATUS, "品牌", "a", "é", "𝒜", '"', ""])


@given(st.lists(st.dictionaries(PATHS, CELLS)))
@example([{TITLE: '","'}, {TITLE: 'a","b'}, {TITLE: "\\"}, {TITLE: '\\","\\'}])
@example([{TITLE: '5",'}, {TITLE: "甲"}, {TITLE: ","}, {TITLE: '",'}, {TITLE: "乙"}])
@example([{STATUS: 1}, {STATUS: True}, {STATUS: Status.ACTIVE}, {}])
@example([{}, {}])
def test_a_text_made_by_column_is_the_one_made_by_row(sheet: list[Mapping[Path, Cell]]) -> None:
    rows = Rows(Row(number, "A", cells=cells) for number, cells in enumerate(sheet))
    assert [*rows.said] == [said(cells) for cells in sheet]


def test_half_a_character_says_what_nothing_remembered_says() -> None:
    columns: Mapping[Path, list[Cell | None]] = {TITLE: ["甲", "半个\ud83d"]}
    assert [*said_by_row(columns, 2)] == [said({TITLE: "甲"}), b"{?}"]
    with pytest.raises(TypeError):
        said({TITLE: "半个\ud83d"})
