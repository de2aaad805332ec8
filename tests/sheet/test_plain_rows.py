"""Many rows at a time: which are taken in at once, and that results find theirs wherever they are by now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.call import Result, RowResult
from sync.item import SHOP_TIME
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.plain_rows import plain_rows
from sync.sheet.writeback.rehearsal import rehearse
from sync.sheet.writeback.stream import Cutter
from tests.sheet.packages import ITEM, KEY, package, worksheet
from tests.sheet.rich import parts, remaining

AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)
NAMES = ElementPatterns(b"")
CODE = '<c r="B2" t="inlineStr"><is><t>A-1</t></is></c>'
ROWS = 3000
"""They are read in about three blocks."""


def taken(xml: str) -> tuple[Sequence[int], Sequence[bytes], Sequence[bytes], Sequence[bytes]] | None:
    """The rows, of which B is the code, C is read again and D the last column."""
    return plain_rows(xml.encode(), NAMES, 2, (3,), 4)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (CODE, ([2], (b"",), (b"A-1",), [])),
        ('<c r="B2" s="4" t="s"><v>7</v></c>', ([2], (b"7",), (b"",), [])),
        (f'<c r="A2"><v>1</v></c>{CODE}<c r="D2" s="1"/>', ([2], (b"",), (b"A-1",), [])),
        (f'{CODE}<c r="C2" s="1" t="s"><v>9</v></c>', ([2], (b"",), (b"A-1",), [b"9"])),
        (f'{CODE}<c r="C2" t="str"><v>9</v></c>', ([2], (b"",), (b"A-1",), [])),
        (f'{CODE}<c r="E2" s="1"/><c r="AA2" s="1"/>', ([2], (b"",), (b"A-1",), [])),
        (f'{CODE}<c r="C2" t="inlineStr"/><c r="D2" t="s"><v>9</v></c>', ([2], (b"",), (b"A-1",), [])),
        (f'{CODE}<c r="C2" t="str"></c><c r="D2" s="1"></c>', ([2], (b"",), (b"A-1",), [])),
        (f'{CODE}<c r="D2" t="inlineStr"><is><t xml:space="preserve"> x</t></is></c>', ([2], (b"",), (b"A-1",), [])),
    ],
)
def test_plain_rows_are_taken_in(cells: str, found: object) -> None:
    xml = f'<row r="2" spans="1:4" x14ac:dyDescent="0.2">{cells}</row>'
    assert taken(xml) == found
    assert NAMES.tidy_rows.fullmatch(xml.encode())


@pytest.mark.parametrize(
    "cells",
    [
        "",
        f"{CODE}\n",
        CODE + CODE,
        f'{CODE}<c r="A2"/>',
        f'{CODE}<c r="D2"/><c r="D2"/>',
        f'{CODE}<c r="E2"><v>1</v></c>',
        f'{CODE}<c r="D2"><f>A1</f><v>1</v></c>',
        f'{CODE}<c r="D2"><v>1<b/></v></c>',
        f'{CODE}<c r="C2" t="s"/>',
        f'{CODE}<c r="C2" t="inlineStr"><is><t>x</t></is><v>9</v></c>',
        f'{CODE}<c t="s" r="C2"><v>9</v></c>',
        f'{CODE}<c r="C2" t="s" s="1"><v>9</v></c>',
        CODE.replace("B2", "B3"),
        CODE.replace("B2", "B02"),
        f'{CODE}<c r="C3" t="str"><v>9</v></c>',
        f'{CODE}<c r="D02"><v>9</v></c>',
        f'{CODE}<c r="D2"><v>\x01</v></c>',
        CODE.replace("A-1", "A&amp;1"),
        CODE.replace("A-1", "A_x0041_"),
        CODE.replace("inlineStr", "str"),
        CODE.replace("<t>", '<t xml:space="preserve">'),
        f"{CODE}<!-- -->",
    ],
)
def test_other_rows_are_looked_at_one_by_one(cells: str) -> None:
    usual = f'<row r="1">{CODE.replace("B2", "B1")}</row>'
    assert taken(usual)
    assert taken(f'{usual}<row r="2">{cells}</row>') is None


@pytest.mark.parametrize("between", ["\n", " ", "x", '<row r="7"/>', "<!-- -->"])
def test_rows_with_anything_between_are_not_plain(between: str) -> None:
    row = f'<row r="2">{CODE}</row>'
    assert taken(row + between + row.replace("2", "3")) is None


@pytest.mark.parametrize(
    ("chunks", "blocks"),
    [
        ([b"<row/></row>", b"<row></row>"], [b"<row/></row>", b"<row></row>"]),
        ([b"</row><ro", b"w></row><row>", b"</row></sheetData>"], [b"</row>", b"<row></row>", b"<row></row>"]),
        ([b"<row>", b"", b"</row>"], [b""]),
        ([b"<row>", b"<!-- </row> -->"], [b""]),
        ([b"<row></sheetData>", b"</row>"], [b""]),
    ],
    ids=["whole", "cut", "only the next is read", "a comment", "no row after the last"],
)
def test_a_row_that_a_chunk_ends_within_goes_with_the_next(chunks: Sequence[bytes], blocks: Sequence[bytes]) -> None:
    cutter = Cutter([b"<sheetData>", *chunks])
    cutter.cut(b"<sheetData>")
    assert [cutter.cut_block(b"</row>", b"</sheetData") for _ in blocks] == blocks
    assert cutter.cut_block(b"</row>", b"</sheetData") == b""


def book(path: Path, codes: Sequence[str], *, shared: bool) -> Path:
    with Workbook(path, {"constant_memory": not shared}) as made:
        sheet = made.add_worksheet("商品")
        sheet.write_row(0, 0, ("商家编码", "标题", "价格"))
        for number, code in enumerate(codes, start=1):
            sheet.write_row(number, 0, (code, f"猫眼 {code}", 19.9))
    return path


def read_codes() -> list[str]:
    return [f"A-{number}" for number in range(ROWS)]


def results() -> list[RowResult]:
    return [RowResult(row, code, Result.DONE, item_id=None, at=AT) for row, code in enumerate(read_codes(), start=2)]


@pytest.mark.parametrize("shared", [True, False])
def test_all_rows_are_found_and_nothing_else_changes(tmp_path: Path, shared: bool) -> None:
    path = book(tmp_path / "a.xlsx", read_codes(), shared=shared)
    before = parts(path)["xl/worksheets/sheet1.xml"]
    assert rehearse(path, read_sheet(path)) is None
    assert write_back(path, read_sheet(path).layout, results(), "zh").unplaced == ()
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]
    assert {row[3] for row in rows} == {"完成"}
    cells = {f"{column}{row}" for column in "DEF" for row in range(1, ROWS + 2)}
    assert remaining(parts(path)["xl/worksheets/sheet1.xml"], cells) == remaining(before, cells)


@pytest.mark.parametrize("shared", [True, False])
def test_rows_that_moved_in_a_large_sheet_are_found_by_their_codes(tmp_path: Path, shared: bool) -> None:
    codes = read_codes()
    sheet = read_sheet(book(tmp_path / "a.xlsx", codes, shared=shared))
    codes[5], codes[2900] = codes[2900], codes[5]
    codes[1500:1502] = ["B-1"]
    path = book(tmp_path / "a.xlsx", codes, shared=shared)
    told = rehearse(path, sheet)
    assert told is not None
    assert (told.code, told.words("en").count("1502"), told.words("en").count("1503")) == ("writeback.no_rows", 1, 1)
    written = write_back(path, sheet.layout, results(), "zh")
    assert [result.outer_id for result in written.unplaced] == ["A-1500", "A-1501"]
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]
    assert [row[0] for row in rows if row[3] != "完成"] == ["B-1"]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("what", "instead"),
    [
        (r'(<row r="2000".*?</row>)', r"\1\1"),
        (r'(<row r=")2000(".*?</row>)', r"\g<1>3\2"),
        (r'<row r="2000".*?</row>', r""),
        (r"</row>(?=</sheetData>)", r"</c></row>"),
        (r'(<c r="C2000".*?</c>)', r"\1\1"),
        (r'<c r="C2000"', r'<c r="C1999"'),
        (r"猫眼 A-1998(?=<)", "猫眼 \x01"),
        (r"猫眼 A-1998(?=<)", "猫眼 ]]>"),
    ],
    ids=[
        "twice",
        "out of order",
        "gone",
        "not well-formed",
        "a cell twice",
        "a cell of another row",
        "no sign",
        "]]>",
    ],
)
def test_the_rehearsal_finds_what_is_wrong_far_down(tmp_path: Path, what: str, instead: str) -> None:
    path = book(tmp_path / "a.xlsx", read_codes(), shared=False)
    sheet = read_sheet(path)
    broken, count = re.subn(what, instead, parts(path)["xl/worksheets/sheet1.xml"].decode())
    assert (rehearse(path, sheet), count) == (None, 1)
    assert rehearse(package(path, broken), sheet) is not None


@pytest.mark.one_in(3)
@pytest.mark.parametrize("padded", [r"\g<1>0\2", r"\g<1>00\2"])
@pytest.mark.parametrize("what", [r'(<c r="[AB])(100|2000)(?=")', r'(<row r="|<c r="[AB])(100|2000)(?=")'])
def test_a_stock_change_is_cleared_however_its_address_is_written(tmp_path: Path, what: str, padded: str) -> None:
    path = tmp_path / "a.xlsx"
    with Workbook(path, {"constant_memory": True}) as made:
        sheet = made.add_worksheet("商品")
        sheet.write_row(0, 0, ("商家编码", "库存增减"))
        for number, code in enumerate(read_codes(), start=1):
            sheet.write_row(number, 0, (code, 2))
    xml, count = re.subn(what, padded, parts(path)["xl/worksheets/sheet1.xml"].decode())
    read = read_sheet(package(path, xml))
    assert (rehearse(path, read), count > 3) == (None, True)
    done = [replace(result, change_applied=2) for result in results()]
    assert write_back(path, read.layout, done, "zh").standing == ()
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]
    assert {(row[1], row[2]) for row in rows} == {("", "完成")}


WITH_FORMULA = ITEM.replace("<v>9<", "<f>3*3</f><v>9<")


@pytest.mark.parametrize("rows", [ITEM + KEY, WITH_FORMULA + KEY])
def test_headers_that_are_out_of_order_are_refused_like_any_row(tmp_path: Path, rows: str) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(rows))
    told = rehearse(path, read_sheet(path))
    assert told is not None
    assert (told.code, "out of order" in told.words("en")) == ("writeback.cannot", True)


def test_the_rehearsal_finds_a_sorting_that_could_not_be_widened(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    sorting = '<autoFilter ref="A1:B2"><sortState ref="{}"/></autoFilter>'
    told = [
        rehearse(path, read_sheet(package(path, worksheet(KEY + ITEM, after=sorting.format(ref)))))
        for ref in ("A2:B2", "nowhere")
    ]
    assert [each and each.code for each in told] == [None, "writeback.cannot"]
