"""A whole column is read at once: a value that repeats is judged once, and what is plain text not even that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from sync.fields import Field
from sync.sheet.cells import CellReading, parser, read_cell
from sync.sheet.draft import Cells
from sync.sheet.files.workbook import Raw
from sync.sheet.plain_texts import are_plain, plain_texts


class ColumnReading(NamedTuple):
    """What the cells of one column say."""

    cells: Cells
    told: Mapping[int, CellReading]
    """By place, the readings of which something is to be said."""


def read_column(raws: Sequence[Raw], field: Field) -> ColumnReading:
    """Read the values of a column of `field`, each as `cells.read_cell` does."""
    if are_plain(raws, field):
        return ColumnReading(raws, {})
    if bool in {*map(type, raws)}:
        return _with_truths(raws, field)
    distinct = dict.fromkeys(raws)
    distinct.pop("", None)
    plain = plain_texts([raw for raw in distinct if isinstance(raw, str)], field)
    said: dict[Raw, object] = dict(zip(plain, plain, strict=True))
    told: dict[Raw, CellReading] = {}
    parse = parser(field)
    for raw in distinct:
        if raw not in said and (reading := read_cell(raw, field, parse)):
            said[raw] = reading.value
            if reading.message or reading.unseen:
                told[raw] = reading
    cells = cast("Cells", [*map(said.get, raws)])
    return ColumnReading(cells, {place: told[raw] for place, raw in enumerate(raws) if raw in told} if told else {})


def _with_truths(raws: Sequence[Raw], field: Field) -> ColumnReading:
    """TRUE is no 1, though Python finds them equal: such a cell is read by itself."""
    others = read_column(["" if isinstance(raw, bool) else raw for raw in raws], field)
    cells, told, parse = [*others.cells], dict(others.told), parser(field)
    for place, raw in enumerate(raws):
        if isinstance(raw, bool) and (reading := read_cell(raw, field, parse)):
            cells[place] = reading.value
            told[place] = reading
    return ColumnReading(cells, told)
