"""Texts that a person typed at a page, into cells of a copy of their workbook; everything else in it stays."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from sync.errors import Refusal
from sync.fields import WRITTEN_BY_TOOL
from sync.messages import listed, say
from sync.service.context import Context
from sync.service.sheets import FileSheet
from sync.sheet.columns import Layout
from sync.sheet.typed import Typed
from sync.sheet.writeback.refreshing import refresh

_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?")
_TEXTS = frozenset({"_sys@outerId", "_sys@itemId"})


def correct(context: Context, file: Path, worksheet: str | None, cells: Mapping[str, str]) -> None:
    """Write texts into cells of a workbook, by address such as `E12`; an empty text empties the cell.

    Raises Refusal for a file that can't be written into, for an address that isn't one of its columns, and for a cell
    with a formula.
    """
    sheet = FileSheet(file).read(context, worksheet)
    if not sheet.layout.editable:
        raise Refusal(say("job.correct.not_editable", file=file.name))
    fresh: dict[int, dict[str, Typed | None]] = defaultdict(dict)
    rows = {row.number for row in sheet.rows}
    for address, text in cells.items():
        row, key = _place(sheet.layout, address)
        if row not in rows:
            raise Refusal(say("job.correct.no_cell", cell=address))
        fresh[row][key] = _typed(key, text.strip())
    done = refresh(file, sheet.layout, fresh, sheet.version)
    if done.kept:
        kept = listed(f"{sheet.layout.columns[key]}{row}" for row, key in done.kept)
        raise Refusal(say("job.correct.kept", cells=kept))


def _place(layout: Layout, address: str) -> tuple[int, str]:
    found = _ADDRESS.fullmatch(address)
    keys = {letters: key for key, letters in layout.columns.items() if key not in WRITTEN_BY_TOOL}
    if found is None or found[1] not in keys:
        raise Refusal(say("job.correct.no_cell", cell=address))
    return int(found[2]), keys[found[1]]


def _typed(key: str, text: str) -> Typed | None:
    """Return what stands in the cell, as Excel would take what was typed: a number, unless it is a code."""
    if not text:
        return None
    if key in _TEXTS or not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)
