"""An `.ods` put as calamine reads it: in the usual words, without room between cells, and with all its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from xml.parsers.expat import ParserCreate
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from sync.sheet.files.encoding import utf8
from sync.sheet.files.package import Package, Unsafe

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
_MIMETYPE, _SPREADSHEET = "mimetype", b"application/vnd.oasis.opendocument.spreadsheet"
_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_PREFIXES = {f"{_NAMES}{name}:1.0": name for name in ("office", "table", "text", "style")}
"""All that matters of the format, and how nearly every program calls it."""
_OFFICE, _TABLE, _TEXT, _STYLE = _PREFIXES
_NAMESPACE = re.compile(rb"""xmlns(:[\w.-]+)?\s*=\s*["']%b(office|table|text|style):1\.0["']""" % _NAMES.encode())
_KIND = re.compile(rb"<(?:[\w.-]+:)?(body|spreadsheet)[\s/>]")
_FLAT = re.compile(rb"<(?:[\w.-]+:)?document\s[^<>]*" + re.escape(_SPREADSHEET))
_UNREAD = re.compile(
    rb"<table:table(?![^<>]*\stable:name=)[\s>]|<table:table-cell(?![^<>]*value-type=)[^<>]*>\s*<text:p"
)
"""Of what calamine would give nothing: a table without a name, a text without a type."""
_LONGEST_NAME = 1_000
"""Characters, with the namespace: a long one is declared once, and comes again with each element that is in it."""
_BETWEEN = " "
"""Stands between a namespace and a name."""
_MANIFEST = b"""<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">\
<m:file-entry m:full-path="/" m:media-type="%b"/></m:manifest>"""


def is_another(content: Iterable[bytes]) -> bool:
    """Whether the content, which is read to its end, is that of a text or a drawing; raises what `content` raises."""
    found = {kind[1] for piece in content for kind in _KIND.finditer(piece)}
    return found == {b"body"}


def is_flat(head: bytes) -> bool:
    """Whether a file that begins so is a flat `.fods`: the content, and no zip around it."""
    with suppress(LookupError, UnicodeError):
        return _FLAT.search(next(utf8([head]))) is not None
    return False


def is_canonical(package: Package, content: Iterable[bytes]) -> bool:
    """Whether calamine reads all of it, as far as can be told by patterns; raises what `content` raises."""
    for piece in content:
        if _UNREAD.search(piece) or any(found[1] != b":" + found[2] for found in _NAMESPACE.finditer(piece)):
            return False
    known = _MIMETYPE in package and b"".join(package.chunks(_MIMETYPE, 1 << 10)).startswith(_SPREADSHEET)
    return known and MANIFEST in package and package.usual


def canonical(content: Iterable[bytes]) -> bytes:
    """Return an `.ods` of this content; raises `ExpatError`, `Unsafe` for long names, and what `content` raises."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr(_MIMETYPE, _SPREADSHEET)
        package.writestr(MANIFEST, _MANIFEST % _SPREADSHEET)
        with package.open(CONTENT, "w") as part:
            writer = _CanonicalWriter()
            parser = ParserCreate("utf-8", _BETWEEN)
            parser.StartElementHandler = writer.start
            parser.EndElementHandler = writer.end
            parser.CharacterDataHandler = writer.data
            for piece in content:
                parser.Parse(piece)
                part.write(writer.taken())
            parser.Parse(b"", True)
            part.write(writer.taken())
    return out.getvalue()


class _CanonicalWriter:
    """Writes what a parser meets."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._open: list[str] = []
        self._paragraphs = 0
        self._tables = 0
        self._untyped: int | None = None
        """Where the tag of a cell without a type ends, as long as nothing else was met."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins; raises `Unsafe` for a name that is too long."""
        if any(len(name) > _LONGEST_NAME for name in (tag, *attributes)):
            raise Unsafe
        namespace, _, name = tag.rpartition(_BETWEEN)
        known = {_name(key): value for key, value in attributes.items() if _name(key)}
        if namespace == _TABLE and name == "table":
            self._tables += 1
            known.setdefault("table:name", f"Sheet{self._tables}")
        if namespace == _TEXT and name == "p":
            self._paragraphs += 1
            if self._untyped is not None:
                self._out[self._untyped] = ' office:value-type="string">'
        own = _name(tag)
        if not self._open:
            known |= {f"xmlns:{prefix}": name for name, prefix in _PREFIXES.items()}
        if own is None:
            own, known = f"other:{name}", {"xmlns:other": namespace or "none"}
        self._out.append(f"<{own}" + "".join(f" {key}={quoteattr(value)}" for key, value in known.items()))
        self._open.append(own)
        self._untyped = len(self._out) if own == "table:table-cell" and "office:value-type" not in known else None
        self._out.append(">")

    def end(self, tag: str) -> None:
        """An element ends."""
        own = self._open.pop()
        self._out.append(f"</{own}>")
        self._untyped = None
        self._paragraphs -= own == "text:p"

    def data(self, text: str) -> None:
        """Text; outside paragraphs it is only room between the elements."""
        if self._paragraphs:
            self._out.append(escape(text))

    def taken(self) -> bytes:
        """Return what was written, up to the last cell that may still get its type, and forget it."""
        end = len(self._out) if self._untyped is None else self._untyped
        written = "".join(self._out[:end]).encode()
        self._out = self._out[end:]
        self._untyped = None if self._untyped is None else 0
        return written


def _name(tag: str) -> str | None:
    namespace, _, name = tag.rpartition(_BETWEEN)
    return f"{_PREFIXES[namespace]}:{name}" if namespace in _PREFIXES else None
