"""The noun Rows: a sheet's rows. What concerns all of them is asked by column, as a `Row` takes time to make."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import overload

from sync.cell_texts import said_by_row
from sync.item import Cell, Path, Row


class Rows(Sequence[Row]):
    """Rows in the sheet's order; the place of one is its index."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """Take rows that are made already."""
        self._rows: tuple[Row, ...] | None = tuple(rows)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Rows:
        """Return any rows as these."""
        return rows if isinstance(rows, Rows) else cls(rows)

    @property
    def every(self) -> tuple[Row, ...]:
        """All rows, made."""
        return self._rows or ()

    def __len__(self) -> int:
        """How many there are."""
        return len(self.every)

    def __iter__(self) -> Iterator[Row]:
        """Every row."""
        return iter(self.every)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        """The row at a place, or several."""
        return self.every[place]

    def at(self, places: Sequence[int]) -> Sequence[Row]:
        """Return the rows at some places; no others are made."""
        return [self.every[place] for place in places]

    @property
    def numbers(self) -> Sequence[int]:
        """The rows' numbers in the worksheet."""
        return [row.number for row in self]

    @property
    def codes(self) -> Sequence[str]:
        """See `Row.outer_id`."""
        return [row.outer_id for row in self]

    @property
    def item_ids(self) -> Sequence[str | None]:
        """See `Row.item_id`."""
        return [row.item_id for row in self]

    @property
    def skus(self) -> Sequence[str | None]:
        """See `Row.sku`."""
        return [row.sku for row in self]

    @property
    def paths(self) -> Collection[Path]:
        """What the rows may ask for of their items."""
        return {path: None for row in self for path in row.cells}.keys()

    def column(self, path: Path) -> Sequence[Cell | None]:
        """Return what each row asks for at `path`; None: nothing."""
        return [row.cells.get(path) for row in self]

    @property
    def said(self) -> Iterator[bytes]:
        """What each row asks for, as `item.said` writes it."""
        return said_by_row({path: self.column(path) for path in self.paths}, len(self))

    @property
    def stock_changes(self) -> Sequence[int | None]:
        """See `Row.stock_change`."""
        return [row.stock_change for row in self]

    @property
    def timed(self) -> Collection[int]:
        """The places of the rows that have a 活动价, a 上架时间 or a 下架时间."""
        return {place for place, row in enumerate(self) if row.window or row.list_at or row.delist_at}

    @property
    def told(self) -> Sequence[int]:
        """The places of the rows that have problems."""
        return [place for place, row in enumerate(self) if row.problems]
