"""Values as calamine gives them → columns of `Raw`.

Without pandas in between, whose frames took longer to make than calamine takes to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import cast

from python_calamine import CalamineError, CalamineSheet

from sync.sheet.files.workbook import Columns, Raw


class Panicked(Exception):
    """calamine met something that its authors didn't expect."""


def columns_of(sheet: CalamineSheet) -> Columns:
    """Return a worksheet's values column by column, from A1 on."""
    columns = zip(*sheet.to_python(skip_empty_area=False), strict=True)
    return [[value if isinstance(value, str) else _raw(value) for value in column] for column in columns]


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
