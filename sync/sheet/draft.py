"""A row while it is read: it collects what its cells say, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from sync.fields import ITEM_ID, OUTER_ID, Column
from sync.item import CHANGE_CELL, Cell, Path, PriceWindow, Row
from sync.messages import Level, Message, Problem
from sync.sheet.cells import CellReading
from sync.sheet.columns import Heading

_LIST_AT, _DELIST_AT, _SKU = Column.LIST_AT.value, Column.DELIST_AT.value, Column.SKU.value


@dataclass(slots=True)
class RowDraft:
    """What is known so far of one row."""

    number: int
    cells: dict[Path, Cell] = field(default_factory=dict)
    """What the row asks of its item."""
    other_cells: dict[str, Cell | None] = field(default_factory=dict)
    """What its other filled cells say, by their columns' keys; None: nothing that can be understood."""
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    """Each with its column, so that they can be listed from left to right."""
    stamp: datetime | None = None
    """What its 同步时间 says, which the tool writes."""

    @property
    def filled(self) -> bool:
        """Whether any managed cell holds anything; a row without is no row."""
        return bool(self.cells or self.other_cells)

    def has(self, key: str) -> bool:
        """Whether that column's cell holds anything."""
        return key in self.cells or key in self.other_cells

    @property
    def outer_id(self) -> str:
        """The code; empty where there is none, or none that can be understood."""
        code = self.cells.get(OUTER_ID)
        return code if isinstance(code, str) else ""

    @property
    def item_id(self) -> str | None:
        """The item id, if there is one that can be understood."""
        item_id = self.other_cells.get(ITEM_ID)
        return item_id if isinstance(item_id, str) else None

    @property
    def sku(self) -> str | None:
        """SKU编码, if there is one that can be understood."""
        sku = self.other_cells.get(_SKU)
        return sku if isinstance(sku, str) else None

    @property
    def stock_change(self) -> int | None:
        """库存增减 in units; adding nothing is the same as asking for nothing."""
        change = self.other_cells.get(CHANGE_CELL)
        return change if isinstance(change, int) and change else None

    def moment(self, key: str) -> datetime | None:
        """The shop's time in 上架时间 or 下架时间, if there is one that can be understood."""
        text = self.other_cells.get(key)
        return datetime.fromisoformat(text) if isinstance(text, str) else None

    @property
    def window(self) -> PriceWindow | None:
        """The campaign's price, if all three of its cells can be understood."""
        price = self.other_cells.get(Column.WINDOW_PRICE)
        if not isinstance(price, int):
            return None
        start, end = self.moment(Column.WINDOW_START), self.moment(Column.WINDOW_END)
        return PriceWindow(price, start, end) if start and end and start < end else None

    def address(self, heading: Heading) -> str:
        """Where this row's cell of that column stands, such as `E12`."""
        return f"{heading.letter}{self.number}"

    def take(self, heading: Heading, reading: CellReading) -> None:
        """Take in what a cell that isn't empty says."""
        value, message, level, _ = reading
        if value is not None and heading.of_item:
            self.cells[heading.key] = value
        else:
            self.other_cells[heading.key] = value
        if message is not None:
            self.flag(heading, message, level)

    def flag(self, heading: Heading, message: Message, level: Level = Level.ERROR) -> None:
        """Add a problem of that column's cell."""
        self.problems.append((heading.index, Problem(self.address(heading), message, level)))

    def has_problem(self, heading: Heading) -> bool:
        """Whether that column's cell has a problem already."""
        return any(index == heading.index for index, _ in self.problems)

    def _sorted_problems(self) -> tuple[Problem, ...]:
        return tuple(problem for _, problem in sorted(self.problems, key=itemgetter(0)))

    def row(self, columns: Mapping[str, str]) -> Row:
        """Finish the row; `columns` are the sheet's, key → letter."""
        return Row(
            number=self.number,
            outer_id=self.outer_id,
            item_id=self.item_id,
            cells=self.cells,
            addresses=_Addresses(self, columns),
            columns=columns,
            stock_change=self.stock_change,
            list_at=self.moment(_LIST_AT),
            delist_at=self.moment(_DELIST_AT),
            window=self.window,
            problems=self._sorted_problems() if self.problems else (),
            stamp=self.stamp,
            sku=self.sku,
        )


class _Addresses(Mapping[str, str]):
    """Where a row's filled cells stand. Hardly any address is asked for, so each is made when it is."""

    __slots__ = ("_columns", "_draft")

    def __init__(self, draft: RowDraft, columns: Mapping[str, str]) -> None:
        self._draft, self._columns = draft, columns

    def __getitem__(self, key: str) -> str:
        if not self._draft.has(key):
            raise KeyError(key)
        return f"{self._columns[key]}{self._draft.number}"

    def __iter__(self) -> Iterator[str]:
        return iter((*self._draft.cells, *self._draft.other_cells))

    def __len__(self) -> int:
        return len(self._draft.cells) + len(self._draft.other_cells)
