"""The rows of a sheet that was read. None is made before somebody looks at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import cast

from sync.fields import Column
from sync.item import Cell, Path, Row
from sync.rows import Rows
from sync.sheet.draft import TIMED, Drafts, texts_of


class DraftedRows(Rows):
    """Rows of which what their columns say is known."""

    def __init__(self, drafts: Drafts, letters: Mapping[str, str]) -> None:
        """`letters` are those of the sheet's columns, by key. Nothing more is said of the drafts from here on."""
        self._drafts, self._letters = drafts, letters

    @cached_property
    def every(self) -> tuple[Row, ...]:
        """See `Rows.every`."""
        return self._drafts.rows(self._letters)

    def __len__(self) -> int:
        """See `Rows`."""
        return len(self._drafts)

    def at(self, places: Sequence[int]) -> Sequence[Row]:
        """See `Rows.at`."""
        return self._drafts.only(places).rows(self._letters) if places else ()

    @property
    def numbers(self) -> Sequence[int]:
        """See `Rows.numbers`."""
        return self._drafts.numbers

    @cached_property
    def codes(self) -> Sequence[str]:
        """See `Rows.codes`."""
        codes = texts_of(self._drafts.codes)
        return [code or "" for code in codes] if None in codes else cast("Sequence[str]", codes)

    @cached_property
    def item_ids(self) -> Sequence[str | None]:
        """See `Rows.item_ids`."""
        return texts_of(self._drafts.item_ids)

    @property
    def skus(self) -> Sequence[str | None]:
        """See `Rows.skus`."""
        return texts_of(self._drafts.cells(Column.SKU))

    @property
    def paths(self) -> Collection[Path]:
        """See `Rows.paths`."""
        return self._drafts.paths.keys()

    def column(self, path: Path) -> Sequence[Cell | None]:
        """See `Rows.column`."""
        return self._drafts.cells(path) if path in self._drafts.paths else [None] * len(self)

    @property
    def stock_changes(self) -> Sequence[int | None]:
        """See `Rows.stock_changes`."""
        return self._drafts.stock_changes

    @property
    def timed(self) -> Collection[int]:
        """See `Rows.timed`."""
        return {draft.place for draft in self._drafts.having(TIMED) if draft.is_timed}

    @property
    def told(self) -> Sequence[int]:
        """See `Rows.told`."""
        return sorted(place for place, problems in self._drafts.problems.items() if problems)
