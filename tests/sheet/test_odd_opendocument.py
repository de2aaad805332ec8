"""`.ods` and `.fods` as other programs than LibreOffice write them: whatever that opens is read."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from sync.errors import Refusal
from sync.fields import PRICE
from sync.sheet.files.opening import open_workbook
from sync.sheet.read import read_sheet

NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_ENTRY = f'<m:file-entry m:full-path="/" m:media-type="{MIMETYPE}"/>'
MANIFEST = f'<m:manifest xmlns:m="{NAMES}manifest:1.0">{_ENTRY}</m:manifest>'
DECLARED = " ".join(f'xmlns:{name}="{NAMES}{name}:1.0"' for name in ("office", "table", "text", "style"))
TYPED = ' office:value-type="string"'


def _text(text: str) -> str:
    return f"<table:table-cell{TYPED}><text:p>{text}</text:p></table:table-cell>"


def _number(number: int) -> str:
    return (
        f'<table:table-cell office:value-type="float" office:value="{number}">'
        f"<text:p>{number}</text:p></table:table-cell>"
    )


def _row(*cells: str, often: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{often}">{"".join(cells)}</table:table-row>'


HEADERS, ITEM = _row(_text("商家编码"), _text("价格")), _row(_text("A-1"), _number(9))


def _table(*rows: str, name: str = ' table:name="商品"') -> str:
    return f"<table:table{name}>{''.join(rows)}</table:table>"


def _content(*tables: str, kind: str = "office:document-content", more: str = "") -> str:
    inside = "".join(tables) or _table(HEADERS, ITEM)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{kind} {DECLARED}{more}><office:body><office:spreadsheet>{inside}'
        f"</office:spreadsheet></office:body></{kind}>"
    )


def _in(encoding: str, content: str) -> bytes:
    return content.replace("UTF-8", encoding).encode(encoding)


def _prefixed(content: str, **prefixes: str) -> str:
    for name, prefix in prefixes.items():
        content = re.sub(rf"(?<=[</ ]){name}:", f"{prefix}:", content).replace(f"xmlns:{name}=", f"xmlns:{prefix}=")
    return content


def _inside(name: str, rows: str) -> tuple[str, ...]:
    return f"<table:table-{name}>", rows, f"</table:table-{name}>"


_NOTE = "<office:annotation><text:p>问</text:p></office:annotation>"
_REST = _row('<table:table-cell table:number-columns-repeated="16384"/>', often=1_048_570)
_GAP = '<table:table-cell table:number-columns-repeated="3"/>'
CONTENTS: Mapping[str, Callable[[], str | bytes]] = {
    "as LibreOffice writes it": _content,
    "UTF-16": lambda: _in("UTF-16", _content()),
    "GBK": lambda: _in("GBK", _content()),
    "other prefixes": lambda: _prefixed(_content(), office="o", table="t", text="x"),
    "prefixes that mean something else": lambda: _prefixed(_content(), text="x", office="text", table="office"),
    "no prefix": lambda: re.sub("<(/?)table:", r"<\1", _content()).replace(
        "<table ", f'<table xmlns="{NAMES}table:1.0" '
    ),
    "namespaces declared again": lambda: _content().replace("<text:p>", f'<text:p xmlns:text="{NAMES}text:1.0">'),
    "two prefixes for one": lambda: _content(more=f' xmlns:t="{NAMES}table:1.0"').replace(
        "table:table-row", "t:table-row"
    ),
    "a line for each element": lambda: re.sub("(<table:|<text:|</table:)", r"\n  \1", _content()),
    "an empty style": lambda: _content().replace("<office:body>", "<office:automatic-styles/><office:body>"),
    "a table without a name": lambda: _content(_table(HEADERS, ITEM, name="")),
    "texts without a type": lambda: _content().replace(TYPED, ""),
    "several tables": lambda: _content(_table(_row(_text("x")), name=' table:name="其他"'), _table(HEADERS, ITEM)),
    "rows to the end of the sheet": lambda: _content(_table(HEADERS, ITEM, _REST)),
    "groups of rows": lambda: _content(_table(*_inside("header-rows", HEADERS), *_inside("row-group", ITEM))),
    "cells far apart": lambda: _content(
        _table(_row(_text("商家编码"), _GAP, _text("价格")), _row(_text("A-1"), _GAP, _number(9)))
    ),
    "a note on a cell": lambda: _content().replace("<text:p>A-1", f"{_NOTE}<text:p>A-1"),
}


def _read_one(path: Path) -> tuple[object, object]:
    (row,) = read_sheet(path).rows
    assert not row.problems
    return row.outer_id, row.cells[PRICE]


def _packed(path: Path, parts: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def _ods(path: Path, content: str | bytes = _content(), **others: str | bytes) -> Path:
    return _packed(path, {"mimetype": MIMETYPE, "content.xml": content, "META-INF/manifest.xml": MANIFEST, **others})


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("kind", CONTENTS)
def test_its_content_is_read_however_it_is_written(tmp_path: Path, kind: str) -> None:
    assert _read_one(_ods(tmp_path / "a.ods", CONTENTS[kind]())) == ("A-1", 900)


@pytest.mark.usefixtures("read_here")
def test_what_was_mended_shows_its_numbers_as_before(tmp_path: Path) -> None:
    code = '<table:table-cell office:value-type="float" office:value="102"><text:p>00102</text:p></table:table-cell>'
    table = _table(HEADERS, _row(code, _number(9)), name="")
    assert _read_one(_ods(tmp_path / "a.ods", _content(table))) == ("00102", 900)


def test_values_of_all_types_are_those_that_calamine_reads(tmp_path: Path) -> None:
    kinds = {
        ("float", "value"): ("7", "7.25", "-1e3"),
        ("currency", "value"): ("19.9",),
        ("percentage", "value"): ("0.5",),
        ("date", "date-value"): ("2026-11-21", "2026-11-21T09:30:00", "2026-11-21T09:30:00.500000000"),
        ("time", "time-value"): ("PT08H30M15S",),
        ("boolean", "boolean-value"): ("true", "false"),
        ("string", "string-value"): ("甲",),
    }
    cells = [
        f'<table:table-cell office:value-type="{kind}" office:{name}="{value}"/>'
        for (kind, name), values in kinds.items()
        for value in values
    ]
    texts = ("a<text:s/>b<text:s text:c='2'/>c", "<text:span>甲</text:span>乙", "甲</text:p><text:p>乙", "a &amp; b")
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    styles = f"<office:automatic-styles>{hidden}</office:automatic-styles><office:body>"
    tables = (
        _table(_row(_GAP, *cells), _row(), _row(*map(_text, texts), often=2)),
        _table(name=' table:style-name="h"'),
    )
    path = _ods(tmp_path / "a.ods", _content(*tables).replace("<office:body>", styles))
    workbook = open_workbook(path)
    theirs = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert workbook.sheets == ("商品",)
    assert [list(row) for row in workbook.rows("商品")] == [[_as_ours(value) for value in row] for row in theirs]


def _as_ours(value: object) -> object:
    return datetime.combine(value, time()) if type(value) is date else value


PARTS: Mapping[str, Mapping[str, str | bytes]] = {
    "no mimetype": {"content.xml": _content(), "META-INF/manifest.xml": MANIFEST},
    "no manifest": {"mimetype": MIMETYPE, "content.xml": _content()},
    "nothing but the content": {"content.xml": _content()},
    "mimetype last": {"META-INF/manifest.xml": MANIFEST, "content.xml": _content(), "mimetype": MIMETYPE},
    "mimetype with a mark": {"mimetype": b"\xef\xbb\xbf" + MIMETYPE.encode(), "content.xml": _content()},
    "a template": {"mimetype": MIMETYPE + "-template\n", "content.xml": _content()},
    "names that begin with a slash": {"/mimetype": MIMETYPE, "/content.xml": _content()},
}


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("kind", PARTS)
def test_its_package_may_lack_all_but_the_content(tmp_path: Path, kind: str) -> None:
    assert _read_one(_packed(tmp_path / "a.ods", PARTS[kind])) == ("A-1", 900)


FLAT = _content(kind="office:document", more=f'{" " * 9000} office:mimetype="{MIMETYPE}"')


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    "content",
    [FLAT.encode(), _in("UTF-16", FLAT), FLAT.replace("?>", "?>\n<!-- a -->\n").encode()],
)
def test_a_flat_one_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.fods"
    path.write_bytes(content)
    assert _read_one(path) == ("A-1", 900)


def test_a_text_is_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        read_sheet(_ods(tmp_path / "a.odt", _content().replace("office:spreadsheet", "office:text")))
    assert refused.value.message.code == "sheet.not_workbook"


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize(
    "content", ["<office:spreadsheet", _content()[:-9], _content() + "<more/>", _in("UTF-16", _content())[:-1]]
)
def test_what_is_cut_off_is_damaged(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(Refusal) as refused:
        read_sheet(_ods(tmp_path / "a.ods", content))
    assert refused.value.message.code == "sheet.damaged"


def test_a_name_that_grows_with_each_element_takes_no_time(tmp_path: Path) -> None:
    named = _content(_table("<z:a/>" * 9_999, HEADERS, ITEM), more=f' xmlns:z="{"u" * 500_000}"')
    assert _read_one(_ods(tmp_path / "a.ods", named)) == ("A-1", 900)
