"""An `.xls` put as calamine reads it: records of [MS-XLS] in a stream of a compound file ([MS-CFB]).

calamine has these faults. It reads texts of BIFF8, which are always Unicode, by the code page that the file names. It
reads those of Excel 95 wrongly where that page is Chinese. It takes a number for a date by its format's id, though
the file may give that id another meaning. It ignores a password.
"""

from __future__ import annotations

import struct
from codecs import lookup
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import repeat

from sync.sheet.files.styles import DATES, is_date_code

OLD = tuple(map(bytes.fromhex, ("09000400", "09020600", "09040600", "09080800", "09081000")))
"""How a file without a compound file around it begins, as the Excels up to 4 wrote it: with its first record."""
_BEGIN, _END, _PASSWORD, _CODE_PAGE, _FORMAT, _CELL_FORMAT = 0x809, 0x0A, 0x2F, 0x42, 0x41E, 0xE0
_UNICODE, _WESTERN = struct.pack("<H", 1200), struct.pack("<H", 1252)
_PAGES = {936: "gb18030", 1200: "cp1252", 10_000: "mac_roman", 32_768: "mac_roman", 32_769: "cp1252", 65_001: "utf-8"}
"""Code pages that Python calls otherwise than by their number, and those that old programs name by mistake."""
_UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
_BYTES = {bytes([byte]).decode("cp1252") if byte not in _UNDEFINED else chr(byte): byte for byte in range(256)}
"""Signs of the Western page, as calamine has them."""
_BIFF8 = 0x600


class HasPassword(Exception):
    """The workbook has a password."""


@dataclass(frozen=True)
class Readable:
    """An `.xls` of which calamine reads all dates as Excel does, and all texts but for their code page."""

    data: bytes
    page: str | None = None
    """The code page of its texts, in which they are still to be read; None: none is."""

    def text(self, read: str) -> str:
        """Return a text as Excel reads it."""
        if self.page is None:
            return read
        return bytes(map(_BYTES.get, read, repeat(0x3F))).decode(self.page, "replace")  # 0x3F: a question mark


def readable(data: bytes) -> Readable:
    """Put an `.xls` as calamine reads it; what can't be understood stays as it is. Raises `HasPassword`."""
    # Only the process that reads an `.xls` needs it.
    from olefile import OleFileIO  # type: ignore[import-untyped]  # noqa: PLC0415

    file = BytesIO(data)
    try:
        with OleFileIO(file, write_mode=True) as compound:
            name = next(filter(compound.exists, ("Workbook", "Book")))
            stream = bytearray(compound.openstream(name).read())
            records = list(_records(bytes(stream)))
            for at, content in _corrections(records):
                stream[at : at + len(content)] = content
            compound.write_stream(name, bytes(stream))
        return Readable(file.getvalue(), _page(records))
    except (OSError, StopIteration, struct.error, LookupError, UnicodeError, ValueError):
        return Readable(data)


_Record = tuple[int, int, bytes]
"""Where its content begins, its kind, its content."""


def _corrections(records: Sequence[_Record]) -> Iterator[tuple[int, bytes]]:
    """Yield what is to stand where in the stream instead."""
    kinds = {kind for _, kind, _ in records}
    if _PASSWORD in kinds:
        raise HasPassword
    is_biff8 = _is_biff8(records)
    own = dict(_format(content, is_biff8=is_biff8) for _, kind, content in records if kind == _FORMAT)
    for at, kind, content in records:
        if kind == _CODE_PAGE:
            yield at, _UNICODE if is_biff8 else _WESTERN
        elif kind == _CELL_FORMAT:
            number = struct.unpack_from("<H", content, 2)[0]
            if number in DATES and number in own and not is_date_code(own[number]):
                # The other formats don't matter: only whether one is a date does.
                yield at + 2, bytes(2)


def _is_biff8(records: Sequence[_Record]) -> bool:
    return bool(struct.unpack_from("<H", records[0][2])[0] == _BIFF8)


def _page(records: Sequence[_Record]) -> str | None:
    """Return the code page of an Excel 95's texts, which are no Unicode (2.4.52)."""
    pages = [struct.unpack_from("<H", content)[0] for _, kind, content in records if kind == _CODE_PAGE]
    if _is_biff8(records) or not pages:
        return None
    page = _PAGES.get(pages[0], f"cp{pages[0]}")
    return lookup(page).name


def _format(content: bytes, *, is_biff8: bool) -> tuple[int, str]:
    """Read a number format: its id and its code (2.4.126; up to BIFF5 its length is one byte)."""
    number, length = struct.unpack_from("<HH" if is_biff8 else "<HB", content)
    if not is_biff8:
        return number, content[3 : 3 + length].decode("latin-1")
    is_wide = content[4] & 1
    return number, content[5 : 5 + length * (1 + is_wide)].decode("utf-16-le" if is_wide else "latin-1")


def _records(stream: bytes) -> Iterator[_Record]:
    """Yield what is said of the workbook as a whole; raises ValueError for what is no workbook's."""
    at = 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if at == 0 and kind != _BEGIN:
            raise ValueError(kind)
        if kind == _END:
            return
        yield at + 4, kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
