"""The write-back, tried before anything is sent: a run mustn't end with results that can't be written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sync.call import Result, RowResult
from sync.item import SHOP_TIME
from sync.messages import Message, say
from sync.sheet.names import Names
from sync.sheet.read import Sheet
from sync.sheet.writeback import NOT_EDITABLE
from sync.sheet.writeback.results import Wanted, try_out
from sync.sheet.writeback.row_matching import NoRoom

_SOME_TIME = datetime(2000, 1, 1, tzinfo=SHOP_TIME)


def rehearse(source: Path, sheet: Sheet) -> Message | None:
    """Say why results couldn't be written into the file that `sheet` was read from; None: they can.

    Nothing is written. A result is tried for each row, so that each is known to be found again by its code.
    """
    if not sheet.layout.editable:
        return None
    language = sheet.layout.language
    read = zip(sheet.rows.numbers, sheet.rows.codes, sheet.rows.skus, strict=True)
    results = [RowResult(number, code, Result.DONE, at=_SOME_TIME, sku=sku) for number, code, sku in read]
    try:
        with source.open("rb") as file:
            unplaced = try_out(file, Wanted(sheet.layout, results, language))
    except NoRoom as error:
        return say("writeback.no_room", file=source.name, cell=error.cell)
    except OSError as error:
        return say("sheet.unreadable", file=source.name, reason=error.strerror or str(error))
    except NOT_EDITABLE as error:
        return say("writeback.cannot", file=source.name, reason=str(error) or type(error).__name__)
    if unplaced:
        rows = Names.of(str(result.row) for result in unplaced)
        return say("writeback.no_rows", file=source.name, rows=rows)
    return None
