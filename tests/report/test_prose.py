"""Chinese text in the terminal: it breaks anywhere, but not before a full stop, and never runs over the edge."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from sync.report.prose import Prose


def lines_of(text: str, width: int, most: int | None = None) -> list[str]:
    console = Console(width=width, file=StringIO(), color_system=None)
    rendered = console.render_lines(Prose(Text(text), most), pad=False)
    return ["".join(segment.text for segment in line).rstrip("\n") for line in rendered]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        pytest.param("价格太低请改高", 6, ["价格太", "低请改", "高"], id="chinese fills each line"),
        pytest.param("改价格，好。", 6, ["改价", "格，", "好。"], id="punctuation keeps its character"),
        pytest.param("改为 19.90 元", 8, ["改为", "19.90 元"], id="a number stays whole"),
        pytest.param("ABCDEFGHIJ", 4, ["ABCD", "EFGH", "IJ"], id="a word wider than the line is cut"),
        pytest.param("", 10, [""], id="nothing is an empty line"),
    ],
)
def test_breaks(text: str, width: int, expected: list[str]) -> None:
    assert lines_of(text, width) == expected


def test_too_many_lines_end_in_an_ellipsis_that_fits() -> None:
    assert lines_of("去年的圣诞套餐已停售", 8, most=2) == ["去年的圣", "诞套餐…"]


@given(
    st.text(st.sampled_from("价格，。（）ab 19.90→¥“”"), max_size=60),
    st.integers(min_value=4, max_value=40),
)
def test_no_line_is_too_wide_and_no_sign_is_lost(text: str, width: int) -> None:
    lines = lines_of(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
