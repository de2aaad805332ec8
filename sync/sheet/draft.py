"""The table's rows while they are read, column by column: what their cells say, and what is wrong with them.

A sheet has a hundred thousand rows, of which hardly any needs a word. So what concerns all of them is done by column,
and a `RowDraft` is made only of a row that is looked at by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import repeat
from operator import itemgetter
from types import NoneType
from typing import NamedTuple, cast

from sync.fields import ITEM_ID, OUTER_ID, Column
from sync.item import CHANGE_CELL, Cell, Path, PriceWindow, Row
from sync.messages import Level, Message, Problem
from sync.sheet.cells import CellReading
from sync.sheet.columns import Heading

_LIST_AT, _DELIST_AT, _SKU = Column.LIST_AT.value, Column.DELIST_AT.value, Column.SKU.value
TIMED = (Column.WINDOW_PRICE.value, _LIST_AT, _DELIST_AT)
"""The columns by which rows wait for a moment."""

Cells = Sequence[Cell | None]
"""What the cells of one column say, row by row; None: nothing, or nothing that can be understood."""


class Drafts:
    """What is known so far of the rows. A row's place in every column is the one of its number in `numbers`."""

    def __init__(self, numbers: Sequence[int]) -> None:
        """`numbers`: the rows' in the worksheet, from the top."""
        self.numbers = numbers
        self.columns: dict[str, Cells] = {}
        """By the headings' keys."""
        self.paths: dict[Path, None] = {}
        """Those columns that ask for something of the rows' items, in the order in which they do."""
        self.unclear: defaultdict[str, set[int]] = defaultdict(set)
        """By column, the places of filled cells of which nothing can be understood."""
        self.problems: defaultdict[int, list[tuple[int, Problem]]] = defaultdict(list)
        """By place; each with its column, so that they can be listed from left to right."""
        self.stamps: Sequence[datetime | None] = ()
        """What the rows' 同步时间 say, which the tool writes; empty: the sheet has no such column."""

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.numbers)

    def __getitem__(self, place: int) -> RowDraft:
        """One row."""
        return RowDraft(self, place)

    def __iter__(self) -> Iterator[RowDraft]:
        """All rows, from the top."""
        return map(RowDraft, repeat(self), range(len(self)))

    def put(self, key: str, cells: Cells, *, of_item: bool) -> None:
        """Take in what a column says. `of_item`: it asks for something of the rows' items."""
        self.columns[key] = cells
        if of_item:
            self.paths[key] = None

    def pop(self, key: str) -> Cells:
        """Take a column out."""
        self.paths.pop(key, None)
        return self.columns.pop(key, [None] * len(self))

    def cells(self, key: str) -> Cells:
        """What the cells of a column say."""
        return self.columns.get(key) or [None] * len(self)

    @property
    def codes(self) -> Cells:
        """The codes."""
        return self.cells(OUTER_ID)

    @property
    def item_ids(self) -> Cells:
        """The item ids."""
        return self.cells(ITEM_ID)

    @property
    def stock_changes(self) -> Sequence[int | None]:
        """See `Row.stock_change`; adding nothing is the same as asking for nothing."""
        return [cell if isinstance(cell, int) and cell else None for cell in self.cells(CHANGE_CELL)]

    def lacking(self, key: str) -> Sequence[int]:
        """The places of rows of which that column says nothing, or nothing that can be understood."""
        cells = self.cells(key)
        return [place for place, cell in enumerate(cells) if cell is None] if None in cells else ()

    def filled(self, key: str) -> Sequence[bool]:
        """Whether each cell of a column holds anything."""
        unclear = self.unclear.get(key, ())
        return [cell is not None or place in unclear for place, cell in enumerate(self.cells(key))]

    def having(self, keys: Iterable[str]) -> Sequence[RowDraft]:
        """The rows of which any cell in these columns holds anything, from the top."""
        there = (key for key in keys if key in self.columns or key in self.unclear)
        places = {place for key in there for place, filled in enumerate(self.filled(key)) if filled}
        return [self[place] for place in sorted(places)]

    def empty(self) -> set[int]:
        """The places of rows without anything: they are no rows."""
        # Nearly every row has its code: then its other cells needn't be looked at.
        places = {*self.lacking(OUTER_ID)}
        for key in (*self.columns, *self.unclear) if places else ():
            column, unclear = self.columns.get(key), self.unclear.get(key, ())
            places = {place for place in places if (not column or column[place] is None) and place not in unclear}
        return places

    def without(self, places: Collection[int]) -> Drafts:
        """The rows but for those at `places`."""
        return self.only([place for place in range(len(self)) if place not in places]) if places else self

    def only(self, kept: Sequence[int]) -> Drafts:
        """The rows at these places, which are in their order."""
        now = {place: at for at, place in enumerate(kept)}
        drafts = Drafts([self.numbers[place] for place in kept])
        drafts.columns = {key: [cells[place] for place in kept] for key, cells in self.columns.items()}
        drafts.paths = self.paths
        for key, unclear in self.unclear.items():
            drafts.unclear[key] = {now[place] for place in unclear if place in now}
        drafts.problems.update({now[place]: found for place, found in self.problems.items() if place in now})
        drafts.stamps = [self.stamps[place] for place in kept] if self.stamps else ()
        return drafts

    def rows(self, letters: Mapping[str, str]) -> tuple[Row, ...]:
        """Make the rows; `letters` are those of the sheet's columns, by key."""
        places = range(len(self))
        nothing = repeat(None)
        windows = [draft.window for draft in self] if Column.WINDOW_PRICE in self.columns else nothing
        made = map(
            Row,
            self.numbers,
            [code or "" for code in texts_of(self.codes)],
            texts_of(self.item_ids),
            self._cells_by_row(),
            map(_Addresses, repeat(self), places, repeat(letters)),
            self.stock_changes,
            map(self._sorted_problems, places) if self.problems else repeat(()),
            repeat(letters),
            self._moments(_LIST_AT),
            self._moments(_DELIST_AT),
            windows,
            self.stamps or nothing,
            nothing,
            texts_of(self.columns[_SKU]) if _SKU in self.columns else nothing,
        )
        return tuple(made)

    def _cells_by_row(self) -> Iterator[Mapping[Path, Cell]]:
        paths = tuple(self.paths)
        columns = [self.columns[path] for path in paths]
        for cells in zip(*columns, strict=True) if columns else repeat((), len(self)):
            row = dict(zip(paths, cells, strict=True))
            yield {path: cell for path, cell in row.items() if cell is not None} if None in cells else row

    def _moments(self, key: str) -> Iterable[datetime | None]:
        return [draft.moment(key) for draft in self] if key in self.columns else repeat(None)

    def _sorted_problems(self, place: int) -> tuple[Problem, ...]:
        found = self.problems.get(place, ())
        return tuple(problem for _, problem in sorted(found, key=itemgetter(0)))


def texts_of(cells: Cells) -> Sequence[str | None]:
    """Return the texts of a column's cells; None: there is none, or none that can be understood."""
    if {*map(type, cells)} <= {str, NoneType}:
        return cast("Sequence[str | None]", cells)
    return [cell if isinstance(cell, str) else None for cell in cells]


class RowDraft(NamedTuple):
    """One row of the drafts."""

    drafts: Drafts
    place: int

    @property
    def number(self) -> int:
        """The row's number in the worksheet."""
        return self.drafts.numbers[self.place]

    def cell(self, key: str) -> Cell | None:
        """What the cell of that column says; None: nothing, or nothing that can be understood."""
        column = self.drafts.columns.get(key)
        return column[self.place] if column else None

    def has(self, key: str) -> bool:
        """Whether that column's cell holds anything."""
        return self.cell(key) is not None or self.place in self.drafts.unclear.get(key, ())

    def text(self, key: str) -> str:
        """The text of that column's cell; empty where there is none, or none that can be understood."""
        cell = self.cell(key)
        return cell if isinstance(cell, str) else ""

    @property
    def cells(self) -> Mapping[Path, Cell]:
        """What the row asks of its item."""
        return {path: cell for path in self.drafts.paths if (cell := self.cell(path)) is not None}

    @property
    def outer_id(self) -> str:
        """The code; empty where there is none, or none that can be understood."""
        return self.text(OUTER_ID)

    @property
    def sku(self) -> str:
        """SKU编码; empty where there is none, or none that can be understood."""
        return self.text(_SKU)

    @property
    def stock_change(self) -> int | None:
        """库存增减 in units."""
        change = self.cell(CHANGE_CELL)
        return change if isinstance(change, int) and change else None

    def moment(self, key: str) -> datetime | None:
        """The shop's time in 上架时间 or 下架时间, if there is one that can be understood."""
        text = self.text(key)
        return datetime.fromisoformat(text) if text else None

    @property
    def window(self) -> PriceWindow | None:
        """The campaign's price, if all three of its cells can be understood."""
        price = self.cell(Column.WINDOW_PRICE)
        if not isinstance(price, int):
            return None
        start, end = self.moment(Column.WINDOW_START), self.moment(Column.WINDOW_END)
        return PriceWindow(price, start, end) if start and end and start < end else None

    @property
    def is_timed(self) -> bool:
        """Whether it waits for a moment that can be understood."""
        return bool(self.window or self.moment(_LIST_AT) or self.moment(_DELIST_AT))

    @property
    def problems(self) -> Sequence[tuple[int, Problem]]:
        """What is wrong with it, each with its column."""
        return self.drafts.problems.get(self.place, ())

    def address(self, heading: Heading) -> str:
        """Where this row's cell of that column stands, such as `E12`."""
        return f"{heading.letter}{self.number}"

    def flag(self, heading: Heading, message: Message, level: Level = Level.ERROR) -> None:
        """Add a problem of that column's cell."""
        self.drafts.problems[self.place].append((heading.index, Problem(self.address(heading), message, level)))

    def tell(self, heading: Heading, reading: CellReading) -> None:
        """Add what is to be said of that column's cell."""
        if reading.message is not None:
            self.flag(heading, reading.message, reading.level)
        if reading.unseen is not None:
            self.flag(heading, reading.unseen, Level.NOTE)

    def take(self, heading: Heading, reading: CellReading) -> None:
        """Add what is to be said of that column's cell, which may be that it can't be understood."""
        if reading.value is None:
            self.drafts.unclear[heading.key].add(self.place)
        self.tell(heading, reading)

    def has_problem(self, heading: Heading) -> bool:
        """Whether that column's cell has a problem already."""
        return any(index == heading.index for index, _ in self.problems)


class _Addresses(Mapping[str, str]):
    """Where a row's filled cells stand. Hardly any address is asked for, so each is made when it is."""

    __slots__ = ("_drafts", "_letters", "_place")

    def __init__(self, drafts: Drafts, place: int, letters: Mapping[str, str]) -> None:
        self._drafts, self._place, self._letters = drafts, place, letters

    def __getitem__(self, key: str) -> str:
        draft = self._drafts[self._place]
        if not draft.has(key):
            raise KeyError(key)
        return f"{self._letters[key]}{draft.number}"

    def __iter__(self) -> Iterator[str]:
        draft = self._drafts[self._place]
        cells = draft.cells
        yield from cells
        yield from (key for key in self._drafts.columns if key not in cells and draft.has(key))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        # A row that is packed goes without the sheet.
        return dict, (dict(self),)
