"""The zip of a workbook that may be hostile: its sizes and names are checked.

A few kilobytes can inflate to gigabytes, and the sizes in the directory may be wrong. So every part is counted while
it inflates, before calamine or a parser gets it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from copy import copy
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from lxml import etree

from sync.sheet.files.encoding import is_plain, utf8

_CHUNK = 1 << 17
"""Bytes. `zipfile` takes twice as long over a megabyte at once, which it puts together piece by piece."""
_LONGEST_TAG = 4 << 20
"""Bytes between two `<`: a cell holds 32,767 characters at most (Excel's own limit)."""
_ODD_NAME = re.compile(r"(^|/)\.{0,2}(/|$)|\0")
"""Names with empty folders, `.` or `..` in them."""
_MANY = re.compile(rb"ount\s*=\s*[\"']\d{8}")
"""A declared count for which a reader may allocate memory at once (`<sst uniqueCount="4294967295">`)."""


class Unsafe(Exception):
    """The file has something that no program writes into a workbook."""


class TooMuch(Exception):
    """A part inflates to more than this program takes in."""


def plain_name(name: str) -> str:
    """Return the name by which a part is found.

    OPC (ECMA-376 part 2, 6.2.2) compares names ignoring case, and so does calamine. Some programs on Windows put `\\`
    between folders, others a `/` or `./` before them.
    """
    return name.replace("\\", "/").removeprefix("./").lstrip("/").lower()


class Package:
    """The parts of a workbook, by name."""

    def __init__(self, data: bytes) -> None:
        """Read the directory of `data`; raises `BadZipFile`, and `Unsafe` for names that could be misunderstood."""
        self._archive = ZipFile(BytesIO(data))
        entries = self._archive.infolist()
        # A name that is there in two ways is refused.
        self._entries = {plain_name(entry.filename): entry for entry in entries}
        self._recoded = False
        self._odd_names = any(plain_name(entry.filename) != entry.filename.lower() for entry in entries)
        if len(self._entries) < len(entries) or any(_ODD_NAME.search(name.rstrip("/")) for name in self._entries):
            raise Unsafe

    def __contains__(self, name: str) -> bool:
        """Tell whether there is such a part."""
        return name.lower() in self._entries

    @property
    def usual(self) -> bool:
        """Whether all names, and the encodings of all parts read so far, are as every reader knows them."""
        return not (self._odd_names or self._recoded)

    @property
    def names(self) -> Iterable[str]:
        """All parts' names, in lower case."""
        return self._entries

    def chunks(self, name: str, most: int) -> Iterator[bytes]:
        """Yield a part of XML in UTF-8, in pieces of which none ends inside a tag.

        Raises `TooMuch` beyond `most` bytes; `Unsafe` for a DTD, which the format forbids (ECMA-376 part 2, 6.5) and
        which bombs are made of; `KeyError` if there is no such part; `BadZipFile` and `zlib.error` for damage;
        LookupError and UnicodeError for what is not in the encoding that it declares.
        """
        left = b""
        for piece in utf8(self._noting_encoding(self._inflated(name, most))):
            text = left + piece
            # A single byte is found in a fifth of the time.
            if (b"!" in text and b"<!DOCTYPE" in text) or b"\0" in text or (b"u" in text and _MANY.search(text)):
                raise Unsafe
            end = max(0, text.rfind(b"<"))
            left = text[end:]
            if len(left) > _LONGEST_TAG:
                raise Unsafe
            yield text[:end]
        yield left

    def _noting_encoding(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        first = next(pieces, b"")
        self._recoded = self._recoded or not is_plain(first)
        yield first
        yield from pieces

    def xml(self, name: str, most: int) -> etree._Element:
        """Parse a part that is known to be small; raises as `chunks` does, and `etree.XMLSyntaxError`."""
        safe = etree.XMLParser(resolve_entities=False, no_network=True)
        return etree.fromstring(b"".join(self.chunks(name, most)), safe)

    def _inflated(self, name: str, most: int) -> Iterator[bytes]:
        entry = self._entries[name.lower()]
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BadZipFile(name)
        # Python stops at the declared size, other readers don't: so read on, and compare.
        whole = copy(entry)
        whole.file_size = sys.maxsize
        count = 0
        with self._archive.open(whole) as part:
            while piece := part.read(_CHUNK):
                count += len(piece)
                if count > most:
                    raise TooMuch
                yield piece
        if count != entry.file_size:
            raise BadZipFile(name)
