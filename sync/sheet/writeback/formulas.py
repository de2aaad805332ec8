"""Formulas that several cells share, of which the first is written over: the others get their own.

A shared formula is written out in one cell only; the others below or beside it merely name it (ECMA-376, 18.3.1.40).
"""

from __future__ import annotations

from html import escape, unescape
from typing import NamedTuple

from sync.sheet.writeback.addresses import attribute, letters
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.worksheet import RawCell, RawRow


class _Formula(NamedTuple):
    text: str
    place: str


class SharedFormulas:
    """The shared formulas whose first cell was written over."""

    def __init__(self, names: ElementPatterns) -> None:
        self._names = names
        self.lost: dict[bytes, _Formula] = {}
        """By the number that its cells name it by."""

    def lose(self, cell: RawCell, row: int) -> None:
        """Remember the formula of a cell that is about to be written over, if it is a shared one's first."""
        found = self._names.formula.search(cell.content)
        if found and attribute(found[1], b"t") == b"shared" and found[2]:
            text = unescape(found[2].decode())
            self.lost[attribute(found[1], b"si")] = _Formula(text, _address(cell, row))

    def restore(self, row: RawRow) -> dict[int, bytes]:
        """Return the cells of `row` that need their own formula now, by column: their bytes, with that."""
        if not self.lost or b"shared" not in row.xml:
            return {}
        found = ((cell, self._own_formula(cell, row.number)) for cell in row.cells())
        return {cell.column: row.xml[cell.begin : cell.end].replace(old, new) for cell, (old, new) in found if old}

    def _own_formula(self, cell: RawCell, row: int) -> tuple[bytes, bytes]:
        """Return the cell's formula as it stands, and as it must be; both empty if it is none of the lost ones."""
        found = self._names.formula.search(cell.content)
        if not found or attribute(found[1], b"t") != b"shared" or found[2]:
            return b"", b""
        lost = self.lost.get(attribute(found[1], b"si"))
        if not lost:
            return b"", b""
        # Seldom needed, and openpyxl brings numpy along: a tenth of a second.
        from openpyxl.formula.translate import Translator  # noqa: PLC0415

        moved = Translator(f"={lost.text}", lost.place).translate_formula(_address(cell, row))
        prefix = self._names.prefix
        text = escape(moved.removeprefix("="), quote=False).encode()
        return found[0], b"<%bf>%b</%bf>" % (prefix, text, prefix)


def _address(cell: RawCell, row: int) -> str:
    return f"{letters(cell.column).decode()}{row}"
