"""Workbooks whose parts stand, or are written, as Excel wouldn't: read and written back where that can be done."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import PRICE
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from sync.sheet.writeback.rehearsal import rehearse
from tests.sheet.packages import PARTS, worksheet

_BOOK, _POINTERS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
Parts = dict[str, str | bytes]


def _parts() -> dict[str, str]:
    return {**PARTS, _SHEET: worksheet()}


def _packed(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _workbook_at(place: str) -> Parts:
    parts = _parts()
    folder, _, name = place.rpartition("/")
    book, pointers = parts.pop(_BOOK), parts.pop(_POINTERS)
    parts = {part: content.replace(_BOOK, place) for part, content in parts.items()}
    return {**parts, place: book, f"{folder}/_rels/{name}.rels": pointers.replace('Target="', 'Target="/xl/')}


def _another_first(place: str) -> Parts:
    """A workbook that nothing points to, where readers without manners look."""
    parts = _workbook_at(place)
    parts[_BOOK], parts[_POINTERS] = PARTS[_BOOK], PARTS[_POINTERS].replace("sheet1.xml", "old.xml")
    return {**parts, "xl/worksheets/old.xml": worksheet().replace("<v>9</v>", "<v>8</v>")}


def _replaced(part: str, old: str, new: str) -> Parts:
    parts = _parts()
    assert old in parts[part]
    return {**parts, part: parts[part].replace(old, new)}


def _encoded(encoding: str, *names: str) -> Parts:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>'
    return {n: (declared + xml).encode(encoding) if n in names else xml for n, xml in _parts().items()}


def _pointing(target: str) -> Parts:
    return _replaced(_POINTERS, "worksheets/sheet1.xml", target)


def _other_sheet(attributes: str, kind: str = "worksheet") -> Parts:
    parts = _parts()
    other = f'<Relationship Id="rId9" Type="http://example.com/relationships/{kind}" Target="macros/1.xml"/>'
    parts[_POINTERS] = parts[_POINTERS].replace("</Relationships>", f"{other}</Relationships>")
    parts[_BOOK] = parts[_BOOK].replace("<sheets>", f'<sheets><sheet name="宏" sheetId="9" {attributes}/>')
    return {**parts, "macros/1.xml": worksheet("")}


def _strings_at(place: str) -> Parts:
    parts = _replaced(_POINTERS, "sharedStrings.xml", f"/{place}")
    parts[place] = parts.pop(_STRINGS)
    return parts


ODD: Mapping[str, Callable[[], Parts]] = {
    "workbook at the root": lambda: {n.lstrip("/"): c for n, c in _workbook_at("workbook.xml").items()},
    "workbook in another folder": lambda: _workbook_at("book/workbook.xml"),
    "workbook under another name": lambda: _workbook_at("xl/book.xml"),
    "workbook with a number": lambda: _workbook_at("xl/workbook2.xml"),
    "an old workbook in the usual place": lambda: _another_first("xl/workbook2.xml"),
    "strings elsewhere": lambda: _strings_at("xl/texts/all.xml"),
    "names that begin with a slash": lambda: {f"/{name}": content for name, content in _parts().items()},
    "names that begin with a dot": lambda: {f"./{name}": content for name, content in _parts().items()},
    "a target with a dot": lambda: _pointing("./worksheets/sheet1.xml"),
    "a target with a way up": lambda: _pointing("../xl/worksheets/sheet1.xml"),
    "a target from the root without saying so": lambda: _pointing("xl/worksheets/sheet1.xml"),
    "a target with backslashes": lambda: _pointing("worksheets\\sheet1.xml"),
    "a target with a percent": lambda: _pointing("worksheets/sheet%31.xml"),
    "all in UTF-16": lambda: _encoded("utf-16", *_parts()),
    "strings in UTF-16": lambda: _encoded("utf-16", _STRINGS),
    "workbook in UTF-16": lambda: _encoded("utf-16", _BOOK),
    "worksheet in UTF-16": lambda: _encoded("utf-16", _SHEET),
    "all in GBK": lambda: _encoded("gbk", *_parts()),
    "strings in GB 18030": lambda: {**_parts(), _STRINGS: _encoded("gb18030", _STRINGS)[_STRINGS]},
    "a sheet without an id": lambda: _other_sheet(""),
    "a sheet with an empty id": lambda: _other_sheet('r:id=""'),
    "a macro sheet of Excel 4": lambda: _other_sheet('r:id="rId9"', "xlMacrosheet"),
    "an international macro sheet": lambda: _other_sheet('r:id="rId9"', "xlIntlMacrosheet"),
    "a sheet of a dialog": lambda: _other_sheet('r:id="rId9"', "dialogsheet"),
    "a chart sheet": lambda: _other_sheet('r:id="rId9"', "chartsheet"),
    "a workbook without a namespace": lambda: _replaced(_BOOK, ' xmlns="', ' of="'),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_odd_is_read_and_takes_its_results(tmp_path: Path, kind: str) -> None:
    path = _packed(tmp_path / "a.xlsx", ODD[kind]())
    sheet = read_sheet(path)
    assert [(row.outer_id, row.cells[PRICE], row.problems) for row in sheet.rows] == [("A-1", 900, ())]
    assert rehearse(path, sheet) is None
    written = write_back(path, sheet.layout, [RowResult(2, "A-1", Result.DONE, item_id="77")], "zh")
    assert (written.path, written.fallback, written.unplaced) == (path, False, ())
    again = read_sheet(path)
    assert [(row.outer_id, row.item_id, row.cells[PRICE]) for row in again.rows] == [("A-1", "77", 900)]


DAMAGED: Mapping[str, Callable[[], Parts]] = {
    "no sheet that says where it is": lambda: _replaced(_BOOK, ' r:id="rId1"', ""),
    "a sheet that points to nothing": lambda: _replaced(_BOOK, "rId1", "rId7"),
    "a sheet that is gone": lambda: {n: xml for n, xml in _parts().items() if n != _SHEET},
    "GBK that isn't declared": lambda: {**_parts(), _STRINGS: _parts()[_STRINGS].encode("gbk")},
    "cut UTF-16": lambda: {n: c[:-1] if isinstance(c, bytes) else c for n, c in _encoded("utf-16", _SHEET).items()},
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damaged_is_said_of_what_is_damaged(tmp_path: Path, kind: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_sheet(_packed(tmp_path / "a.xlsx", DAMAGED[kind]()))
    assert refused.value.message.code == "sheet.damaged"


OTHERS: Mapping[str, tuple[Parts, str]] = {
    "a binary workbook": ({"xl/workbook.bin": "x"}, "sheet.other_format"),
    "a zipped sheet": ({"周表/周表.xlsx": "x", "说明.txt": "x"}, "sheet.zipped"),
    "a text": (
        {
            "_rels/.rels": PARTS["_rels/.rels"].replace(_BOOK, "word/document.xml"),
            "word/document.xml": "<document><body/></document>",
        },
        "sheet.not_workbook",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_another_zip_is_called_what_it_is(tmp_path: Path, kind: str) -> None:
    parts, code = OTHERS[kind]
    with pytest.raises(Refusal) as refused:
        read_sheet(_packed(tmp_path / "a.xlsx", parts))
    assert refused.value.message.code == code
