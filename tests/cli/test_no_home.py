"""Results that would have no home are told before anything is sent: the write-back is tried dry."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, results, write
from tests.sheet.workbooks import edit_xml
from tests.sheet.workbooks import write as write_cells

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
END = "</sheetData>"


def _put(part: str, old: str, new: str) -> Callable[[Path], object]:
    return lambda path: edit_xml(path, (old, new), part=part)


def _cell(row: int, ref: str, content: str) -> str:
    return f'<row r="{row}"><c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{content}</t></is></c></row>'


def _twice(path: Path) -> None:
    with zipfile.ZipFile(path) as book:
        xml = book.read(SHEET).decode()
    begin = xml.rindex("<row ")
    row = xml[begin : xml.index("</row>", begin) + len("</row>")]
    edit_xml(path, (END, row + END))


HOMELESS: Mapping[str, Callable[[Path], object]] = {
    "a space in the last column": _put(SHEET, "</row>" + END, _cell(3, "XFD3", " ").split(">", 1)[1] + END),
    "a word three columns before the last": _put(SHEET, "</row>" + END, _cell(3, "XFB3", "x").split(">", 1)[1] + END),
    "a stray cell far down": _put(SHEET, END, _cell(500000, "K500000", ".") + END),
    "a row twice": _twice,
    "a cell twice": _put(SHEET, '<c r="A3"', '<c r="A3" t="n"/><c r="A3"'),
}


@pytest.mark.parametrize(
    "odd", [pytest.param(odd, marks=[pytest.mark.soak] if "far down" in odd else []) for odd in HOMELESS]
)
def test_a_sheet_that_takes_no_results_is_told_before_anything_is_sent(
    folder: Path, itemsync: Command, sandbox: Sandbox, odd: str
) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", 价格=25), line("A-2", 价格=26))
    HOMELESS[odd](sheet)
    before = sheet.read_bytes()
    ran = itemsync("apply", sheet, "--yes")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "不能执行" in ran.err
    assert not sandbox.calls
    assert sheet.read_bytes() == before
    assert itemsync("history", "--json").json == {"runs": []}
    planned = itemsync("plan", sheet)
    assert planned.code == 0
    assert "不能执行" in planned.err
    assert "不能执行" in itemsync("check", sheet).out


def test_a_stray_cell_in_the_very_last_row_is_told_too(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write_cells(folder / "weekly.xlsx", [["商家编码", "价格", "备注"], ["A-1", 25, ""]])
    edit_xml(sheet, (END, _cell(1048576, "C1048576", "完") + END))
    ran = itemsync("apply", sheet, "--yes")
    assert (ran.code, "C1048576" in ran.err) == (2, True)
    assert not sandbox.calls


HOMELY: Mapping[str, Callable[[Path], object]] = {
    "no cell formats": _put(STYLES, "cellXfs", "cellXfsOfOld"),
    "no fills": _put(STYLES, "fills", "fillsOfOld"),
    "formats a million rows down": _put(SHEET, END, '<row r="1048576"><c r="A1048576"/></row>' + END),
}


@pytest.mark.parametrize("odd", HOMELY)
def test_what_can_be_written_into_is_not_refused(folder: Path, itemsync: Command, sandbox: Sandbox, odd: str) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", 价格=25), line("A-2"))
    HOMELY[odd](sheet)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert results(sheet)["A-1"] == "完成"
    assert itemsync("plan", sheet).code == 0


@pytest.mark.parametrize("declared", ["us-ascii", "ASCII", "iso-8859-1", "windows-1252"])
def test_a_declared_encoding_is_not_kept_over_chinese(folder: Path, itemsync: Command, declared: str) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", 价格=25))
    with zipfile.ZipFile(sheet) as book:
        text = book.read(SHEET).decode()
    head = f"<?xml version='1.0' encoding='{declared}'?>"
    escaped = text.encode("ascii", "xmlcharrefreplace").decode()
    edit_xml(sheet, (text, head + escaped))
    assert itemsync("apply", sheet, "--yes").code == 0
    assert results(sheet)["A-1"] == "完成"
