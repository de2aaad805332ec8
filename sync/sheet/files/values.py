"""Values as calamine gives them → rows of `Raw`.

Not by `pandas.read_excel`, which uses calamine too: to make a DataFrame takes longer than to read the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import cast

from python_calamine import CalamineError, CalamineSheet

from sync.sheet.files.workbook import Raw, Rows


class Panicked(Exception):
    """calamine hit a bug of its own."""


def rows_of(sheet: CalamineSheet) -> Rows:
    """Return a worksheet's values row by row, from A1 on."""
    rows = cast("list[list[Raw]]", sheet.to_python(skip_empty_area=False))
    for place in range(len(rows[0]) if rows else 0):
        column = [row[place] for row in rows]
        if not {*map(type, column)} <= _KEPT:
            for row, value in zip(rows, column, strict=True):
                row[place] = _raw(value)
    return rows


_KEPT = {str, bool, int, datetime, time, timedelta}
"""Kinds of values that are taken as they come."""


def _raw(value: object) -> Raw:
    """Excel has only one kind of number: 20.0 was typed as 20."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    return cast("Raw", value)


@contextmanager
def no_panic() -> Iterator[None]:
    """Make an ordinary exception of a Rust panic, which derives from BaseException; raises `Panicked`."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Panicked from error


CALAMINE_ERRORS = (CalamineError, Panicked)
