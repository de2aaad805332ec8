"""The workbook's zip, read by name, and written anew with every untouched part as the very bytes it is.

`zipfile` can read a part and write a part, but not copy one without inflating it; hence the headers of
APPNOTE.TXT (PKWARE), sections 4.3.7, 4.3.12 and 4.3.16, are written here.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from sync.sheet.files.package import plain_name

CHUNK = 1 << 17
"""Bytes that are read at a time."""
_LEVEL = 3
"""Of compression: on a worksheet twice as quick as zlib's own 6, and the file is 2% larger."""
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s4B4H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_EXTRA = struct.Struct("<2H")
_ZIP64 = 1
"""The extra field with sizes beyond 4 GB. Some writers add it to small parts too, and there it isn't needed."""
_MOST_BYTES, _MOST_PARTS = 0xFFFFFFFF, 0xFFFF
_SIZES_FOLLOW, _UTF8_NAME = 0x0008, 0x0800
_ENCRYPTED_OR_PATCHED = 0x0001 | 0x0020 | 0x0040 | 0x2000

Chunks = Iterable[bytes]


class Archive:
    """A zip whose parts are found by their names; OPC (ECMA-376 part 2, 6.2.2) ignores the case of names."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the directory; raises `BadZipFile` for what can't be copied safely."""
        self._file = file
        self._zip = ZipFile(file)
        self._entries = {plain_name(entry.filename): entry for entry in self._zip.infolist()}
        if len(self._entries) < len(self._zip.infolist()):
            raise BadZipFile("a name twice")
        for entry in self._entries.values():
            if entry.flag_bits & _ENCRYPTED_OR_PATCHED or entry.header_offset < 0:
                raise BadZipFile("encrypted, or cut off")

    def __contains__(self, part: str) -> bool:
        """Tell whether there is such a part."""
        return plain_name(part) in self._entries

    def names(self) -> Iterator[str]:
        """Yield the parts' names, in lower case."""
        yield from self._entries

    def read(self, part: str) -> bytes:
        """Return a part that is known to be small; raises KeyError if there is none."""
        return self._zip.read(self._entries[plain_name(part)])

    def chunks(self, part: str) -> Iterator[bytes]:
        """Yield a part's content; raises KeyError if there is none, and `BadZipFile` where it is damaged."""
        with self._zip.open(self._entries[plain_name(part)]) as content:
            while chunk := content.read(CHUNK):
                yield chunk

    def rewrite(
        self, out: BinaryIO, changed: Mapping[str, Callable[[], Chunks]], without: Collection[str] = ()
    ) -> None:
        """Write the zip into the empty file `out`, with new contents for the `changed` parts, which may be new ones.

        The contents are made at the very end and in the order of `changed`, so that one may depend on what came of
        another. The directory keeps its order. Raises `BadZipFile` if the zip is damaged or too large.
        """
        fresh = {plain_name(part): content for part, content in changed.items()}
        gone = {plain_name(part) for part in without}
        kept = [name for name in self._entries if name not in gone]
        records = {name: self._copy(self._entries[name], out) for name in kept if name not in fresh}
        for part, content in changed.items():
            entry = self._entries.get(plain_name(part)) or _new_entry(part)
            records[plain_name(part)] = _deflate(entry, content(), out)
        begin = out.tell()
        for name in dict.fromkeys((*kept, *fresh)):
            out.write(records[name])
        size = out.tell() - begin
        if out.tell() > _MOST_BYTES or len(records) > _MOST_PARTS:
            raise BadZipFile("too large")
        comment = self._zip.comment
        out.write(_END.pack(b"PK\5\6", 0, 0, len(records), len(records), size, begin, len(comment)) + comment)

    def rehearse(self, changed: Mapping[str, Callable[[], Chunks]]) -> None:
        """Do as `rewrite` does, but write and compress nothing; raises what that raises."""
        for entry in self._entries.values():
            self._begin(entry)
        for content in changed.values():
            for _ in content():
                pass

    def _begin(self, entry: ZipInfo) -> tuple[bytes, bytes]:
        """Go to where a part's content begins; returns its name and its extra fields, which stand before it."""
        self._file.seek(entry.header_offset)
        fields = _LOCAL.unpack(self._file.read(_LOCAL.size))
        name = self._file.read(fields[9])
        if name != _name(entry):
            raise BadZipFile("two names for one part")
        return name, self._file.read(fields[10])

    def _copy(self, entry: ZipInfo, out: BinaryIO) -> bytes:
        """Copy the part as it is compressed; returns its record for the directory."""
        name, extra = self._begin(entry)
        offset = out.tell()
        copied = copy(entry)
        # The sizes stand before the content from now on, so that none need follow it.
        copied.flag_bits &= ~_SIZES_FOLLOW
        out.write(_local(copied, name, extra))
        left = entry.compress_size
        while left:
            chunk = self._file.read(min(left, CHUNK))
            if not chunk:
                raise BadZipFile(entry.filename)
            out.write(chunk)
            left -= len(chunk)
        return _central(copied, name, offset)


def _name(entry: ZipInfo) -> bytes:
    """The part's name as the directory has it."""
    return entry.orig_filename.encode("utf-8" if entry.flag_bits & _UTF8_NAME else "cp437")


def _new_entry(part: str) -> ZipInfo:
    return ZipInfo(part, (1980, 1, 1, 0, 0, 0))


def _deflate(entry: ZipInfo, content: Chunks, out: BinaryIO) -> bytes:
    """Compress a part's new content; returns its record for the directory."""
    name = _name(entry)
    written = copy(entry)
    written.flag_bits &= _UTF8_NAME
    written.compress_type = ZIP_DEFLATED
    written.CRC = written.file_size = written.compress_size = 0
    offset = out.tell()
    out.write(_local(written, name, b""))
    deflated = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    begin = out.tell()
    for chunk in _gathered(content):
        written.CRC = zlib.crc32(chunk, written.CRC)
        written.file_size += len(chunk)
        out.write(deflated.compress(chunk))
    out.write(deflated.flush())
    end = out.tell()
    written.compress_size = end - begin
    out.seek(offset)
    out.write(_local(written, name, b""))
    out.seek(end)
    return _central(written, name, offset)


def _gathered(content: Chunks) -> Iterator[bytes]:
    """Thousands of small pieces would take longer than what is done with them."""
    waiting: list[bytes] = []
    length = 0
    for piece in content:
        waiting.append(piece)
        length += len(piece)
        if length >= CHUNK:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join(waiting)


def _local(entry: ZipInfo, name: bytes, extra: bytes) -> bytes:
    kept = _without_zip64(extra)
    sizes = entry.CRC, entry.compress_size, entry.file_size, len(name), len(kept)
    method = entry.extract_version, entry.flag_bits, entry.compress_type
    return _LOCAL.pack(b"PK\3\4", *method, *_dos_time(entry), *sizes) + name + kept


def _central(entry: ZipInfo, name: bytes, offset: int) -> bytes:
    kept = _without_zip64(entry.extra)
    versions = entry.create_version, entry.create_system, entry.extract_version, entry.reserved
    sizes = entry.CRC, entry.compress_size, entry.file_size, len(name), len(kept), len(entry.comment)
    place = 0, entry.internal_attr, entry.external_attr, offset
    fields = *versions, entry.flag_bits, entry.compress_type, *_dos_time(entry), *sizes, *place
    return _CENTRAL.pack(b"PK\1\2", *fields) + name + kept + entry.comment


def _dos_time(entry: ZipInfo) -> tuple[int, int]:
    year, month, day, hour, minute, second = entry.date_time
    return hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day


def _without_zip64(extra: bytes) -> bytes:
    kept, at = b"", 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        end = at + _EXTRA.size + length
        if kind != _ZIP64:
            kept += extra[at:end]
        at = end
    return kept + extra[at:]
