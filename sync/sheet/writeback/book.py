"""A workbook that is open, one worksheet of which is written anew, and with it the parts that must know of that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import BinaryIO

from sync.sheet.files.encoding import utf8
from sync.sheet.writeback.archive import Archive, Chunks
from sync.sheet.writeback.formats import BLANK, Formats
from sync.sheet.writeback.parts import Parts, Register
from sync.sheet.writeback.worksheet import Worksheet

Changed = Mapping[str, Callable[[], Chunks]]
"""Parts that say something else, each with what makes its new content, in the order in which they are made."""


class Moved(ValueError):
    """The worksheet, or its columns, aren't where they were read."""


class Book:
    """The workbook of `file`; `parts` are those around the worksheet, `formats` the workbook's, to be added to."""

    def __init__(self, file: BinaryIO, sheet: str) -> None:
        """Open it; raises Moved, and all that zipfile and lxml raise on a damaged file."""
        self.archive = Archive(file)
        self.parts = Parts(self.archive, sheet)
        if not self.parts.has_sheet:
            raise Moved(sheet)
        self.formats = Formats(self.archive.read(self.parts.styles) if self.parts.styles else BLANK)
        self._tidy: set[int] = set()

    def worksheet(self, *, check: bool = False) -> Worksheet:
        """Begin to read the worksheet, which is done twice; `check` as `Worksheet` has it."""
        return Worksheet(utf8(self.archive.chunks(self.parts.sheet)), self._tidy, check=check)

    def changed(
        self,
        sheet: Callable[[], Chunks],
        contents: Mapping[str, bytes | None],
        properties: bytes | None = None,
        without: Collection[str] = (),
    ) -> Changed:
        """Return all parts that change when `sheet` makes the worksheet's new content.

        `contents`: other parts that may; None: they don't. `properties`: new custom properties of the workbook.
        `without`: parts that are taken out.
        """
        register = Register(self.archive, self.parts.workbook, strict=self.parts.strict)
        # Which formats are needed is known only when the worksheet has been written.
        changed = {self.parts.sheet: sheet, self.parts.styles or register.add_styles(): self._styles}
        if properties is not None:
            changed[self.parts.properties or register.add_properties()] = partial(_once, properties)
        for part in without:
            register.remove(part)
        found = {**register.parts(), **contents}
        return changed | {part: partial(_once, content) for part, content in found.items() if content is not None}

    def _styles(self) -> Chunks:
        if self.formats.changed or not self.parts.styles:
            return [self.formats.xml()]
        return self.archive.chunks(self.parts.styles)


def _once(content: bytes) -> Chunks:
    return (content,)
