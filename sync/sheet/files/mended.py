"""Worksheets that calamine reads wrongly, or not at all, put as it understands them.

calamine refuses a sheet with an error value that it doesn't know, such as `#SPILL!`, and doesn't read an inline text
that stands in `v`. `traits.py` reads error values from the sheet itself, so none gets lost by this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

_NAME = rb"(?:[\w.-]+:)?"
_ERROR = (
    rb"""(<%bc\s[^<>]*?\bt\s*=\s*["']e["'][^<>]*>(?:\s*<%bf\b[^<>]*(?:/>|>[^<]*</%bf\s*>))?\s*<%bv\b[^<>]*>)[^<]*"""
    % ((_NAME,) * 4)
)
_INLINE = rb"""(<%bc\s[^<>]*?\bt\s*=\s*["'])inlineStr(["'][^<>]*>\s*<%bv\b)""" % ((_NAME,) * 2)
"""Hardly any file needs mending, so that `re` compiles these when one does."""
_ODDLY_PLACED = re.compile(rb'inlineStr(?!"><is>|">\Z)')
"""Hardly any piece has one, unless it ends there, and to look for it is thirty times as quick as for `_INLINE`."""
_KNOWN_ERROR = b"#N/A"
_OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_POINTERS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%b</Relationships>'
_POINTER = b'<Relationship Id="%%b" Type="%b/%%b" Target="%%b"/>' % _OFFICE
_WORKBOOK = (
    b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="%b">'
    b'<workbookPr date1904="%%d"/><sheets><sheet name="1" sheetId="1" r:id="sheet"/></sheets></workbook>' % _OFFICE
)


def needs_mending(piece: bytes) -> bool:
    """Whether a piece of a worksheet's XML has an inline text that isn't where it should be."""
    return _ODDLY_PLACED.search(piece) is not None and re.search(_INLINE, piece) is not None


def mended(xml: bytes) -> bytes:
    """Return a worksheet's XML as calamine understands it."""
    return re.sub(_INLINE, rb"\1str\2", re.sub(_ERROR, rb"\1" + _KNOWN_ERROR, xml))


def alone(sheet: bytes, strings: bytes | None, styles: bytes | None, *, of_1904: bool) -> BytesIO:
    """Return a workbook of one worksheet and the parts that it needs, for calamine to read."""
    parts = {
        "_rels/.rels": _POINTERS % (_POINTER % (b"book", b"officeDocument", b"xl/workbook.xml")),
        "xl/workbook.xml": _WORKBOOK % of_1904,
        "xl/worksheets/sheet1.xml": mended(sheet),
    }
    pointers = [_POINTER % (b"sheet", b"worksheet", b"worksheets/sheet1.xml")]
    for kind, content in ((b"sharedStrings", strings), (b"styles", styles)):
        if content is not None:
            parts[f"xl/{kind.decode()}.xml"] = content
            pointers.append(_POINTER % (kind, kind, kind + b".xml"))
    parts["xl/_rels/workbook.xml.rels"] = _POINTERS % b"".join(pointers)
    return packed(parts)


def packed(parts: Mapping[str, bytes]) -> BytesIO:
    """Return a zip of these parts in their order."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    out.seek(0)
    return out
