"""`.xls`: texts, dates and passwords as Excel itself takes them, and what is older than `.xls`."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.fields import PRICE, TITLE
from sync.sheet.read import read_sheet
from tests.sheet.compound import PASSWORD, Record, code_page, compound, number_format, of_excel_95, save, workbook

CELLS: list[list[str | float]] = [["商家编码", "标题", "价格"], ["msg", "猫眼", 9.0]]


def _price(path: Path) -> object:
    (row,) = read_sheet(path).rows
    assert (row.outer_id, row.cells[TITLE]) == ("msg", "猫眼")
    return row.cells[PRICE] if not row.problems else row.problems[0].code


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("scattered", [False, True])
@pytest.mark.parametrize("page", [None, 1200, 936, 950, 1252, 10_000, 65_001, 0, 99])
def test_texts_are_read_whatever_code_page_is_named(tmp_path: Path, page: int | None, scattered: bool) -> None:
    extra = [code_page(page)] if page is not None else []
    stream = workbook(CELLS, (0x5C, bytes(4200)), *extra)
    assert _price(save(tmp_path / "a.xls", compound(stream, scattered=scattered))) == 900


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    ("number", "code"),
    [(52, "#,##0.00"), (14, "0.00"), (27, "0"), (31, "General"), (45, '"¥"0.00'), (58, "￥#,##0"), (164, "0.00")],
)
def test_a_format_that_the_file_redefines_makes_no_date(tmp_path: Path, number: int, code: str) -> None:
    stream = workbook(CELLS, code_page(1200), number_format(number, code), formats=[0, number], style=1)
    assert _price(save(tmp_path / "a.xls", compound(stream))) == 900


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("extra", [[], [number_format(52, "yyyy/m/d")], [number_format(57, "0.00")]])
def test_a_date_stays_one(tmp_path: Path, extra: list[Record]) -> None:
    stream = workbook(CELLS, code_page(936), *extra, formats=[0, 52], style=1)
    assert _price(save(tmp_path / "a.xls", compound(stream))) == "price.not_number"


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", ["Book", "Workbook"])
@pytest.mark.parametrize(
    ("page", "encoding"),
    [(936, "gbk"), (936, "gb18030"), (950, "big5"), (932, "cp932"), (949, "cp949"), (65_001, "utf-8")],
)
def test_texts_of_excel_95_are_read_by_their_code_page(tmp_path: Path, page: int, encoding: str, name: str) -> None:
    heads: list[str | float] = ["outer_id", "price", "title"]
    title = {932: "ネイル", 949: "네일", 950: "貓眼"}.get(page, "猫眼")
    stream = of_excel_95([heads, ["A-1", 9.0, title]], page, encoding)
    (row,) = read_sheet(save(tmp_path / "a.xls", compound(stream, name))).rows
    assert (row.outer_id, row.cells[PRICE], row.cells[TITLE], row.problems) == ("A-1", 900, title, ())


def test_a_western_text_of_excel_95_stays_what_it_is(tmp_path: Path) -> None:
    stream = of_excel_95([["outer_id", "title"], ["A-1", "Café “x” €"]], 1252, "cp1252", name="Café")
    (row,) = read_sheet(save(tmp_path / "a.xls", compound(stream, "Book"))).rows
    assert row.cells[TITLE] == "Café “x” €"


def test_a_password_of_excel_95_is_told(tmp_path: Path) -> None:
    stream = of_excel_95(CELLS, 936, "gbk", (0x2F, b"\x12\x34\x56\x78"))
    assert _refused(save(tmp_path / "a.xls", compound(stream, "Book"))) == "sheet.encrypted"


def _refused(path: Path) -> str:
    with pytest.raises(Refusal) as refused:
        read_sheet(path)
    return refused.value.message.code


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("extra", [[PASSWORD], [code_page(936), PASSWORD], [PASSWORD, code_page(1252)]])
def test_a_password_is_told(tmp_path: Path, extra: list[Record]) -> None:
    assert _refused(save(tmp_path / "a.xls", compound(workbook(CELLS, *extra)))) == "sheet.encrypted"


@pytest.mark.parametrize("begin", ["0900040007001000", "0902060000001000", "0904060000001000", "0908080000051000"])
def test_what_is_older_is_said_to_be(tmp_path: Path, begin: str) -> None:
    assert _refused(save(tmp_path / "a.xls", bytes.fromhex(begin) + bytes(600))) == "sheet.too_old"


@pytest.mark.parametrize(
    ("at", "content"),
    [
        (30, b"\xff\xff"),  # sectors of no size
        (48, b"\x00\x00\xff\x7f"),  # no directory
        (68, b"\x00\x00\x00\x00"),  # a table that goes on in itself
        (512 + 8, b"\x02\x00\x00\x00"),  # a stream that goes on in itself
        (1024 + 128, b"X"),  # no workbook
        (1536, b"\x00\x00\x00\x00"),  # no begin
        (1536 + 22, b"\xff\xff"),  # a record without end
    ],
)
def test_what_is_damaged_ends_in_words(tmp_path: Path, at: int, content: bytes) -> None:
    data = bytearray(compound(workbook(CELLS, code_page(936))))
    data[at : at + len(content)] = content
    path = save(tmp_path / "a.xls", bytes(data))
    try:
        assert read_sheet(path).rows
    except Refusal as refused:
        assert refused.message.code in ("sheet.damaged", "sheet.no_key")
