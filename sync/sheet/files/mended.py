"""Worksheets that calamine reads wrongly, or not at all, put as it understands them.

It refuses a sheet for an error value that it doesn't know, such as `#SPILL!`, and finds nothing in an inline text
that stands in `v`. `traits.py` reads error values in the sheet itself, so none gets lost by this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

_NAME = rb"(?:[\w.-]+:)?"
_ERROR = re.compile(
    rb"""(<%bc\s[^<>]*?\bt\s*=\s*["']e["'][^<>]*>(?:\s*<%bf\b[^<>]*(?:/>|>[^<]*</%bf\s*>))?\s*<%bv\b[^<>]*>)[^<]*"""
    % ((_NAME,) * 4)
)
_INLINE = re.compile(rb"""(<%bc\s[^<>]*?\bt\s*=\s*["'])inlineStr(["'][^<>]*>\s*<%bv\b)""" % ((_NAME,) * 2))
_KNOWN_ERROR = b"#N/A"


def needs_mending(piece: bytes) -> bool:
    """Whether a piece of a worksheet's XML has an inline text that isn't where it should be."""
    return b"inlineStr" in piece and _INLINE.search(piece) is not None


def mended(xml: bytes) -> bytes:
    """Return a worksheet's XML as calamine understands it."""
    return _INLINE.sub(rb"\1str\2", _ERROR.sub(rb"\1" + _KNOWN_ERROR, xml))


def packed(parts: Iterable[tuple[str, bytes]]) -> BytesIO:
    """Return a package of these parts, for nobody but calamine."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as package:
        for name, content in parts:
            package.writestr(name, content)
    out.seek(0)
    return out
