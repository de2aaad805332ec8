"""Results, item ids and cleared 库存增减 into the staff's own workbook; nothing else in it is touched.

The workbook is read twice as a stream. Each part of it that needn't change is copied as it is compressed, and of the
worksheet each byte outside the cells that are written. So pictures, charts, drop-downs, macros and the results of
formulas stay what they were, and memory doesn't grow with them.

- `archive`, `book`, `parts`: the zip, the parts around the worksheet, and what they point to.
- `stream`, `element_patterns`, `worksheet`: the worksheet's XML, cut into rows and cells without parsing what needn't
  be.
- `survey`, with `plain_rows` for many rows at once, then `row_matching`: the first reading; which row each result
  belongs to, of those that are `expected`, and into which columns.
- `filling`: the second reading, with `fast_path` and `row_editor` for rows, `envelope` for what stands around them.
- `contents`, `formats`, `formulas`, `tables`: cells, cell formats, shared formulas, Excel's tables.
- `results` puts these together for `write_back`; `rehearsal` tries it before a run; `refreshing` writes new values.
- `saving` replaces the file in one step, and keeps backups.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from lxml import etree

from sync.atomic_files import AtomicFile
from sync.call import RowResult
from sync.codes import key_words
from sync.errors import Refusal
from sync.messages import Language, Message, say
from sync.sheet.columns import Layout
from sync.sheet.file_version import Version, owner_file, version
from sync.sheet.names import Names
from sync.sheet.state_mark import Mark
from sync.sheet.writeback.book import Moved
from sync.sheet.writeback.filling import FillReport
from sync.sheet.writeback.results import Wanted, fill
from sync.sheet.writeback.saving import SavedSince, draft, put_beside, replace

NOT_EDITABLE = (
    BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ExpatError,
    etree.LxmlError,
    LookupError,
    ArithmeticError,
    ValueError,
    StopIteration,
    NotImplementedError,
    RuntimeError,
)
"""What is raised for a workbook that calamine can read, but that breaks its format's rules."""

_ATTEMPTS = 5
"""Times that staff may save the file while results are being written into it."""


class Written(NamedTuple):
    """Where the results are."""

    path: Path
    backup: Path | None
    """The copy of the file as it was that is replaced; None: there was none, as a rule with `fallback`."""
    fallback: bool
    """True: the staff's own file could not be written, and `path` is a copy beside it. Its 库存增减 still stand."""
    unplaced: tuple[RowResult, ...] = ()
    """Results whose row isn't in the file any more."""
    standing: tuple[RowResult, ...] = ()
    """Results whose 库存增减 was carried out, and whose cell says something else by now: it wasn't cleared."""
    refilled: tuple[RowResult, ...] = ()
    """Results whose 库存增减 was carried out, and whose cell a formula fills with others: it wasn't cleared."""
    counted: tuple[RowResult, ...] = ()
    """Results whose new count stands in 库存."""
    warnings: tuple[Message, ...] = ()
    """What staff should know of the file, though the results are in it."""
    owner: Path | None = None
    """What a program that has the staff's file open put beside it, and so kept the results out of it."""


def write_back(
    source: Path, layout: Layout, results: Sequence[RowResult], language: Language, mark: Mark | None = None
) -> Written:
    """Write each result into its row of `source`, with its time on the shop's clock; the words in `language`.

    A row that bears the time of its result has been written once, and its 库存增减 was cleared then: what was typed
    there since is left, though the process may have died before anybody knew of the clearing. A row that moved
    meanwhile is found again by its code. The file is replaced in one step, after a copy was put beside it
    (docs/reference/outcomes.md#delivery). If it can't be, or a program has it open, the results go into a copy,
    `NAME.results.xlsx`. `mark`: the state whose results these are. Raises `Refusal` when nothing could be written;
    then every file is as it was.
    """
    source = source.resolve()
    wanted = Wanted(layout, results, language, mark)
    for _ in range(_ATTEMPTS):
        # Somebody saved the file while it was being filled in: begin again with what they saved.
        with suppress(SavedSince):
            return _write(source, wanted)
    try:
        return _write(source, wanted, beside=True)
    except SavedSince as error:
        raise Refusal(say("writeback.busy", file=source.name)) from error


def _write(source: Path, wanted: Wanted, *, beside: bool = False) -> Written:
    """Write the results into `source`, or only `beside` it; raises `SavedSince` if it changed meanwhile."""
    read = version(source)
    try:
        with draft(source) as new:
            filled = _fill(source, new.file, wanted)
            new.finish()
            return _put(new, source, filled, read, beside=beside)
    except OSError as error:
        _refuse(error, "writeback.nowhere", source, other=_beside(source).name)


def _fill(source: Path, out: BinaryIO, wanted: Wanted) -> FillReport:
    """Fill in the workbook; raises `SavedSince` if it can't be, as it changed while it was read."""
    read = version(source)
    try:
        file = source.open("rb")
    except OSError as error:
        _refuse(error, "sheet.unreadable", source)
    with file:
        try:
            return fill(file, out, wanted)
        except Moved as error:
            _refuse(error, "writeback.moved", source)
        except NOT_EDITABLE as error:
            if version(source) != read:
                raise SavedSince from None
            _refuse(error, "writeback.not_editable", source)


def _refuse(error: Exception, code: str, source: Path, **blanks: object) -> NoReturn:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    raise Refusal(say(code, file=source.name, reason=reason, **blanks)) from error


def _beside(source: Path) -> Path:
    return source.with_name(f"{source.stem}.results{source.suffix}")


def _put(new: AtomicFile, source: Path, filled: FillReport, read: Version | None, *, beside: bool) -> Written:
    """Put the workbook in `source`'s place, or else beside it; raises OSError, `SavedSince`."""
    path, owner = source, owner_file(source)
    backup: Path | None = None
    try:
        if owner or beside:
            raise PermissionError
        backup = replace(source, new, read)
    except OSError:
        path = _beside(source)
        backup = put_beside(new, path)
    return Written(
        path,
        backup,
        fallback=path != source,
        unplaced=filled.unplaced,
        standing=tuple(filled.standing),
        refilled=tuple(filled.refilled),
        counted=tuple(filled.counted),
        warnings=tuple(_warnings(filled, path)),
        owner=owner,
    )


def _warnings(filled: FillReport, path: Path) -> Iterator[Message]:
    if filled.signed:
        yield say("writeback.signed", file=path.name)
    if filled.covered:
        yield say("writeback.covered", rows=Names.of(map(str, filled.covered)))
    if filled.refilled:
        yield say("writeback.refilled", codes=Names.of(key_words(result.key) for result in filled.refilled))
