"""Cells as other programs leave them: none refuses a whole workbook, and reading and write-back see one value."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sheet.read import read_sheet
from sync.sheet.writeback.rehearsal import rehearse
from tests.sheet.packages import ITEM, KEY, package, worksheet
from tests.sheet.workbooks import told

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
