"""The workbook's zip, read by name, and written anew with every untouched part as the very bytes it is.

`zipfile` reads parts and writes parts; what it can't do is to copy one without inflating it (APPNOTE.TXT of PKWARE,
section 4.3.7).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from copy import copy
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from sync.sheet.files.package import plain_name

CHUNK, _FIRST = 1 << 17, 1 << 12
"""Bytes that are read at a time, and at first."""
_LEVEL = 3
"""Of compression: on a worksheet twice as quick as zlib's own 6, and the file is 2% larger."""
_LOCAL = struct.Struct("<26x2H")
"""What stands before each part; of interest are the lengths of its name and of its extra fields."""
_EXTRA = struct.Struct("<2H")
_ZIP64 = 1
"""The extra field with sizes beyond 4 GB. Some writers add it to small parts too, and there it isn't needed."""
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
            # A short one first: what stands before the rows, and their headers, are read with care.
            size = _FIRST
            while chunk := content.read(size):
                yield chunk
                size = CHUNK

    def rewrite(
        self, out: BinaryIO, changed: Mapping[str, Callable[[], Chunks]], without: Collection[str] = ()
    ) -> None:
        """Write the zip into the empty file `out`, with new contents for the `changed` parts, which may be new ones.

        The contents are made at the very end and in the order of `changed`, so that one may depend on what came of
        another. The directory keeps its order. Raises `BadZipFile` if the zip is damaged.
        """
        fresh = list(map(plain_name, changed))
        left_out = {*fresh, *map(plain_name, without)}
        with ZipFile(out, "w") as written:
            written.comment = self._zip.comment
            for name, entry in self._entries.items():
                if name not in left_out:
                    self._copy(entry, written, out)
            for part, content in changed.items():
                with written.open(self._new_entry(part), "w") as new:
                    for chunk in _gathered(content()):
                        new.write(chunk)
            order = {name: place for place, name in enumerate(dict.fromkeys((*self._entries, *fresh)))}
            written.filelist.sort(key=lambda entry: order[plain_name(entry.filename)])

    def rehearse(self, changed: Mapping[str, Callable[[], Chunks]]) -> None:
        """Do as `rewrite` does, but write and compress nothing; raises what that raises."""
        for entry in self._entries.values():
            self._begin(entry)
        for content in changed.values():
            for _ in content():
                pass

    def _begin(self, entry: ZipInfo) -> bytes:
        """Go to where a part's content begins; returns the extra fields that stand before it."""
        self._file.seek(entry.header_offset)
        name_length, extra_length = _LOCAL.unpack(self._file.read(_LOCAL.size))
        encoding = "utf-8" if entry.flag_bits & _UTF8_NAME else "cp437"
        if self._file.read(name_length) != entry.orig_filename.encode(encoding):
            raise BadZipFile("two names for one part")
        return self._file.read(extra_length)

    def _copy(self, entry: ZipInfo, written: ZipFile, out: BinaryIO) -> None:
        """Copy the part as it is compressed into `out`, the file of `written`."""
        extra = self._begin(entry)
        copied = copy(entry)
        # The sizes stand before the content from now on, so that none need follow it.
        copied.flag_bits &= ~_SIZES_FOLLOW
        copied.extra = _without_zip64(extra)
        copied.header_offset = out.tell()
        out.write(copied.FileHeader())
        left = entry.compress_size
        while left:
            chunk = self._file.read(min(left, CHUNK))
            if not chunk:
                raise BadZipFile(entry.filename)
            out.write(chunk)
            left -= len(chunk)
        copied.extra = _without_zip64(entry.extra)
        written.filelist.append(copied)
        written.start_dir = out.tell()

    def _new_entry(self, part: str) -> ZipInfo:
        """Return what the directory says of a part that gets a new content."""
        entry = copy(self._entries.get(plain_name(part)) or ZipInfo(part))
        entry.extra = b""
        entry.compress_type, entry._compresslevel = ZIP_DEFLATED, _LEVEL  # type: ignore[attr-defined]
        return entry


def _gathered(content: Chunks) -> Iterator[bytes]:
    """Join small pieces: to compress thousands of them one by one takes longer."""
    waiting: list[bytes] = []
    length = 0
    for piece in content:
        waiting.append(piece)
        length += len(piece)
        if length >= CHUNK:
            yield b"".join(waiting)
            waiting, length = [], 0
    yield b"".join(waiting)


def _without_zip64(extra: bytes) -> bytes:
    kept, at = b"", 0
    while at + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, at)
        end = at + _EXTRA.size + length
        if kind != _ZIP64:
            kept += extra[at:end]
        at = end
    return kept + extra[at:]
