"""New workbooks, made in memory: so that only whole ones ever come to a disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from xlsxwriter import Workbook  # type: ignore[import-untyped]


@contextmanager
def filling(whole: BytesIO, options: Mapping[str, object]) -> Iterator[Workbook]:
    """Yield a workbook whose bytes are in `whole` afterwards; raises OSError where the folder for drafts is full."""
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

    try:
        with Workbook(whole, dict(options)) as book:
            yield book
    except XlsxWriterException as error:
        raise OSError(str(error)) from error


def width_of(text: str) -> int:
    """Return a text's width in characters of a worksheet's columns: a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
