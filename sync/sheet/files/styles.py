"""A workbook's number formats (`xl/styles.xml`): one reading of them, for the values and for the write-back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from lxml import etree

from sync.sheet.files.shown import tokens_of

GENERAL = "General"
DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Excel's own formats of dates and times (ECMA-376, 18.8.30); 27 to 36 and 50 to 58 are East Asian Excels'."""
_A_DATE = "yyyy/m/d"
_OF_DATES = frozenset("ymdhsYMDHS")
_PASSED = "(?i)h+|m+|s+"
"""Hours, minutes or seconds that have passed, in brackets: `[h]:mm`."""
_SHOWN = {1: "0", 2: "0.00", 9: "0%", 10: "0.00%"}
"""Those of Excel's own number formats (18.8.30) of which `shown.py` knows what they show. All others count as
`General`: what a cell in one of them holds is taken as it is."""


class NumberFormats:
    """The number format of each cell format, by the index that cells name (`s`)."""

    def __init__(self, styles: etree._Element | None) -> None:
        """`styles`: the stylesheet; None: the workbook has none."""
        self._own: Mapping[int, str] = {}
        self._numbers: list[int] = []
        if styles is not None:
            own = styles.iterfind("{*}numFmts/{*}numFmt")
            self._own = {_id(each): each.get("formatCode", GENERAL) for each in own}
            self._numbers = [_id(each) for each in styles.iterfind("{*}cellXfs/{*}xf")]

    @property
    def count(self) -> int:
        """How many cell formats there are."""
        return len(self._numbers)

    def code(self, index: int) -> str:
        """Return the format's code, such as `00000`; an index that isn't there counts as the first, as in Excel."""
        number = self._numbers[index if index < len(self._numbers) else 0] if self._numbers else 0
        return self._own.get(number) or _SHOWN.get(number) or (_A_DATE if number in DATES else GENERAL)

    def is_date(self, index: int) -> bool:
        """Whether a number in this format is a date, or a time."""
        return is_date_code(self.code(index))


@cache
def is_date_code(code: str) -> bool:
    """Whether a number in the format `code` is a date, or a time (ECMA-376, 18.8.31)."""
    tokens = tokens_of(code.partition(";")[0])
    return any(found["sign"] in _OF_DATES or re.fullmatch(_PASSED, found["tag"] or "") for found in tokens)


def _id(element: etree._Element) -> int:
    """What is no id counts as the general format's."""
    found = element.get("numFmtId", "")
    return int(found) if found.isdecimal() else 0
