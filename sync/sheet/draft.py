"""A row in the making: it collects what its cells say, and what is wrong with them, in the order of the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from sync.fields import CATEGORY, ITEM_ID, OUTER_ID, Column
from sync.item import CHANGE_CELL, Cell, Path, Row
from sync.messages import Level, Message, Problem
from sync.sheet.cells import Reading
from sync.sheet.columns import Heading

_SCHEDULE = (Column.LIST_AT, Column.DELIST_AT)


@dataclass(slots=True)
class Draft:
    """What is known so far of one row."""

    number: int
    filled: bool = False
    """Whether any managed cell holds anything; a row without is no row."""
    scheduled: bool = False
    """Whether a valid time stands in 上架时间 or 下架时间."""
    outer_id: str = ""
    item_id: str | None = None
    stock_change: int | None = None
    cells: dict[Path, Cell] = field(default_factory=dict)
    addresses: dict[Path, str] = field(default_factory=dict)
    category: dict[str, str] = field(default_factory=dict)
    """The category's text by the key of its column, until all of it is known and can be judged."""
    problems: list[tuple[int, Problem]] = field(default_factory=list)
    """Each with its column, so that they can be told from left to right."""

    def address(self, heading: Heading) -> str:
        """Where this row's cell of that column stands, such as `E12`."""
        return f"{heading.letter}{self.number}"

    def take(self, heading: Heading, reading: Reading) -> None:
        """Take in what a cell that isn't empty says."""
        self.filled = True
        value, message, level = reading
        if message is not None:
            self.tell(heading, message, level)
        path = heading.field.path
        if path is None:
            self._take_pathless(heading, value)
            return
        self.addresses[path] = f"{heading.letter}{self.number}"
        if value is None:
            return
        if path == ITEM_ID:
            self.item_id = str(value)
        elif path == CATEGORY and isinstance(value, str):
            self.category[path] = value
        else:
            self.cells[path] = value
            if path == OUTER_ID:
                self.outer_id = str(value)

    def _take_pathless(self, heading: Heading, value: Cell | None) -> None:
        column = heading.field.column
        if column is Column.STOCK_CHANGE:
            self.addresses[CHANGE_CELL] = self.address(heading)
            # Adding nothing is the same as asking for nothing.
            self.stock_change = value or None if isinstance(value, int) else None
        elif column in _SCHEDULE:
            self.scheduled = self.scheduled or value is not None
        elif isinstance(value, str):
            self.category[column] = value

    def take_category(self, heading: Heading, reading: Reading) -> None:
        """Take in the judgement on the whole category; `heading` is the column that names it most closely."""
        if reading.message is not None:
            self.tell(heading, reading.message, reading.level)
        if reading.value is not None:
            self.cells[CATEGORY] = reading.value
        self.addresses[CATEGORY] = self.address(heading)

    def tell(self, heading: Heading, message: Message, level: Level = Level.ERROR) -> None:
        """Note a problem of that column's cell."""
        self.problems.append((heading.index, Problem(self.address(heading), message, level)))

    def has_problem(self, heading: Heading) -> bool:
        """Whether that column's cell has been told about."""
        return any(index == heading.index for index, _ in self.problems)

    def row(self, columns: Mapping[Path, str]) -> Row:
        """Finish the row; `columns` are the sheet's, path → letter."""
        told = sorted(self.problems, key=itemgetter(0)) if self.problems else ()
        return Row(
            number=self.number,
            outer_id=self.outer_id,
            item_id=self.item_id,
            cells=self.cells,
            addresses=self.addresses,
            columns=columns,
            stock_change=self.stock_change,
            problems=tuple(problem for _, problem in told),
        )
