"""The state's name in a workbook: added, replaced or left, and nothing else touched by it."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from sync.call import Result, RowResult
from sync.sheet.read import read_sheet
from sync.sheet.state_mark import PART, Mark
from sync.sheet.writeback import write_back
from tests.sheet.packages import PARTS, worksheet
from tests.sheet.workbooks import write_items

OTHER = (
    '<?xml version="1.0"?>'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
    '<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="7" name="Dept"><vt:i4>3</vt:i4></property>'
    "</Properties>"
)


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    headers = ("商家编码", "价格", "同步结果", "同步说明", "同步时间")
    return write_items(tmp_path / "sheet.xlsx", {"商家编码": "A-1", "价格": 5}, headers=headers)


def put(sheet: Path, mark: Mark | None) -> str | None:
    """Write a result with `mark`; returns the state that the workbook names afterwards."""
    write_back(sheet, read_sheet(sheet).layout, [RowResult(2, "A-1", Result.DONE)], "zh", mark)
    return read_sheet(sheet).state


def parts(sheet: Path) -> dict[str, bytes]:
    with ZipFile(sheet) as package:
        return {name: package.read(name) for name in package.namelist()}


def with_part(sheet: Path, content: str) -> None:
    """Replace the custom properties."""
    held = parts(sheet)
    with ZipFile(sheet, "w") as package:
        for name, data in {**held, PART: content.encode()}.items():
            package.writestr(name, data)


def test_a_mark_is_added_kept_and_taken_over(sheet: Path) -> None:
    assert read_sheet(sheet).state is None
    assert put(sheet, None) is None
    assert put(sheet, Mark("one")) == "one"
    assert put(sheet, Mark("two")) == "one", "rows of that state are left in it"
    assert put(sheet, Mark("two", takes_over=True)) == "two"
    assert put(sheet, None) == "two"


def test_a_workbook_of_the_strict_form_bears_it_in_that_form(tmp_path: Path) -> None:
    usual, strict = "http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/"
    path = tmp_path / "strict.xlsx"
    with ZipFile(path, "w") as archive:
        for name, content in {**PARTS, "xl/worksheets/sheet1.xml": worksheet()}.items():
            archive.writestr(name, re.sub(rf"{usual}(officeDocument|spreadsheetml)/2006/", rf"{strict}\1/", content))
    assert put(path, Mark("one")) == "one"
    assert put(path, Mark("two", takes_over=True)) == "two"
    held = parts(path)
    assert usual.encode() not in held[PART]
    assert b"officeDocument/relationships/customProperties" in held["_rels/.rels"]
    assert usual + "officeDocument" not in "".join(part.decode() for part in held.values())


def test_it_is_found_where_the_package_says(sheet: Path) -> None:
    put(sheet, Mark("one"))
    held = parts(sheet)
    with ZipFile(sheet, "w") as package:
        for name, content in held.items():
            is_list = name.endswith((".rels", "Types].xml"))
            moved = content.replace(PART.encode(), b"xl/props.xml") if is_list else content
            package.writestr("xl/props.xml" if name == PART else name, moved)
    assert read_sheet(sheet).state == "one"
    assert put(sheet, Mark("two")) == "one"
    assert PART not in parts(sheet)


def test_it_touches_nothing_but_the_lists_of_parts(sheet: Path) -> None:
    put(sheet, None)
    before = parts(sheet)
    put(sheet, Mark("one"))
    after = parts(sheet)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {PART, "[Content_Types].xml", "_rels/.rels"}
    put(sheet, Mark("two", takes_over=True))
    assert {name for name, data in parts(sheet).items() if data != after[name]} == {PART}


def test_the_staffs_own_properties_stay(sheet: Path) -> None:
    put(sheet, Mark("one"))
    with_part(sheet, OTHER)
    assert put(sheet, Mark("two")) == "two"
    held = parts(sheet)[PART].decode()
    assert all(part in held for part in ("Dept", "<vt:i4>3</vt:i4>", 'pid="7"', 'pid="8"'))


@pytest.mark.parametrize("content", ["", "<Properties", "no xml", "<Properties/>"])
def test_properties_that_cannot_be_read_keep_nobody_from_the_sheet(sheet: Path, content: str) -> None:
    put(sheet, Mark("one"))
    with_part(sheet, content)
    assert read_sheet(sheet).state is None
    assert put(sheet, Mark("two", takes_over=True)) in (None, "two")
    assert [row.outer_id for row in read_sheet(sheet).rows] == ["A-1"]
