"""Files that no program writes: a clear sentence or the ordinary rows, in bounded time and memory."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.fields import PRICE
from sync.messages import Level
from sync.sheet.files.extent import MOST_CELLS, measure
from sync.sheet.files.package import TooMuch
from sync.sheet.read import read_sheet
from tests.sheet.packages import ITEM, KEY, PARTS, STRINGS, package, worksheet

FINE, DAMAGED, TOO_LARGE = "one row", "sheet.damaged", "sheet.too_large"
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
DTD = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{LAUGHS}]>'


def outcome(path: Path) -> str:
    """What becomes of the file: its one row is read, or a sentence says why not."""
    try:
        (row,) = read_sheet(path).rows
    except Refusal as refusal:
        assert all("{" not in refusal.message.words(language) for language in ("zh", "en"))
        return refusal.message.code
    assert (row.outer_id, row.cells[PRICE]) == ("A-1", 900)
    return FINE


def second(text: str) -> str:
    """The rows with this instead of the second one."""
    return worksheet(KEY + text)


SHEETS: dict[str, tuple[str | bytes, str]] = {
    "nothing odd": (worksheet(), FINE),
    "a dimension that lies": (worksheet(before='<dimension ref="A1:XFD1048576"/>'), FINE),
    "a value in the last cell": (
        worksheet(KEY + ITEM + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        TOO_LARGE,
    ),
    "formats in the last cell": (worksheet(KEY + ITEM + '<row r="1048576"><c r="XFD1048576" s="0"/></row>'), FINE),
    "an address beyond Excel": (second(ITEM.replace("B2", "B99999999999")), DAMAGED),
    "an address that wraps round": (second(ITEM.replace("B2", "B4294967298")), DAMAGED),
    "a column beyond Excel": (second(ITEM.replace("B2", "ZZZ2")), DAMAGED),
    "a column of many letters": (second(ITEM.replace("B2", "ZZZZZZZZZZZ2")), DAMAGED),
    "a negative row": (second(ITEM.replace("B2", "B-2")), DAMAGED),
    "row 0": (second(ITEM.replace("B2", "B0")), DAMAGED),
    "no row in an address": (second(ITEM.replace("B2", "B")), DAMAGED),
    "a row that lies": (second(ITEM.replace('row r="2"', 'row r="4000000000"')), FINE),
    "rows out of order": (worksheet(ITEM + KEY), FINE),
    "no addresses": (second(ITEM.replace(' r="2"', "").replace(' r="A2"', "").replace(' r="B2"', "")), FINE),
    "addresses in other quotes": (second(ITEM.replace('r="A2"', "\n r = 'A2'")), FINE),
    "far addresses in other quotes": (second(ITEM + "<row><c\n r = 'XFD1048576'><v>1</v></c></row>"), TOO_LARGE),
    "another prefix": (
        worksheet().replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x="),
        FINE,
    ),
    "a far cell under another prefix": (
        worksheet(KEY + '<row r="9"><c r="XFD1048576"><v>1</v></c></row>')
        .replace("<", "<x:")
        .replace("<x:/", "</x:")
        .replace("xmlns=", "xmlns:x="),
        TOO_LARGE,
    ),
    "a string that isn't there": (second(ITEM.replace('<c r="B2">', '<c r="B2" t="s">')), DAMAGED),
    "a zero byte": (second(ITEM.replace("A-1", "A\0")), DAMAGED),
    "laughs": (DTD + second(ITEM.replace("A-1", "&a9;")), DAMAGED),
    "laughs in an attribute": (DTD + second(ITEM.replace('r="2"', 'r="&a9;"')), DAMAGED),
    "elements without end": (worksheet(KEY + ITEM, after="<a>" * 100_000), "either"),
    "a text without end": (b"<worksheet>" + b"x" * 6_000_000, DAMAGED),
    "another encoding": (('<?xml version="1.0" encoding="UTF-16"?>' + worksheet()).encode("utf-16"), FINE),
    "an encoding that nobody knows": (
        '<?xml version="1.0" encoding="klingon"?>' + second(ITEM.replace('r="A2"', "r='A2'")),
        DAMAGED,
    ),
    "no XML": (b"PK\x03\x04", "either"),
    "merged without end": (
        worksheet(after='<mergeCells count="4294967295"><mergeCell ref="A9:XFD1048576"/></mergeCells>'),
        DAMAGED,
    ),
    "merged ten thousand times over": (
        worksheet(after="<mergeCells>" + '<mergeCell ref="A2:B1048576"/>' * 10_000 + "</mergeCells>"),
        FINE,
    ),
    "merged from end to start": (worksheet(after='<mergeCells><mergeCell ref="B9:A2"/></mergeCells>'), FINE),
    "a merge that is none": (worksheet(after='<mergeCells><mergeCell ref="B"/></mergeCells>'), "either"),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_a_worksheet_that_is_odd(kind: str, tmp_path: Path) -> None:
    sheet, expected = SHEETS[kind]
    found = outcome(package(tmp_path / "a.xlsx", sheet))
    assert found in ({FINE, DAMAGED, "sheet.no_key"} if expected == "either" else {expected})


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
@pytest.mark.parametrize("header", ["价格", "库存", "库存增减", "系统:domainId"])
def test_a_number_that_is_none_is_told_of(header: str, number: str, tmp_path: Path) -> None:
    sheet, strings = second(ITEM.replace("<v>9<", f"<v>{number}<")), STRINGS.replace("价格", header)
    (row,) = read_sheet(package(tmp_path / "a.xlsx", sheet, sharedStrings=strings)).rows
    assert [(problem.cell, problem.level) for problem in row.problems] == [("B2", Level.ERROR)]


def test_a_value_far_below_the_table_is_a_row_like_any_other(tmp_path: Path) -> None:
    far = '<row r="200000"><c r="B200000"><v>1</v></c></row>'
    rows = read_sheet(package(tmp_path / "a.xlsx", worksheet(KEY + ITEM + far))).rows
    assert [row.number for row in rows] == [2, 200_000]


COUNT = 'uniqueCount="2"'
PART: dict[str, tuple[dict[str, str], str]] = {
    "more strings than there is memory": (
        {"sharedStrings": STRINGS.replace(COUNT, 'uniqueCount="4294967295"')},
        DAMAGED,
    ),
    "fewer strings than are declared": ({"sharedStrings": STRINGS.replace(COUNT, 'uniqueCount="999"')}, FINE),
    "laughs in the strings": ({"sharedStrings": DTD + STRINGS.replace("价格", "&a9;")}, DAMAGED),
    "laughs in the workbook": ({"workbook": DTD + PARTS["xl/workbook.xml"].replace("商品", "&a9;")}, DAMAGED),
    "a string without end": ({"sharedStrings": STRINGS.replace("价格", "价" * 2_000_000)}, DAMAGED),
    "a sheet that isn't there": (
        {"workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("sheet1", "sheet2")},
        DAMAGED,
    ),
    "a sheet outside the package": (
        {"workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("worksheets/", "../../../etc/")},
        DAMAGED,
    ),
    "a sheet on the web": (
        {"workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace("worksheets/", "http://localhost:1/")},
        DAMAGED,
    ),
    "another type of content": (
        {"[Content_Types].xml": PARTS["[Content_Types].xml"].replace("sheet.main", "x")},
        FINE,
    ),
    "a sheet that is a chart": (
        {"workbook.xml.rels": PARTS["xl/_rels/workbook.xml.rels"].replace('/worksheet"', '/chartsheet"')},
        "sheet.no_key",
    ),
    "a name that leads out": ({"../../../tmp/evil.xml": "x"}, DAMAGED),
    "a name with backslashes": ({"xl\\other.xml": "x"}, "one row"),
    "backslashes that lead out": ({"..\\..\\tmp\\evil.xml": "x"}, DAMAGED),
    "the same part with backslashes": ({"xl\\sharedStrings.xml": STRINGS}, DAMAGED),
    "the same part twice": ({"XL/SharedStrings.xml": STRINGS}, DAMAGED),
}


@pytest.mark.parametrize("kind", PART)
def test_a_package_that_is_odd(kind: str, tmp_path: Path) -> None:
    parts, expected = PART[kind]
    assert outcome(package(tmp_path / "a.xlsx", **parts)) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def entry_at(data: bytes | bytearray, name: str) -> int:
    """Where the entry of that part begins in the zip's directory."""
    at = data.index(b"PK\x01\x02")
    while not data[at + 46 :].startswith(name.encode()):
        at = data.index(b"PK\x01\x02", at + 1)
    return at


LIES: dict[str, Callable[[bytearray, int], None]] = {
    "it declares too little": lambda data, at: struct.pack_into("<I", data, at + 24, 50),
    "it declares too much": lambda data, at: struct.pack_into("<I", data, at + 24, 4_000_000_000),
    "its checksum is wrong": lambda data, at: struct.pack_into("<I", data, at + 16, 1),
    "it says it is encrypted": lambda data, at: struct.pack_into("<H", data, at + 8, 1),
    "its compression is unknown": lambda data, at: struct.pack_into("<H", data, at + 10, 99),
    "it begins elsewhere": lambda data, at: struct.pack_into("<I", data, at + 42, 7),
}


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
@pytest.mark.parametrize("lie", LIES)
def test_a_directory_that_lies(lie: str, part: str, tmp_path: Path) -> None:
    path = package(tmp_path / "a.xlsx")
    data = bytearray(path.read_bytes())
    LIES[lie](data, entry_at(data, part))
    path.write_bytes(data)
    assert outcome(path) == DAMAGED


def test_empty_rows_with_formats_take_no_room() -> None:
    """Excel leaves a million of them behind when somebody formats a whole column."""
    rows = "".join(f'<row r="{n}"><c r="A{n}" s="1"/><c r="ZZ{n}" s="1"/></row>' for n in range(3, 10_000))
    extent = measure(lambda: [worksheet(KEY + ITEM + rows).encode()])
    assert (extent.rows, extent.columns) == (99_999, 26)


def test_a_rectangle_that_is_full_has_its_limit() -> None:
    far = MOST_CELLS // 26 + 1
    row = f'<row r="{far}"><c r="Z{far}"><v>1</v></c></row>'
    with pytest.raises(TooMuch):
        measure(lambda: [worksheet(KEY + row).encode()])


MEASURE = """
import sys
from pathlib import Path
from sync.errors import Refusal
from sync.sheet.read import read_sheet
from tests.bench.memory import peak
try:
    print(len(read_sheet(Path(sys.argv[1])).rows))
except Refusal as refusal:
    print(refusal.message.code)
print(peak())
"""
MOST_MEMORY = 600
"""MB, of any command (issue 5)."""


def measured(path: Path) -> str:
    """Read the sheet in a process of its own, within the memory that it may take."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, timeout=900, check=True
    )
    assert done.stderr == ""
    result, memory = done.stdout.split()
    assert float(memory) < MOST_MEMORY
    return result


@pytest.mark.skipif(sys.platform == "win32", reason="the measure is POSIX's")
def test_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    package(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/styles.xml", "w") as part:
        for _ in range(300):
            part.write(b"<a/>" * (1 << 18))
    assert measured(path) == TOO_LARGE


def full(rows: int, columns: str) -> str:
    """Rows with a code and numbers in the further columns."""
    return "".join(
        f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>A-{n}</t></is></c>'
        + "".join(f'<c r="{letter}{n}"><v>{n}</v></c>' for letter in columns)
        + "</row>"
        for n in range(2, rows + 2)
    )


@pytest.mark.soak
@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [(1_048_575, "BCDEFGHIJ", TOO_LARGE), (1_048_575, "B", "sheet.too_many_rows"), (200_000, "BCDEFGHIJ", "200000")],
)
def test_a_sheet_full_of_rows(rows: int, columns: str, expected: str, tmp_path: Path) -> None:
    assert measured(package(tmp_path / "a.xlsx", worksheet(KEY + full(rows, columns)))) == expected


@pytest.mark.soak
def test_a_million_formatted_rows(tmp_path: Path) -> None:
    empty = "".join(
        f'<row r="{n}">' + "".join(f'<c r="{letter}{n}" s="0"/>' for letter in "ABCDEFGHIJ") + "</row>"
        for n in range(3, 1_048_577)
    )
    assert measured(package(tmp_path / "a.xlsx", worksheet(KEY + ITEM + empty))) == "1"


@pytest.mark.soak
def test_a_text_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("商家编码,价格\n".encode() + b"A" * (47 << 20))
    assert measured(path) == TOO_LARGE
    path.write_bytes("商家编码,价格\n".encode() + b"A," * (23 << 20))
    assert measured(path) == TOO_LARGE
    path.write_bytes("商家编码,价格\n".encode() + b"\n" * (47 << 20))
    assert measured(path) == "sheet.empty"
