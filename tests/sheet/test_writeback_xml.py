"""Worksheets as no library writes them: other programs' ways, and what the standard allows though few do it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import OUTER_ID, Column
from sync.item import SHOP_TIME, clock_face
from sync.messages import say
from sync.sheet.columns import Layout
from sync.sheet.read import read_sheet
from sync.sheet.writeback import Written, write_back
from sync.sheet.writeback.worksheet import RawRow
from tests.sheet.packages import MAIN, package, worksheet
from tests.sheet.rich import changed, parts

AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)
LAYOUT = Layout("商品", 1, {OUTER_ID: "A", Column.STOCK_CHANGE: "B"}, 2, "zh")
HEADERS = '<row r="1"><c r="A1" t="inlineStr"><is><t>商家编码</t></is></c><c r="B1" t="str"><v>库存增减</v></c></row>'
ROW = '<row r="2"><c r="A2" t="inlineStr"><is><t>A-1</t></is></c><c r="B2"><v>5</v></c></row>'
DONE = RowResult(2, "A-1", Result.DONE, achieved=(say("code.missing"),), change_applied=5, at=AT)
WRITTEN = (Column.RESULT, Column.NOTE, Column.SYNCED_AT)
SHEET = "xl/worksheets/sheet1.xml"


def put(path: Path, *results: RowResult, layout: Layout = LAYOUT) -> Written:
    return write_back(path, layout, results or (DONE,), "zh")


def shown(path: Path) -> list[list[object]]:
    """The values, as calamine reads them."""
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)  # type: ignore[return-value]


def xml(path: Path) -> str:
    return parts(path)[SHEET].decode()


PREFIXED = worksheet(HEADERS + ROW).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
VARIANTS = {
    "plain": worksheet(HEADERS + ROW),
    "prefixed": PREFIXED,
    "single quotes": worksheet(HEADERS + ROW).replace('"', "'"),
    "no addresses": worksheet(
        '<row><c t="inlineStr"><is><t>商家编码</t></is></c><c t="str"><v>库存增减</v></c></row>'
        '<row><c t="inlineStr"><is><t>A-1</t></is></c><c><v>5</v></c></row>'
    ),
    "pretty": worksheet(HEADERS + ROW).replace("><", ">\n  <"),
    "spaces in tags": worksheet(HEADERS + ROW).replace("</row>", "</row >").replace("</c>", "</c\n>"),
    "comments": worksheet(
        f'<!-- <row r="2"><c r="A2"/></row> -->{HEADERS}<?mark <row r="9"/> ?>'
        + ROW.replace("<v>5</v>", "<!-- </c></row> --><v>5</v>")
    ),
    "CDATA": worksheet(HEADERS + ROW.replace("A-1", "<![CDATA[A-1]]>")),
    "empty rows": worksheet(HEADERS + ROW + '<row r="7" hidden="1"/>'),
    "no numbers of rows": worksheet(HEADERS.replace(' r="1"', "", 1) + ROW.replace(' r="2"', "", 1)),
    "phonetic": worksheet(HEADERS + ROW.replace("<t>A-1</t>", "<r><t>A-</t></r><r><t>1</t></r><rPh><t>x</t></rPh>")),
    "an attribute with a sign": worksheet(HEADERS + ROW).replace('<row r="2"', '<row r="2" x="a>b"'),
}


@pytest.mark.parametrize("sheet", VARIANTS.values(), ids=VARIANTS)
def test_any_writers_worksheet_is_filled_in(tmp_path: Path, sheet: str) -> None:
    path = package(tmp_path / "a.xlsx", sheet)
    written = put(path)
    assert (written.unplaced, written.standing) == ((), ())
    rows = etree.fromstring(parts(path)[SHEET]).findall(".//{*}row")
    texts = [["".join(each.text or "" for each in cell.iter("{*}t", "{*}v")) for cell in row] for row in rows[:2]]
    assert texts[0] == ["商家编码", "库存增减", "同步结果", "同步说明", "同步时间"]
    assert texts[1][0].startswith("A-1")
    assert texts[1][1:3] == ["", "完成"]


@pytest.mark.parametrize("sheet", VARIANTS.values(), ids=VARIANTS)
def test_all_else_is_the_same_bytes(tmp_path: Path, sheet: str) -> None:
    """Without new columns and without a change to clear, whatever isn't a result's cell is copied as it is."""
    path = package(tmp_path / "a.xlsx", sheet)
    put(path)
    layout = Layout("商品", 1, {**LAYOUT.columns, **dict(zip(WRITTEN, "CDE", strict=True))}, 5, "zh")
    before = xml(path)
    put(path, replace(DONE, change_applied=None), layout=layout)
    assert xml(path) == before


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_become_utf8(tmp_path: Path, encoding: str) -> None:
    declared = "UTF-8" if encoding == "utf-8-sig" else "UTF-16"
    sheet = f'<?xml version="1.0" encoding="{declared}"?>' + worksheet(HEADERS + ROW)
    path = package(tmp_path / "a.xlsx", sheet.encode(encoding))
    put(path)
    assert shown(path)[1][2] == "完成"


def test_a_workbook_without_formats_gets_some(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW))
    put(path)
    assert shown(path)[1][4] == clock_face(AT)
    assert len(changed(parts(path), parts(path.with_name("a.bak.xlsx")))) == 4


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '<cols><col min="3" max="3" width="10"'),
        (
            '<cols><col min="1" max="16384" width="9" hidden="1"/></cols>',
            '<cols><col min="1" max="2" width="9" hidden="1"/><col min="3" max="3" width="10" customWidth="1"/>',
        ),
        (
            '<cols><col min="2" max="2" width="9"/></cols>',
            '<cols><col min="2" max="2" width="9"/><col min="3" max="3" width="10"',
        ),
        ("<cols/>", '<cols><col min="3" max="3" width="10"'),
    ],
)
def test_new_columns_are_wide_enough_and_seen(tmp_path: Path, before: str, after: str) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW, before=f'<dimension ref="A1:B2"/>{before}'))
    put(path)
    assert after in xml(path)
    assert '<dimension ref="A1:E2"/>' in xml(path)


def test_what_somebody_typed_right_of_the_table_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW.replace("</row>", '<c r="D2"><v>7</v></c></row>')))
    put(path)
    assert shown(path)[1][3:5] == [7, "完成"]


def test_headers_are_never_hidden_by_merged_cells(tmp_path: Path) -> None:
    merged = '<mergeCells count="2"><mergeCell ref="D1:F1"/><mergeCell ref="H1:I1"/></mergeCells>'
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW, after=merged))
    put(path)
    assert read_sheet(path).layout.columns[Column.RESULT] == "J"


def test_how_the_filtered_rows_were_sorted_takes_the_results_along(tmp_path: Path) -> None:
    sorted = '<sortState ref="A2:B2"><sortCondition ref="B2"/></sortState>'
    filter = f'<autoFilter ref="A1:B2">{sorted}</autoFilter>'
    view = f"<customSheetViews><customSheetView>{filter}</customSheetView></customSheetViews>"
    after = f"{filter}{sorted}{view}"
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW, after=after))
    put(path)
    wider = sorted.replace("A2:B2", "A2:E2")
    assert f'<autoFilter ref="A1:E2">{wider}</autoFilter>{wider}{view}' in xml(path)


def test_a_row_tells_of_its_new_cells(tmp_path: Path) -> None:
    row = ROW.replace('r="2"', 'r="2" spans="1:2" ht="15" customHeight="1"', 1).replace("</row>", "<extLst/></row>")
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + row))
    put(path)
    assert '<row r="2" spans="1:5" ht=' in xml(path)
    assert "</c><extLst/></row>" in xml(path)


def test_where_rows_do_not_grow_by_themselves_a_long_note_makes_room(tmp_path: Path) -> None:
    fixed = '<sheetFormatPr defaultRowHeight="15" customHeight="1"/>'
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW, before=fixed))
    put(path, RowResult(2, "A-1", Result.FAILED, achieved=(say("id.number"),) * 3))
    assert '<row r="2" ht="' in xml(path)


OLD_WIDTH = '<cols><col min="1" max="16384" width="{}" customWidth="1"/></cols>'
FIXED = '<sheetFormatPr defaultRowHeight="15" customHeight="1"/>'


@pytest.mark.parametrize("width", [1, 2, 200])
def test_the_room_is_that_of_the_note_columns_own_width(tmp_path: Path, width: int) -> None:
    heights = []
    for name, before in (("old.xlsx", FIXED + OLD_WIDTH.format(width)), ("new.xlsx", FIXED)):
        path = package(tmp_path / name, worksheet(HEADERS + ROW, before=before))
        put(path, RowResult(2, "A-1", Result.FAILED, achieved=(say("id.number"),) * 3))
        heights.append(re.findall('<row r="2" ht="([0-9.]+)"', xml(path)))
    assert heights[0] == heights[1]
    assert float(heights[0][0]) < 200


# --- formulas --------------------------------------------------------------------------------------------------
SHARED = (
    '<c r="B2"><f t="shared" ref="B2:B4" si="0">C2*2</f><v>5</v></c>',
    '<c r="B3"><f t="shared" si="0"/><v>6</v></c>',
    '<c r="B4"><f t="shared" si="0"/><v>7</v></c>',
)


def with_changes(*cells: str) -> str:
    """A sheet of which these cells are the 库存增减 of A-1, A-2…"""
    rows = (
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>A-{number - 1}</t></is></c>{cell}</row>'
        for number, cell in enumerate(cells, start=2)
    )
    return worksheet(HEADERS + "".join(rows))


def test_clearing_the_first_of_shared_formulas_leaves_the_others_whole(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", with_changes(*SHARED))
    put(path)
    assert '<c r="B2"/>' in xml(path)
    assert '<c r="B3"><f>C3*2</f><v>6</v></c>' in xml(path)
    assert '<c r="B4"><f>C4*2</f><v>7</v></c>' in xml(path)


def test_a_formula_is_cleared_by_its_result_only(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", with_changes('<c r="B2"><f>2+4</f><v>6</v></c>'))
    assert put(path).standing == (DONE,)
    assert "<f>2+4</f><v>6</v>" in xml(path)


def test_a_change_that_a_formula_would_fill_in_again_stays(tmp_path: Path) -> None:
    filled = '<c r="B2"><f t="array" ref="B2:B3">C2:C3</f><v>5</v></c>', '<c r="B3"><v>5</v></c>'
    path = package(tmp_path / "a.xlsx", with_changes(*filled))
    second = RowResult(3, "A-2", Result.DONE, change_applied=5)
    written = put(path, DONE, second)
    assert (written.standing, written.refilled) == ((), (DONE, second))
    assert [warning.code for warning in written.warnings] == ["writeback.refilled"]
    assert "A-1、A-2" in written.warnings[0].words("zh")
    assert all(cell in xml(path) for cell in filled)


TAKEN = {
    "one formula": ('<c r="C2"><f t="array" ref="C2:C3">B2:B3</f><v>5</v></c>', ""),
    "merged": ("", '<mergeCells><mergeCell ref="B3:D3"/></mergeCells>'),
}


@pytest.mark.parametrize("taken", TAKEN)
def test_a_row_whose_result_cannot_be_written_is_told_of(tmp_path: Path, taken: str) -> None:
    cell, after = TAKEN[taken]
    header = HEADERS.replace("</row>", '<c r="C1" t="str"><v>同步结果</v></c></row>')
    last = ROW.replace('r="2"', 'r="3"').replace("A2", "A3").replace("B2", "B3").replace("A-1", "A-2")
    rows = header + ROW.replace("</row>", f"{cell}</row>") + last
    path = package(tmp_path / "a.xlsx", worksheet(rows, after=after))
    second = RowResult(3, "A-2", Result.DONE, at=AT, asked_change=5)
    written = put(path, DONE, second, layout=read_sheet(path).layout)
    (told,) = written.warnings
    assert told.code == "writeback.covered"
    assert ("第 3 行" if taken == "merged" else "第 2、3 行") in told.words("zh")
    assert cell in xml(path)
    assert shown(path)[2][4] == clock_face(AT)


def test_an_array_formula_that_fills_its_own_cell_only_is_cleared(tmp_path: Path) -> None:
    own = '<c r="B2" cm="1"><f t="array" ref="B2">SUM(C2:C3*1)</f><v>5</v></c>'
    path = package(tmp_path / "a.xlsx", with_changes(own))
    assert put(path, DONE).standing == ()
    assert '<c r="B2"/>' in xml(path)


def test_the_list_of_formulas_goes_when_it_would_be_wrong(tmp_path: Path) -> None:
    chain = f'<calcChain xmlns="{MAIN}"><c r="B2" i="1"/></calcChain>'
    path = package(tmp_path / "a.xlsx", with_changes('<c r="B2"><f>2+3</f><v>5</v></c>'), calcChain=chain)
    pointers = parts(path)["xl/_rels/workbook.xml.rels"].decode()
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    more = pointers.replace("</Rel", f'<Relationship Id="rId9" Type="{kind}" Target="/calcChain"/></Rel')
    package(path, with_changes('<c r="B2"><f>2+3</f><v>5</v></c>'), calcChain=chain, **{"workbook.xml.rels": more})
    put(path)
    assert "calcChain" not in parts(path)
    assert "calcChain" not in parts(path)["xl/_rels/workbook.xml.rels"].decode()
    assert 'fullCalcOnLoad="1"' in parts(path)["xl/workbook.xml"].decode()


def test_formatted_rows_without_anything_are_not_looked_at_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(10, 20_000))
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW + empty))
    asked: list[int] = []
    cell = RawRow.cell

    def counted(row: RawRow, column: int) -> object:
        asked.append(row.number)
        return cell(row, column)

    monkeypatch.setattr(RawRow, "cell", counted)
    assert put(path).unplaced == ()
    # The first of them come in one piece with the items, the last in one with what follows.
    assert len(set(asked)) < 10_000
    assert empty in xml(path)


# --- refused, or told --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "sheet",
    [
        "<!DOCTYPE x>" + worksheet(HEADERS + ROW),
        worksheet(HEADERS + ROW)[:-20],
        worksheet(HEADERS + ROW).replace("</c>", "", 1),
        worksheet(HEADERS + '<row r="99999999"><c r="A99999999"><v>1</v></c></row>' + ROW),
        "<chartsheet/>",
        '<?xml version="1.0" encoding="klingon"?>' + worksheet(HEADERS + ROW),
    ],
    ids=["DTD", "cut off", "not well-formed", "no such row", "no worksheet", "unknown encoding"],
)
def test_what_is_no_worksheet_is_refused_and_left_as_it_is(tmp_path: Path, sheet: str) -> None:
    path = package(tmp_path / "a.xlsx", sheet)
    before = path.read_bytes()
    with pytest.raises(Refusal, match=r"writeback\.not_editable"):
        put(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.xlsx"]


def test_no_columns_left(tmp_path: Path) -> None:
    last = ROW.replace("</row>", '<c r="XFD2"><v>7</v></c></row>')
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + last))
    with pytest.raises(Refusal, match=r"writeback\.not_editable"):
        put(path)


def test_a_signature_that_no_longer_holds_is_told_of(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW), **{"_xmlsignatures/sig1.xml": "<Signature/>"})
    assert [warning.code for warning in put(path).warnings] == ["writeback.signed"]
    assert parts(path)["_xmlsignatures/sig1.xml"] == b"<Signature/>"


def test_a_sheet_that_is_gone(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW))
    with pytest.raises(Refusal, match=r"writeback\.moved"):
        put(path, layout=Layout("别的", 1, LAYOUT.columns, 2, "zh"))


@pytest.mark.parametrize(
    ("asked", "keeps", "stamped"), [(5, False, True), (None, False, False), (4, False, False), (5, True, False)]
)
def test_a_row_that_says_a_change_which_its_run_has_not_read_keeps_its_time(
    tmp_path: Path, asked: int | None, keeps: bool, stamped: bool
) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(HEADERS + ROW))
    put(path, RowResult(2, "A-1", Result.BLOCKED, at=AT, asked_change=asked, keeps_stamp=keeps))
    assert (shown(path)[1][1], shown(path)[1][2]) == (5, "受阻")
    assert (shown(path)[1][4] == clock_face(AT)) is stamped
