"""New workbooks, made in memory: so that only whole ones ever come to a disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]


@contextmanager
def filling(whole: BytesIO, options: Mapping[str, object]) -> Iterator[Workbook]:
    """Yield a workbook whose bytes are in `whole` afterwards; raises OSError where the folder for drafts is full."""
    try:
        with Workbook(whole, dict(options)) as book:
            yield book
    except XlsxWriterException as error:
        raise OSError(str(error)) from error
