"""Cells as other programs leave them: none refuses a whole workbook, and reading and write-back see one value."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.fields import PRICE
from sync.sheet.read import read_sheet
from sync.sheet.writeback.rehearsal import rehearse
from tests.sheet.packages import ITEM, KEY, PARTS, package, worksheet
from tests.sheet.workbooks import told, write

ERRORS = (
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BUSY!",
    "#CONNECT!",
    "#BLOCKED!",
    "#PYTHON!",
    "#SOME_DAY!",
)
OWN = '<c r="C2" t="e"><f>A1#</f><v>{}</v></c></row>'


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_value_of_any_name_refuses_no_workbook(tmp_path: Path, error: str) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(KEY + ITEM.replace("</row>", OWN.format(error))))
    sheet = read_sheet(path)
    (row,) = sheet.rows
    assert (row.cells[PRICE], row.problems) == (900, ())
    assert rehearse(path, sheet) is None


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_value_in_our_column_is_an_error_of_that_cell(tmp_path: Path, error: str) -> None:
    path = package(
        tmp_path / "a.xlsx",
        worksheet(KEY + ITEM.replace('<c r="B2">', "<c r='B2' t='e'>").replace(">9<", f">{error}<")),
    )
    (row,) = read_sheet(path).rows
    assert told(row.problems) == [("B2", "cell.error", "error")]
    assert error in row.problems[0].message.words("zh")


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("first", [True, False])
def test_an_error_value_in_another_worksheet_refuses_no_workbook(tmp_path: Path, error: str, first: bool) -> None:
    other = '<sheet name="汇总" sheetId="2" r:id="rId9"/>'
    sheets = PARTS["xl/workbook.xml"].replace("<sheets>", f"<sheets>{other}")
    if not first:
        sheets = PARTS["xl/workbook.xml"].replace("</sheets>", f"{other}</sheets>")
    relation = '<Relationship Id="rId9" Type="a/worksheet" Target="worksheets/sheet2.xml"/></Relationships>'
    pointers = PARTS["xl/_rels/workbook.xml.rels"].replace("</Relationships>", relation)
    broken = worksheet(f'<row r="1"><c r="A1" t="e"><f>X()</f><v>{error}</v></c></row>')
    parts = {"xl/_rels/workbook.xml.rels": pointers, "xl/worksheets/sheet2.xml": broken}
    path = package(tmp_path / "a.xlsx", workbook=sheets, **parts)
    sheet = read_sheet(path)
    assert [(row.cells[PRICE], row.problems) for row in sheet.rows] == [(900, ())]
    assert rehearse(path, sheet) is None


def test_an_inline_text_in_the_wrong_element_is_read(tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx", worksheet(KEY + ITEM.replace('<c r="B2">', '<c r="B2" t="inlineStr">')))
    sheet = read_sheet(path)
    assert sheet.rows[0].cells[PRICE] == 900
    assert rehearse(path, sheet) is None


def test_a_code_so_kept_is_found_again(tmp_path: Path) -> None:
    item = ITEM.replace("<is><t>A-1</t></is>", "<v>A-1</v>")
    path = package(tmp_path / "a.xlsx", worksheet(KEY + item))
    sheet = read_sheet(path)
    assert sheet.rows[0].outer_id == "A-1"
    assert rehearse(path, sheet) is None


def _renamed(path: Path, old: str, new: str) -> Path:
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name.replace(old, new), content)
    return path


def test_backslashes_between_folders_are_read(tmp_path: Path) -> None:
    path = _renamed(package(tmp_path / "a.xlsx"), "/", "\\")
    sheet = read_sheet(path)
    assert sheet.rows[0].cells[PRICE] == 900
    assert rehearse(path, sheet) is None


def test_a_password_on_an_ods_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("content.xml", bytes(range(256)))
        book.writestr("META-INF/manifest.xml", "<m:manifest xmlns:m='m'><m:encryption-data/></m:manifest>")
    with pytest.raises(Refusal) as refused:
        read_sheet(path)
    assert refused.value.message.code == "sheet.encrypted"


TOTALS = (
    "合计",
    "共120款",
    "合计：120",
    "美甲小计",
    "共 3 件商品",
    "总计（3款）",
    "Subtotal",
    "Grand Total:",
    "以上共3款",
)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("words", TOTALS)
def test_a_total_in_any_column_is_no_item(tmp_path: Path, words: str, column: int) -> None:
    total: list[object] = ["", "", 5600, "数到周五"]
    total[column] = words
    path = write(tmp_path / "a.xlsx", [["商家编码", "标题", "库存", "备注"], ["A-1", "猫眼", 3, ""], total])
    sheet = read_sheet(path)
    assert [row.outer_id for row in sheet.rows] == ["A-1"]
    assert [problem.code for problem in sheet.problems if problem.code == "sheet.total_rows"] == ["sheet.total_rows"]


@pytest.mark.parametrize("code", ["合计-1", "共和国款", "T120", "total-7", "小计算器"])
def test_a_code_that_only_resembles_a_total_is_an_item(tmp_path: Path, code: str) -> None:
    path = write(tmp_path / "a.xlsx", [["商家编码", "库存"], [code, 3]])
    assert [row.outer_id for row in read_sheet(path).rows] == [code]
