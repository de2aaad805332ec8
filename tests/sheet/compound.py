"""`.xls` files put together by hand: records ([MS-XLS]) in a compound file ([MS-CFB])."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

_SECTOR = 512
_LEAST = 4096
"""Bytes; shorter streams would stand elsewhere."""
_END, _FREE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
Record = tuple[int, bytes]


def compound(stream: bytes, name: str = "Workbook", *, scattered: bool = False) -> bytes:
    """A file of one stream; `scattered`: its sectors stand in the reverse order."""
    padded = stream.ljust(max(_LEAST, -(-len(stream) // _SECTOR) * _SECTOR), b"\0")
    sectors = [padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR)]
    order = list(range(2, len(sectors) + 2))
    if scattered:
        order.reverse()
    table = [_FAT, _END, *[_FREE] * len(sectors)]
    for place, following in zip(order, [*order[1:], _END], strict=True):
        table[place] = following
    placed = sorted(zip(order, sectors, strict=True))
    fat = struct.pack(f"<{_SECTOR // 4}L", *table, *[_FREE] * (_SECTOR // 4 - len(table)))
    root, own = _entry("Root Entry", 5, 1, _END, 0), _entry(name, 2, _FREE, order[0], len(padded))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<9L", 0, 1, 1, 0, _LEAST, _END, 0, _END, 0) + struct.pack("<109L", 0, *[_FREE] * 108)
    return header + fat + (root + own).ljust(_SECTOR, b"\0") + b"".join(sector for _, sector in placed)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    links = struct.pack("<3L", _FREE, _FREE, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<H2B", len(text), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<LQ", start, size)
    )


def _records(records: Sequence[Record]) -> bytes:
    return b"".join(struct.pack("<2H", kind, len(content)) + content for kind, content in records)


def _text(text: str, length: str = "<H") -> bytes:
    """As BIFF8 keeps it: one byte a character where that is enough."""
    narrow = max(map(ord, text), default=0) < 256
    return struct.pack(length, len(text)) + (
        b"\0" + text.encode("latin-1") if narrow else b"\1" + text.encode("utf-16-le")
    )


def bof(version: int, kind: int) -> Record:
    """The begin of the workbook (5) or of a worksheet (16)."""
    return 0x809, struct.pack("<4H", version, kind, 0x0DBB, 0x07CC) + (bytes(8) if version == 0x600 else b"")


def of_excel_95(
    cells: Sequence[Sequence[str | float]], page: int, encoding: str, *extra: Record, name: str = "商品"
) -> bytes:
    """The stream of a BIFF5 workbook of one worksheet, whose texts are bytes of a code page."""

    def text(text: str, length: str) -> bytes:
        written = text.encode(encoding)
        return struct.pack(length, len(written)) + written

    rows: list[Record] = [bof(0x500, 16)]
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            place = struct.pack("<3H", y, x, 0)
            number = isinstance(value, float)
            content = struct.pack("<d", value) if number else text(str(value), "<H")
            rows.append((0x203 if number else 0x204, place + content))
    head = [bof(0x500, 5), code_page(page), *extra, (0xE0, bytes(16))]
    bound = b"\0\0" + text(name, "<B")
    at = len(_records([*head, (0x85, bytes(4) + bound), (0x0A, b"")]))
    return _records([*head, (0x85, struct.pack("<L", at) + bound), (0x0A, b""), *rows, (0x0A, b"")])


def workbook(
    cells: Sequence[Sequence[str | float]], *extra: Record, formats: Sequence[int] = (), style: int = 0
) -> bytes:
    """The stream of a BIFF8 workbook of one worksheet, with `extra` records near its begin.

    `formats`: the number formats' ids of the cell formats; `style`: which of them numbers have.
    """
    xfs = [(0xE0, struct.pack("<2H", 0, number) + bytes(16)) for number in formats or [0]]
    rows: list[Record] = [bof(0x600, 16)]
    for y, row in enumerate(cells):
        for x, value in enumerate(row):
            place = struct.pack("<3H", y, x, style if isinstance(value, float) else 0)
            rows.append(
                (0x203, place + struct.pack("<d", value))
                if isinstance(value, float)
                else (0x204, place + _text(value))
            )
    sheet = _records([*rows, (0x0A, b"")])
    head = [bof(0x600, 5), *extra, *xfs]
    bound = b"\0\0" + _text("商品", "<B")
    at = len(_records([*head, (0x85, bytes(4) + bound), (0x0A, b"")]))
    return _records([*head, (0x85, struct.pack("<L", at) + bound), (0x0A, b"")]) + sheet


def code_page(number: int) -> Record:
    """How texts of one byte a character are to be read."""
    return 0x42, struct.pack("<H", number)


def number_format(number: int, code: str) -> Record:
    """A number format."""
    return 0x41E, struct.pack("<H", number) + _text(code)


PASSWORD: Record = (0x2F, struct.pack("<3H", 0, 0x1234, 0x5678))
"""What tells of one, with a made-up key (2.4.117)."""


def save(path: Path, data: bytes) -> Path:
    """Write the file."""
    path.write_bytes(data)
    return path
