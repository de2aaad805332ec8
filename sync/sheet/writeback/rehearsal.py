"""The write-back, tried before anything is sent: a run mustn't end with results that can't be written."""

from __future__ import annotations

from pathlib import Path

from sync.messages import Message, say
from sync.sheet.names import Names
from sync.sheet.read import Sheet
from sync.sheet.writeback import NOT_EDITABLE
from sync.sheet.writeback.expected import Expected
from sync.sheet.writeback.results import try_out
from sync.sheet.writeback.row_matching import NoRoom


def rehearse(source: Path, sheet: Sheet) -> Message | None:
    """Say why results couldn't be written into the file that `sheet` was read from; None: they can.

    Nothing is written. Each row is looked for by its code, and the first one's result is tried.
    """
    if not sheet.layout.editable:
        return None
    expected = Expected.of(sheet.rows.numbers, sheet.rows.codes, sheet.rows.skus)
    try:
        with source.open("rb") as file:
            unplaced = try_out(file, sheet.layout, expected)
    except NoRoom as error:
        return say("writeback.no_room", file=source.name, cell=error.cell)
    except OSError as error:
        return say("sheet.unreadable", file=source.name, reason=error.strerror or str(error))
    except NOT_EDITABLE as error:
        return say("writeback.cannot", file=source.name, reason=str(error) or type(error).__name__)
    if unplaced:
        rows = Names.of(map(str, unplaced))
        return say("writeback.no_rows", file=source.name, rows=rows)
    return None
