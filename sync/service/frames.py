"""Plans, runs and checks as DataFrames. Ids are `string`, prices `Decimal` yuan, counts whole numbers."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from sync.atomic_files import write_whole
from sync.call import RowResult
from sync.errors import Refusal
from sync.fields import PRICE, TITLE
from sync.item import Path, Value, yuan
from sync.messages import Language, Problem, say, sentences
from sync.plan.plan import Plan, RowPlan
from sync.service.files import told_when_unwritable
from sync.sku import listing_of
from sync.values import plain

_TEXT = (
    "outer_id",
    "sku",
    "item_id",
    "title",
    "action",
    "path",
    "why",
    "message",
    "result",
    "note",
    "cell",
    "code",
    "level",
)
"""Columns that hold text, or nothing."""
_CELLS = 100_000
"""Cells of which the text is made at a time, as pandas does it by itself."""


def plan_frame(plan: Plan, language: Language) -> pd.DataFrame:
    """Return a line a change, in the sheet's order; a row without changes has one line, without a path.

    `before` and `after` are what the platform holds and what it is to hold: `Decimal` yuan, a whole number, or text.
    """
    columns = ("row", "outer_id", "sku", "item_id", "title", "action", "path", "before", "after", "why", "message")
    return _frame(columns, (line for row in plan.rows for line in _lines(row, language)))


def run_frame(results: Sequence[RowResult], language: Language) -> pd.DataFrame:
    """Return a line a row, in the sheet's order; `at`: when the row ended."""
    columns = ("row", "outer_id", "sku", "item_id", "result", "note", "at")
    lines = (
        (one.row, one.outer_id, one.sku, one.item_id, one.result.value, sentences(one.story).words(language), one.at)
        for one in results
    )
    return _frame(columns, lines)


def check_frame(problems: Iterable[tuple[int | None, Problem]], language: Language) -> pd.DataFrame:
    """Return a line a problem; one of the whole sheet has no `row`."""
    columns = ("row", "cell", "code", "level", "message")
    lines = (
        (row, problem.cell, problem.code, problem.level.value, problem.message.words(language))
        for row, problem in problems
    )
    return _frame(columns, lines)


def _lines(row: RowPlan, language: Language) -> Iterator[tuple[object, ...]]:
    title = row.row.cells.get(TITLE, row.remote.get(TITLE))
    item_id = row.item_id or row.row.item_id
    whose = (row.row.number, row.row.outer_id, row.row.sku, item_id and listing_of(item_id), title, row.action.value)
    message = sentences(tuple(problem.told() for problem in row.problems)).words(language)
    for change in row.changes:
        before, after = _value(change.path, change.before), _value(change.path, change.after)
        yield (*whose, change.path, before, after, change.kind.value, message)
    if not row.changes:
        yield (*whose, None, None, None, None, message)


def money(fen: pd.Series[int]) -> pd.Series[Any]:
    """Return fen as `Decimal` yuan; None where there is none."""
    return fen.map(lambda one: None if pd.isna(one) else Decimal(yuan(int(one)))).astype(object)


def _value(path: Path, value: Value | None) -> object:
    told = plain(path, value)
    return _decimal(told) if path == PRICE and isinstance(told, str) else told


@lru_cache(10_000)
def _decimal(amount: str) -> Decimal:
    # Most prices of a sheet are few: one of each is enough.
    return Decimal(amount)


def _frame(columns: Sequence[str], lines: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    lists: dict[str, list[object]] = {name: [] for name in columns}
    for line in lines:
        for name, value in zip(columns, line, strict=True):
            lists[name].append(value)
    types = {name: "string" for name in columns if name in _TEXT} | {"row": "Int64"}
    # A list is let go as soon as its column is there.
    made = {name: pd.Series(lists.pop(name), dtype=types.get(name, "object")) for name in columns}
    frame = pd.DataFrame(made, copy=False)
    if "sku" in columns and frame["sku"].isna().all():
        # Only a sheet of listings has rows of SKUs.
        frame = frame.drop(columns="sku")
    return frame.assign(at=pd.to_datetime(frame["at"], utc=True)) if "at" in columns else frame


def export(frame: pd.DataFrame, csv: FilePath | None, parquet: FilePath | None) -> tuple[FilePath, ...]:
    """Write a table for other programs; returns the files. Raises Refusal where one can't be made.

    The text is UTF-8 with the mark by which Excel knows it. No text in it begins as a formula does: what strangers
    wrote must not run in whoever opens it.
    """
    if csv:
        with told_when_unwritable(csv):
            write_whole(csv, _csv_parts(frame))
    if parquet:
        kept = io.BytesIO()
        try:
            # Of one type each, as Parquet has them: numbers and texts stand in one column of a plan.
            mixed = {name: "string" for name in ("before", "after") if name in frame}
            frame.astype(mixed).to_parquet(kept, index=False)
        except ImportError:
            raise Refusal(say("export.parquet")) from None
        with told_when_unwritable(parquet):
            write_whole(parquet, kept.getvalue())
    return tuple(file for file in (csv, parquet) if file)


def _csv_parts(frame: pd.DataFrame) -> Iterator[bytes]:
    rows = max(1, _CELLS // max(1, len(frame.columns)))
    yield codecs.BOM_UTF8
    for start in range(0, max(1, len(frame)), rows):
        part = frame.iloc[start : start + rows]
        told = pd.DataFrame({name: _told(part[name]) for name in part})
        yield told.to_csv(index=False, header=start == 0).encode()


def _told(column: pd.Series[Any]) -> pd.Series[Any]:
    if pd.api.types.infer_dtype(column) in ("datetime", "datetime64"):
        return pd.to_datetime(column)
    # Each as it is, whatever stands beside it: of 3 and nothing, pandas makes 3.0.
    return pd.Series([*map(_no_formula, column)], index=column.index, dtype="object")


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
