"""Texts with separators as other systems export them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.fields import INVENTORY, PRICE
from sync.sheet.read import Sheet, read_sheet
from tests.sheet.workbooks import told


def read(tmp_path: Path, data: bytes | str) -> Sheet:
    path = tmp_path / "a.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_sheet(path)


@pytest.mark.parametrize(
    "top",
    ["商家编码\t,库存\t,价格\t", "商家编码\t;库存\t;价格\t", "商家编码,库存\t,价格\t\t\t", "商家编码\t库存\t价格,元"],
)
def test_the_separator_is_the_one_that_gives_the_most_known_headers(tmp_path: Path, top: str) -> None:
    separator = next(sign for sign in (";", ",", "\t") if top.count(sign) == 2 or sign == "\t")
    (row,) = read(tmp_path, f"{top}\nA-1{separator}4{separator}9\n").rows
    assert row.cells[INVENTORY] == 4


@pytest.mark.parametrize("cells", ["A-1,4,1,280.00", "A-1,4,1,280,00", "A-1,1,004,9", "A-1,4,9,,x"])
def test_a_row_with_more_cells_than_headers_is_an_error(tmp_path: Path, cells: str) -> None:
    rows = read(tmp_path, f"商家编码,库存,价格\n{cells}\nA-2,5,6\n").rows
    assert told(rows[0].problems) == [("A2", "row.too_wide", "error")]
    assert not rows[1].problems


@pytest.mark.parametrize("cells", ["A-1,4,9,", "A-1,4,9, ,,", 'A-1,4,"1,280.00"'])
def test_empty_cells_beyond_the_headers_are_none(tmp_path: Path, cells: str) -> None:
    assert not read(tmp_path, f"商家编码,库存,价格\n{cells}\n").rows[0].problems


@pytest.mark.parametrize("end", [b"\x1a", b"\r\n\x1a", b"\x1a\x1a"])
def test_a_dos_end_mark_ends_the_text(tmp_path: Path, end: bytes) -> None:
    (row,) = read(tmp_path, "商家编码,价格\r\nA-1,9".encode("gbk") + end).rows
    assert row.cells[PRICE] == 900


def test_the_euro_sign_of_windows_is_read(tmp_path: Path) -> None:
    data = "商家编码,价格,备注\r\nA-1,9,进价".encode("gbk") + b"\x805\r\nA-2,8,\x80\r\n"
    assert [row.cells[PRICE] for row in read(tmp_path, data).rows] == [900, 800]


@pytest.mark.parametrize(
    ("data", "line", "byte"),
    [
        ("商家编码,价格\nA-1,9\nA-2\x01,8\n".encode(), 3, "0x01"),
        ("商家编码,价格\nA-1,9\x0e\n".encode("gbk"), 2, "0x0E"),
        ("商家编码,价格\n".encode("gbk") + b"A-1,9\nA-2,\xff\n", 3, "0xFF"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_byte(
    tmp_path: Path, data: bytes, line: int, byte: str
) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, data)
    assert refused.value.message.code == "sheet.bad_byte"
    assert str(line) in refused.value.message.words("zh")
    assert byte in refused.value.message.words("en")


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\x89PNG\r\n\x1a\n\0\0", b"", b"\x1a"])
def test_what_is_no_text_is_no_workbook(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read(tmp_path, data)
    assert refused.value.message.code == "sheet.not_workbook"
