"""Workbooks put together by hand, for what no program would write."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"

KEY = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
"""The headers 商家编码 and 价格."""
ITEM = '<row r="2"><c r="A2" t="inlineStr"><is><t>A-1</t></is></c><c r="B2"><v>9</v></c></row>'
"""One row with a price of 9 yuan."""
STRINGS = f'<sst xmlns="{MAIN}" count="2" uniqueCount="2"><si><t>商家编码</t></si><si><t>价格</t></si></sst>'
PARTS: Mapping[str, str] = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="商品" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
    "xl/sharedStrings.xml": STRINGS,
}


def worksheet(rows: str = KEY + ITEM, before: str = "", after: str = "") -> str:
    """A worksheet's XML around these rows."""
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def package(path: Path, sheet: str | bytes = worksheet(), **parts: str | bytes) -> Path:
    """Write a workbook; `parts` by their file's name replace or join the usual ones: `sharedStrings="…"`."""
    whole: dict[str, str | bytes] = {**PARTS, "xl/worksheets/sheet1.xml": sheet}
    for name, content in parts.items():
        known = next((part for part in whole if part.rpartition("/")[2] in (name, f"{name}.xml")), name)
        whole[known] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return path
