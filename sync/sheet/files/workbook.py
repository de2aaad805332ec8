"""What a file of any format is read as: worksheets, each with its values and what stands beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import repeat
from pathlib import Path
from typing import Protocol, overload

from sync.sheet.files.addresses import Address
from sync.sheet.files.traits import Traits

Raw = str | int | float | bool | datetime | time | timedelta
"""A cell's value as it is stored; an empty cell is an empty text. A date without a time is a midnight, a whole number
an int."""


class Grid(Sequence[Sequence[Raw]]):
    """A worksheet's values row by row from A1 on, all rows of one length; kept by column, as most is asked of one."""

    def __init__(self, columns: Sequence[Sequence[Raw]], height: int) -> None:
        """`height`: how many values each column has."""
        self.columns = columns
        self._height = height

    @classmethod
    def of(cls, rows: Sequence[Sequence[Raw]]) -> Grid:
        """Return the grid of rows, all of one length."""
        return cls([*zip(*rows, strict=True)], len(rows))

    def __len__(self) -> int:
        """How many rows there are."""
        return self._height

    def __iter__(self) -> Iterator[Sequence[Raw]]:
        """Every row."""
        return zip(*self.columns, strict=True) if self.columns else repeat((), self._height)

    @overload
    def __getitem__(self, place: int) -> Sequence[Raw]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[Raw]]: ...

    def __getitem__(self, place: int | slice) -> Sequence[Raw] | Sequence[Sequence[Raw]]:
        """The row at a place, or several."""
        if isinstance(place, slice):
            return [*Grid([column[place] for column in self.columns], len(range(self._height)[place]))]
        return [column[place] for column in self.columns]


class Workbook(Protocol):
    """A file held in memory: whatever is read of it is of one moment."""

    @property
    def path(self) -> Path:
        """Where it came from."""

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the visible worksheets in their order."""

    @property
    def hidden(self) -> Sequence[str]:
        """The names of those hidden worksheets that can be read all the same; of some formats none can."""

    @property
    def editable(self) -> bool:
        """Whether results can be written into the file itself (docs/reference/sheet.md#formats: `.xlsx` and
        `.xlsm`)."""

    @property
    def is_text(self) -> bool:
        """Whether it is text with a separator, whose rows may have more cells than there are headers."""

    @property
    def state(self) -> str | None:
        """The state that wrote results into it last, as it was marked; None: nobody knows."""

    @property
    def sheet_id(self) -> str | None:
        """The id by which that state knows it; None: it bears none."""

    @property
    def sees_all(self) -> bool:
        """Whether `traits` tells all that there is; else hidden rows and error values go unseen."""

    @property
    def sees_formats(self) -> bool:
        """Whether `formats` tells how numbers are shown; else a code's leading zeros go unseen."""

    def rows(self, sheet: str) -> Grid:
        """Return a worksheet's values; raises `Refusal` if it is damaged or too large."""

    def traits(self, sheet: str) -> Traits:
        """Return what the values don't tell; raises `Refusal` if the worksheet is damaged."""

    def formats(self, sheet: str, columns: Collection[int]) -> Mapping[Address, str]:
        """Return the number formats of cells in `columns` (from 1) of a worksheet whose `rows` were read.

        Only those that `shown.may_show`; raises `Refusal` if the worksheet is damaged.
        """
