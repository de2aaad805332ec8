"""Many rows in one statement, whichever database it is.

A driver makes a statement of each row, and lets other threads have the processor after each: while these are at
work, that takes longer than the writing itself. So the rows go over as one document.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy import column as named
from sqlalchemy import update as update_of

from sync.state.types import Words

Lines = Sequence[Mapping[str, object]]
"""Rows, each a mapping from the name of a column to what it is to hold; all name the same columns."""


_TOGETHER = 1_000
"""Rows of one statement at most: a document of a hundred thousand would need much memory."""


def insert_many(connection: Connection, table: Table, lines: Lines) -> None:
    """Insert `lines`; raises UnicodeEncodeError for what is no text."""
    if lines:
        run_for_each(connection, _insert(table, tuple(lines[0]), connection.dialect.name), table, lines)


def update_many(connection: Connection, table: Table, lines: Lines, keys: Sequence[str], unset: str = "") -> None:
    """Write `lines` over the rows that have the same `keys`, and nothing yet in the column `unset`, if one is named.

    No two lines may have the same keys. Raises UnicodeEncodeError for what is no text.
    """
    if lines:
        statement = _update(table, tuple(lines[0]), tuple(keys), unset, connection.dialect.name)
        run_for_each(connection, statement, table, lines)


def run_for_each(connection: Connection, statement: Executable, table: Table, lines: Lines) -> None:
    """Run a statement over `lines`, which takes them from `given`; raises UnicodeEncodeError for what is no text."""
    for start in range(0, len(lines), _TOGETHER):
        some = lines[start : start + _TOGETHER]
        connection.execute(statement, {"lines": _document(table, some, connection.dialect), "many": len(some)})


@cache
def _insert(table: Table, names: Sequence[str], dialect: str) -> Any:
    values = given(table, names, dialect)
    return insert(table).from_select([*names], select(*values.values()))


@cache
def _update(table: Table, names: Sequence[str], keys: Sequence[str], unset: str, dialect: str) -> Any:
    values = given(table, names, dialect)
    # Or PostgreSQL takes them for a hundred, whatever they are, and for twenty of them reads a whole table.
    of_each = (value.label(name) for name, value in values.items())
    new = select(*of_each).limit(bindparam("many", type_=Integer)).subquery("new").c
    same = [table.c[key] == new[key] for key in keys]
    empty = [table.c[unset].is_(None)] if unset else []
    return update_of(table).where(*same, *empty).values({name: new[name] for name in names if name not in keys})


def given(table: Table, names: Sequence[str], dialect: str) -> Mapping[str, ColumnElement[Any]]:
    """Return the columns `names` of the rows that a statement is given, as `table` has them; `dialect`: its name."""
    document: BindParameter[str] = bindparam("lines", type_=Text)
    if dialect == "sqlite":
        each = func.json_each(document).table_valued("value", name="given")
        return {name: func.json_extract(each.c.value, f"$.{name}") for name in names}
    return _of_server(table, names, document)


def _of_server(table: Table, names: Sequence[str], document: BindParameter[str]) -> Mapping[str, ColumnElement[Any]]:
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    server: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds: Mapping[str, Any] = {name: table.c[name].type.dialect_impl(server) for name in names}
    # What a column has its own way of writing comes as text.
    texts = {name for name, kind in kinds.items() if kind.bind_expression(document) is not None}
    columns = (named(name, Text() if name in texts else kind) for name, kind in kinds.items())
    lines = func.json_to_recordset(cast(document, postgresql.JSON)).table_valued(*columns)
    found = lines.render_derived(name="given", with_types=True).c
    return {name: kinds[name].bind_expression(found[name]) if name in texts else found[name] for name in names}


def _document(table: Table, lines: Lines, dialect: Dialect) -> str:
    """Return `lines` as JSON, each value as the database's driver would get it."""
    names = tuple(lines[0])
    text = _json(lines, _writers(table, names, dialect, but=Words))
    # Other words are written as they are.
    return _json(lines, _writers(table, names, dialect)) if _NUL in text else text


_NUL = r"\u0000"
_Writers = Mapping[str, Callable[[Any], object]]


@lru_cache(64)
def _writers(table: Table, names: Sequence[str], dialect: Dialect, but: type[Words] | None = None) -> _Writers:
    """Return how columns write their values, of those that have their own way; `but`: columns to leave out."""
    kinds = {name: table.c[name].type for name in names if but is None or not isinstance(table.c[name].type, but)}
    written = {name: kind.dialect_impl(dialect).bind_processor(dialect) for name, kind in kinds.items()}
    return {name: write for name, write in written.items() if write is not None}


def _json(lines: Lines, writers: _Writers) -> str:
    made = [dict(line) for line in lines]
    for name, write in writers.items():
        _write_each(made, name, write)
    try:
        return orjson.dumps(made).decode()
    except orjson.JSONEncodeError:
        # Half of a character, which the database's driver refuses, or a number of any length.
        return json.dumps(made, ensure_ascii=False, default=datetime.isoformat)


def _write_each(lines: Sequence[dict[str, object]], name: str, write: Callable[[Any], object]) -> None:
    """Write a column as the database's driver would; a value that repeats is written once."""
    before = written = object()
    for line in lines:
        if (value := line[name]) is not before:
            before, written = value, write(value)
        line[name] = written
