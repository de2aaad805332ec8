"""`.xls`, read by calamine, and `.ods`, each in a process of its own.

How much there is in such a file isn't known before it is read, as `extent.py` tells of an `.xlsx`. A damaged or
hostile one may take all memory, or no end of time. Then only that process dies, and the person gets a message.
"""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from lxml import etree
from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from sync.errors import Refusal
from sync.messages import say
from sync.sheet.files.addresses import Address, Range
from sync.sheet.files.compound import HasPassword, Readable, readable
from sync.sheet.files.extent import MOST_CELLS
from sync.sheet.files.opendocument import CONTENT, MANIFEST, read_tables
from sync.sheet.files.package import Package, TooMuch, Unsafe
from sync.sheet.files.traits import Traits
from sync.sheet.files.values import CALAMINE_ERRORS, grid_of, no_panic
from sync.sheet.files.workbook import Grid

_PATIENCE = 120.0
"""Seconds until it is given up; a full `.xls` (65,536 rows) takes a few."""
_MEMORY = 1 << 30
"""Bytes of addresses, of which Python and its libraries take a third."""
_LOCKED = b"encryption-data"
"""What tells of a password (OpenDocument 1.2 part 3, 4.4)."""
_MOST_XML = 512 << 20
"""Bytes."""


@dataclass(frozen=True)
class _Found:
    """What the other process found in one worksheet."""

    rows: Grid
    traits: Traits
    formats: Mapping[Address, str]


_READER = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from sync.sheet.files.apart import answer
answer()
"""

_Answer = Mapping[str, _Found] | str
"""The visible worksheets in their order, or the code of the message that says why there are none."""


class Apart:
    """A workbook of a format that can only be read as a whole."""

    editable = sees_all = is_text = False
    hidden: Sequence[str] = ()
    state: str | None = None
    sheet_id: str | None = None

    def __init__(self, path: Path, data: bytes) -> None:
        """Read it; raises `Refusal` if it is damaged, encrypted, or too much."""
        self.path = path
        self.sees_formats = _is_opendocument(data)
        answer = _bounded(data) or _ask(data)
        if isinstance(answer, str):
            raise Refusal(say(answer, file=path.name))
        self._found = answer

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the visible worksheets in their order."""
        return tuple(self._found)

    def rows(self, sheet: str) -> Grid:
        """Return a worksheet's values."""
        return self._found[sheet].rows

    def traits(self, sheet: str) -> Traits:
        """Return the merged ranges, as far as the format tells them."""
        return self._found[sheet].traits

    def formats(self, sheet: str, columns: Collection[int]) -> Mapping[Address, str]:
        """Return those that an `.ods` shows; calamine tells none of an `.xls`."""
        return {address: code for address, code in self._found[sheet].formats.items() if address[1] in columns}


def _is_opendocument(data: bytes) -> bool:
    return data.startswith(b"PK")


def _bounded(data: bytes) -> str | None:
    """Count what the content of an `.ods` inflates to; returns the message's code if it can't be read."""
    if not _is_opendocument(data):
        return None
    try:
        package = Package(data)
        if MANIFEST in package and any(_LOCKED in piece for piece in package.chunks(MANIFEST, _MOST_XML)):
            return "sheet.encrypted"
        for _ in package.chunks(CONTENT, _MOST_XML):
            pass
    except TooMuch:
        return "sheet.too_large"
    except (Unsafe, BadZipFile, zlib.error, EOFError, KeyError, ValueError, RuntimeError):
        return "sheet.damaged"
    return None


def _ask(data: bytes) -> _Answer:
    """Have another process read it."""
    # Not by multiprocessing: its daemons may not start processes, and it asks a program that uses this library for a
    # `__main__` guard.
    command = [sys.executable, "-I", "-c", _READER, json.dumps(sys.path)]
    try:
        # Rust prints a trace when it gives up.
        read = subprocess.run(  # noqa: S603 (our own command)
            command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=_PATIENCE, check=True
        )
        answer: _Answer = pickle.loads(read.stdout)  # noqa: S301 (our own process wrote it)
    except (subprocess.SubprocessError, OSError, pickle.UnpicklingError, EOFError):
        return "sheet.damaged"
    return answer


def answer() -> None:
    """What the other process does: read a workbook on standard input, write what it found on standard output."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 (Windows has none)

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    found = _read(sys.stdin.buffer.read())
    sys.stdout.buffer.write(pickle.dumps(found))


def _read(data: bytes) -> _Answer:
    try:
        return _read_opendocument(data) if _is_opendocument(data) else _read_excel(data)
    except (PasswordError, HasPassword):
        return "sheet.encrypted"
    except (TooMuch, MemoryError):
        return "sheet.too_large"
    except (*CALAMINE_ERRORS, Unsafe, etree.XMLSyntaxError, ExpatError, ValueError, OverflowError) as error:
        # Of an `.xls` with a FILEPASS record, calamine says so in words only.
        return "sheet.encrypted" if "password" in str(error).lower() else "sheet.damaged"


def _read_opendocument(data: bytes) -> _Answer:
    tables = read_tables(Package(data).chunks(CONTENT, _MOST_XML))
    if tables is None:
        return "sheet.not_workbook"
    return {name: _Found(table.rectangle, Traits(), table.formats) for name, table in tables.items()}


def _read_excel(data: bytes) -> Mapping[str, _Found]:
    book = readable(data)
    found = _tables(book.data)
    if book.page is None:
        return found
    return {book.text(name): replace(one, rows=_with_texts(one.rows, book)) for name, one in found.items()}


def _with_texts(rows: Grid, book: Readable) -> Grid:
    columns = [[book.text(raw) if isinstance(raw, str) else raw for raw in column] for column in rows.columns]
    return Grid(columns, len(rows))


def _tables(data: bytes) -> Mapping[str, _Found]:
    found: dict[str, _Found] = {}
    with no_panic(), CalamineWorkbook.from_filelike(BytesIO(data)) as book:
        for sheet in book.sheets_metadata:
            if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible:
                values = book.get_sheet_by_name(sheet.name)
                if (values.total_height + 1) * (values.total_width + 1) > MOST_CELLS:
                    raise TooMuch
                merges = tuple(map(_merge, values.merged_cell_ranges or ()))
                found[sheet.name] = _Found(grid_of(values), Traits(merges=merges), {})
    return found


def _merge(corners: tuple[tuple[int, int], tuple[int, int]]) -> Range:
    (top, left), (bottom, right) = corners
    return Range(left + 1, top + 1, right + 1, bottom + 1)
