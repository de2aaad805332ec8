"""A pandas DataFrame in place of a workbook: its column names are row 1, its first row of values is row 2."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.item import clock_face
from sync.messages import say
from sync.sheet.cells import EXACT_DIGITS
from sync.sheet.files.addresses import Address, letters
from sync.sheet.files.traits import Traits
from sync.sheet.files.workbook import Grid, Raw
from sync.sheet.headers import USUAL, Vocabulary
from sync.sheet.read import Sheet, read_workbook

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NAME = "DataFrame"
"""What messages call it, in place of a file's name and a worksheet's."""
_LONGEST_NUMBER = 30
"""Characters of a Decimal that is read as it is written; `Decimal(19.9)` has 50, and is read as the float 19.9."""


def read_dataframe(
    frame: DataFrame, categories: Collection[tuple[str, str]] | None = None, vocabulary: Vocabulary = USUAL
) -> Sheet:
    """Read a DataFrame whose columns are named as a sheet's headers are; `frame` stays as it is.

    Its index doesn't count. NaN, None, NA and NaT are empty cells. A moment with a time zone is taken in the shop's
    (UTC+8). `categories` and `vocabulary` are as `read_sheet` has them. Raises Refusal as that does, and where a name
    or a value is none that a sheet can have.
    """
    return read_workbook(_Frame(frame, vocabulary), categories, None, vocabulary)


class _Frame:
    """A DataFrame as a workbook of one worksheet."""

    path = Path(NAME)
    sheets: Sequence[str] = (NAME,)
    hidden: Sequence[str] = ()
    editable = is_text = False
    sees_all = sees_formats = True
    state: str | None = None
    sheet_id: str | None = None

    def __init__(self, frame: DataFrame, vocabulary: Vocabulary) -> None:
        """Take its values over; raises Refusal."""
        if frame.columns.nlevels > 1:
            raise Refusal(say("frame.levels", levels=frame.columns.nlevels))
        for name in frame.index.names:
            if vocabulary.meaning(name):
                raise Refusal(say("frame.index", header=name))
        unnamed = frame.columns.isna()
        headers = ["" if unnamed[at] else str(name) for at, name in enumerate(frame.columns)]
        columns = [
            [header, *_values(frame.iloc[:, at], letters(at + 1), strict=vocabulary.meaning(header) is not None)]
            for at, header in enumerate(headers)
        ]
        self._rows = Grid(columns, 1 + len(frame))

    def rows(self, sheet: str) -> Grid:
        """Return the column names, and the values below them."""
        return self._rows

    def traits(self, sheet: str) -> Traits:
        """There is nothing beside the values."""
        return Traits()

    def formats(self, sheet: str, columns: Collection[int]) -> Mapping[Address, str]:
        """Values are shown as they are."""
        return {}


def _values(column: Series, letter: str, *, strict: bool) -> Sequence[Raw]:
    """Return a column's values as calamine would give them.

    `strict`: raise Refusal for a value that no cell can hold; else it is taken as text.
    """
    values: list[Raw] = []
    for row, (value, empty) in enumerate(zip(column.tolist(), column.isna().tolist(), strict=True), start=2):
        raw = "" if empty else _raw(value)
        if raw is None and strict:
            raise Refusal(say("frame.value", cell=f"{letter}{row}", kind=type(value).__name__))
        values.append(str(value) if raw is None else raw)
    return values


def _raw(value: object) -> Raw | None:
    """Return a value that isn't empty as a cell would hold it; None: no cell can."""
    match value:
        case str():
            return str.__str__(value)
        case bool() | time() | timedelta():
            return value
        case int():
            # Unlike Excel, pandas keeps all digits of a whole number: they are read as those of a text.
            return int(value) if abs(value) < 10**EXACT_DIGITS else str(int(value))
        case float():
            return int(value) if value.is_integer() else float(value)
        case Decimal():
            text = f"{value:f}"
            return text if len(text) <= _LONGEST_NUMBER else _raw(float(value))
        case datetime():
            return _moment(value)
        case date():
            return datetime(value.year, value.month, value.day)
    return _raw_scalar(value)


def _moment(value: datetime) -> datetime:
    """Return the moment without a zone, and a pandas Timestamp as a datetime, which has no nanoseconds."""
    local = clock_face(value) if value.tzinfo else value
    return datetime.combine(local.date(), local.time())


def _raw_scalar(value: object) -> Raw | None:
    """Return one of numpy's own scalars, which a column of mixed types may hold, as a cell would hold it."""
    # Whoever has a DataFrame has loaded both.
    import numpy as np  # noqa: PLC0415
    from pandas import Timedelta, Timestamp  # noqa: PLC0415

    match value:
        case np.bool():
            return bool(value)
        case np.integer():
            return _raw(int(value))
        case np.floating():
            return _raw(float(value))
        case np.datetime64():
            return _raw(Timestamp(value))
        case np.timedelta64():
            return _raw(Timedelta(value))
    return None
