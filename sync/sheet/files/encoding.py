"""A part of XML in UTF-8, in whatever encoding it came."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterable, Iterator

_DECLARED = re.compile(rb"""(<\?xml[^>]*?encoding\s*=\s*["'])([\w.-]+)""")
_ASCII = ("us-ascii", "ascii")
"""Read as UTF-8, of which they are a part: some programs put Chinese into such parts and leave the first line."""


def utf8(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the part in UTF-8, as most are; raises LookupError and UnicodeError."""
    parts = iter(chunks)
    first = next(parts, b"")
    encoding = encoding_of(first)
    if encoding == "utf-8":
        yield first
        yield from parts
        return
    decoder = getincrementaldecoder("utf-8" if encoding in _ASCII else encoding)()
    yield _DECLARED.sub(rb"\1UTF-8", decoder.decode(first).encode(), count=1)
    for chunk in parts:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()


def encoding_of(first: bytes) -> str:
    """Tell how a part that begins so is written, in lower case."""
    if first.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    if first[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if first[0] else "utf-16-be"
    declared = _DECLARED.search(first[:200])
    return declared[2].decode().lower() if declared else "utf-8"


def is_plain(first: bytes) -> bool:
    """Whether a part that begins so is UTF-8, or ASCII."""
    return encoding_of(first) in ("utf-8", *_ASCII)
