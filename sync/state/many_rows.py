"""Many new rows in one statement, whichever database it is.

A driver makes a statement of each row, and lets other threads have the processor after each: while these are at
work, that takes longer than the writing itself. So the rows go over as one document. Rows that are there already are
changed one by one: joined with a document, PostgreSQL would look through a whole table for twenty of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy import column as named

Lines = Sequence[Mapping[str, object]]
"""Rows, each a mapping from the name of a column to what it is to hold; all name the same columns."""


_TOGETHER = 1_000
"""Rows of one statement at most: a document of a hundred thousand would need much memory."""


def insert_many(connection: Connection, table: Table, lines: Lines) -> None:
    """Insert `lines`; raises UnicodeEncodeError for what is no text."""
    if lines:
        run_for_each(connection, _insert(table, tuple(lines[0]), connection.dialect.name), table, lines)


def run_for_each(connection: Connection, statement: Executable, table: Table, lines: Lines) -> None:
    """Run a statement over `lines`, which takes them from `given`; raises UnicodeEncodeError for what is no text."""
    for start in range(0, len(lines), _TOGETHER):
        document = _document(table, lines[start : start + _TOGETHER], connection.dialect)
        connection.execute(statement, {"lines": document})


@cache
def _insert(table: Table, names: Sequence[str], dialect: str) -> Any:
    values = given(table, names, dialect)
    return insert(table).from_select([*names], select(*values.values()))


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
    written = {name: table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in lines[0]}
    made = [
        {name: value if (write := written[name]) is None else write(value) for name, value in line.items()}
        for line in lines
    ]
    return json.dumps(made, ensure_ascii=False, default=datetime.isoformat)
