"""Values as calamine gives them → a grid of `Raw`.

Not by `pandas.read_excel`, which uses calamine too: to make a DataFrame takes longer than to read the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import cast

from python_calamine import CalamineError, CalamineSheet

from sync.sheet.files.workbook import Grid, Raw


class Panicked(Exception):
    """calamine hit a bug of its own."""


_KEPT = {str, bool, int, datetime, time, timedelta}
"""Kinds of values that are taken as they come."""


def grid_of(sheet: CalamineSheet) -> Grid:
    """Return a worksheet's values, from A1 on."""
    rows = sheet.to_python(skip_empty_area=False)
    width = len(rows[0]) if rows else 0
    # calamine's rows are a rectangle. To cut columns out of one long list takes a third of the time of `zip`.
    values = [*chain.from_iterable(rows)]
    return Grid([_raws(values[place::width]) for place in range(width)], len(rows))


def _raws(values: Sequence[object]) -> Sequence[Raw]:
    """Return a column's values, each judged once."""
    kinds = {*map(type, values)}
    if kinds <= _KEPT:
        return cast("Sequence[Raw]", values)
    if bool in kinds:
        # TRUE is no 1, though Python finds them equal.
        return [*map(_raw, values)]
    raws = {value: _raw(value) for value in {*values}}
    return [*map(raws.__getitem__, values)]


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
