"""Rows of a plan or a run as a page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.call import Result, RowResult
from sync.fields import PRICE
from sync.messages import Language
from sync.report.figures import ending_words
from sync.report.words import ChangeLine, Entry, entry_of
from sync.service.history import RunPage
from sync.service.jobs import PreviewRow

_ASKED = ("conflict", "drift", "stale")
"""The kinds of changes that a person settles one by one."""


@dataclass(frozen=True)
class ShownChange:
    """One change of a row."""

    line: ChangeLine
    percent: str
    """Of a price: how much it moves; else empty."""
    asked: bool
    """Whether a person may settle it."""
    choice: str
    """`sheet`, `platform` or `leave`."""

    @property
    def path(self) -> str:
        """The field's path."""
        return self.line.change.path


@dataclass(frozen=True)
class ShownRow:
    """One row."""

    entry: Entry
    changes: Sequence[ShownChange]
    ending: str
    """What the row came to, in words."""
    left_out_by: str | None = None


def preview_rows(rows: Iterable[PreviewRow], language: Language) -> list[ShownRow]:
    """Put the rows of a waiting plan into words."""
    return [_preview_row(one, entry_of(one.row, language), language) for one in rows]


def run_rows(page: RunPage, language: Language) -> list[ShownRow]:
    """Put the rows of a run into words."""
    by_row: Mapping[int, RowResult] = {one.row: one for one in page.results}
    entries = [entry_of(row, language, by_row.get(row.row.number)) for row in page.plan.rows]
    return [ShownRow(one, _changes(one, {}), ending_words(one.ending, language)) for one in entries]


def _preview_row(row: PreviewRow, entry: Entry, language: Language) -> ShownRow:
    return ShownRow(entry, _changes(entry, row.settled), ending_words(entry.ending, language), row.left_out_by)


def _changes(entry: Entry, settled: Mapping[str, str]) -> list[ShownChange]:
    return [
        ShownChange(
            line,
            percent(line),
            line.change.kind.value in _ASKED and entry.result is None,
            settled.get(line.change.path, "sheet"),
        )
        for line in entry.changes
    ]


def percent(line: ChangeLine) -> str:
    """Say how much a price moves, such as `+12%`; empty for anything else."""
    before, after = line.change.before, line.change.after
    if line.change.path != PRICE or not isinstance(before, int) or not isinstance(after, int) or before <= 0:
        return ""
    share = (after - before) / before * 100
    return f"{share:+.0f}%" if abs(share) >= 1 or share == 0 else f"{share:+.1f}%"


def result_named(name: str) -> tuple[Result, ...]:
    """Return the result of a filter; none for a name that no result has."""
    return tuple(one for one in Result if one.value == name)
