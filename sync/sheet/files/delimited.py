"""`.csv` and tab-separated text, in the encodings and with the separators that Excel, WPS and the platform write.

Every cell is text here, so that long codes keep all digits and zeros.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from sync.codes import as_text
from sync.errors import Refusal
from sync.messages import Message, say
from sync.sheet.files.addresses import Address
from sync.sheet.files.extent import MOST_CELLS
from sync.sheet.files.traits import Traits
from sync.sheet.files.workbook import Grid
from sync.sheet.headers import SEARCHED, USUAL, Vocabulary
from sync.sheet.strings import trim

_MARKED = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""UTF-16 is what Excel calls Unicode text."""
_UNMARKED = ("utf-8", "gb18030")
"""GB18030 holds all of GBK and GB2312, which Chinese Excel and WPS write as CSV. Hardly any text of theirs is valid
UTF-8, so UTF-8 is tried first."""
_SEPARATORS = ",\t;"
_SEP_LINE = re.compile(r"sep=(.)[\r\n]+", re.IGNORECASE)
"""Excel's own way of naming the separator."""
_SAMPLE = 1 << 10
"""Characters, by which a page from the web is known: 导出 of many shops is HTML under the name `.xls`."""
_LONGEST_CELL = 32_767
"""Characters, Excel's own limit. A longer one is a quote that is never closed."""
_NOT_TEXT = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1e]")
"""Control characters, by which a picture or a program is known; but exporters may end cells in 0x1f."""
_MARK_BEHIND_QUOTES = re.compile(r'"[\t\x1f]+(?=[,;\r\n]|$)')
"""A mark at the end of a cell, outside its quotes."""
_LONGEST_LINE = 1 << 20
"""Characters."""
_MOST_LINES = 1_048_576
"""Excel's own limit."""
_MOST_BYTES = 48 << 20
"""A hundred thousand rows take a quarter of it."""


_DOS_END = b"\x1a"
"""How DOS, and some exporters to this day, end a text."""
_FEW = 20
"""Control characters that a text may have got by mistake; a program or a picture has more."""
_EURO = "itemsync.euro"


def _as_euro(error: UnicodeError) -> tuple[str, int]:
    """Read 0x80 as Windows does (cp936); GB18030 doesn't have it."""
    if isinstance(error, UnicodeDecodeError) and error.encoding == "gb18030" and error.object[error.start] == 0x80:
        return "€", error.start + 1
    raise error


codecs.register_error(_EURO, _as_euro)


class Delimited:
    """A text with a separator between the cells."""

    editable = False
    is_text = True
    sees_all = sees_formats = True
    hidden: Sequence[str] = ()
    state: str | None = None
    sheet_id: str | None = None

    def __init__(self, path: Path, data: bytes, vocabulary: Vocabulary = USUAL) -> None:
        """Read it; raises `Refusal` for what is no text, or too long."""
        self.path = path
        self._vocabulary = vocabulary
        if len(data) > _MOST_BYTES:
            raise Refusal(say("sheet.too_large", file=path.name))
        content = data.rstrip(_DOS_END)
        text = _decoded(content)
        if text is None:
            raise Refusal(_no_text(path.name, content))
        rows = list(islice(self._cells(StringIO(text, newline="")), _MOST_LINES))
        width = max(map(len, rows), default=0)
        if width * len(rows) > MOST_CELLS:
            raise Refusal(say("sheet.too_large", file=path.name))
        self._rows = Grid.of([[*map(_without_marks, row), *[""] * (width - len(row))] for row in rows])

    @property
    def sheets(self) -> Sequence[str]:
        """Excel names the one sheet of a CSV like its file."""
        return (self.path.stem,)

    def rows(self, sheet: str) -> Grid:
        """Return the cells."""
        return self._rows

    def traits(self, sheet: str) -> Traits:
        """There is nothing beside the text."""
        return Traits()

    def formats(self, sheet: str, columns: Collection[int]) -> Mapping[Address, str]:
        """Every cell is a text."""
        return {}

    def _cells(self, text: TextIO) -> Iterator[list[str]]:
        """Yield the cells of each row; raises `Refusal` for a quote that is never closed."""
        top = list(islice(self._lines(text), SEARCHED))
        named = _SEP_LINE.fullmatch(top[0]) if top else None
        separator = named[1] if named else _separator(top, self._vocabulary)
        lines = chain(top[1:] if named else top, self._lines(text))
        rows = csv.reader(map(_tidy, lines) if separator in ",;" else lines, delimiter=separator, strict=True)
        try:
            for row in rows:
                if max(map(len, row), default=0) > _LONGEST_CELL:
                    raise csv.Error
                yield row
        except csv.Error as error:
            raise Refusal(say("sheet.quotes", file=self.path.name, line=rows.line_num)) from error

    def _lines(self, text: TextIO) -> Iterator[str]:
        while line := text.readline(_LONGEST_LINE):
            if len(line) == _LONGEST_LINE:
                raise Refusal(say("sheet.too_large", file=self.path.name))
            yield line


def _decoded(data: bytes) -> str | None:
    """Return the text, whatever its encoding; None: it isn't any."""
    marked = [encoding for mark, encoding in _MARKED if data.startswith(mark)]
    for encoding in marked or _UNMARKED:
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding, _EURO)
            return None if _NOT_TEXT.search(text) or text[:_SAMPLE].lstrip()[:1] in ("", "<") else text
    return None


def _no_text(file: str, data: bytes) -> Message:
    """Say what in a text can't be read, and where; or that it is none at all."""
    bad: int | None = None
    try:
        text = data.decode("utf-8" if _is_utf8(data) else "gb18030", _EURO)
    except UnicodeDecodeError as error:
        bad = error.start
    else:
        found = [*islice(_NOT_TEXT.finditer(text), _FEW + 1)]
        if 0 < len(found) <= _FEW:
            bad = data.index(found[0][0].encode())
    if not bad or b"\0" in data or data.startswith(tuple(mark for mark, _ in _MARKED[1:])):
        return say("sheet.not_workbook", file=file)
    line = data.count(b"\n", 0, bad) + 1
    return say("sheet.bad_byte", file=file, line=line, byte=f"0x{data[bad]:02X}")


def _is_utf8(data: bytes) -> bool:
    with suppress(UnicodeDecodeError):
        data.decode("utf-8")
        return True
    return False


def _separator(top: Sequence[str], vocabulary: Vocabulary) -> str:
    """The one that sets the key's header apart, with the most known headers, then the most cells, beside it."""
    return max(_SEPARATORS, key=lambda separator: _width(top, separator, vocabulary))


def _width(top: Sequence[str], separator: str, vocabulary: Vocabulary) -> tuple[int, int]:
    """Count the known headers, and all cells, of the row of headers as `separator` divides it; 0: there is none."""
    with suppress(csv.Error):
        for cells in csv.reader(top, delimiter=separator):
            if any(map(vocabulary.is_key, cells)):
                return sum(vocabulary.meaning(trim(cell)) is not None for cell in cells), len(cells)
    return 0, 0


def _without_marks(cell: str) -> str:
    """Return what Excel shows of a cell: `00105` for `="00105"`, and no tab or unit separator at its end."""
    if cell.startswith("="):
        return as_text(cell)
    return cell if cell.isprintable() else cell.rstrip("\t\x1f")


def _tidy(line: str) -> str:
    return _MARK_BEHIND_QUOTES.sub('"', line) if '"\t' in line or '"\x1f' in line else line
