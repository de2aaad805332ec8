"""2.1: what was seen and changed, as tables to learn from; a finished run's counts; a campaign's price in force.

It only adds, so that a program of 2.0 works with it too: new tables, and new columns that may be empty. Whatever
else comes with this version is added here as well: a table of its own module (imported by `sync.state.schema`) to
`_tables`, a column to `_COLUMNS`, both spelt as there. A test compares the two on both databases.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.state.types import JsonDocument, Millis, Timestamp, Words

revision, down_revision = "2.1", "2.0"


def _key(name: str, kind: Any = Words) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _tables() -> Iterator[tuple[str, list[sa.Column[Any]], bool]]:
    """Yield new tables: name, columns, and whether the key is the table itself (`sqlite_with_rowid=False`)."""
    yield (
        "observations",
        [
            *map(_key, ("profile", "outer_id", "sku")),
            _key("at", Millis),
            sa.Column("price", sa.BigInteger),
            sa.Column("stock", sa.BigInteger),
            sa.Column("status", sa.SmallInteger),
            sa.Column("source", Words, nullable=False),
        ],
        True,
    )
    yield (
        "unchanged",
        [
            _key("profile"),
            _key("run", sa.Integer),
            sa.Column("at", Timestamp, nullable=False),
            sa.Column("count", sa.Integer, nullable=False),
            sa.Column("rows", sa.LargeBinary, nullable=False),
        ],
        False,
    )
    yield "looks", [*map(_key, ("profile", "day", "scope")), sa.Column("at", Millis, nullable=False)], True
    yield (
        "sheets",
        [
            *map(_key, ("profile", "place", "bears")),
            *(sa.Column(name, Words, nullable=False) for name in ("id", "digest")),
            sa.Column("at", Timestamp, nullable=False),
        ],
        False,
    )
    yield "scopes", [*map(_key, ("profile", "id")), sa.Column("codes", sa.LargeBinary, nullable=False)], False
    yield (
        "changes",
        [
            _key("profile"),
            *(_key(name, sa.Integer) for name in ("run", "row")),
            *map(_key, ("sku", "path")),
            sa.Column("outer_id", Words, nullable=False),
            sa.Column("before", Words),
            sa.Column("after", Words),
            sa.Column("moved", sa.BigInteger),
            sa.Column("at", Millis, nullable=False),
            sa.Column("outcome", Words, nullable=False),
        ],
        True,
    )
    yield "notices", [*map(_key, ("profile", "kind", "subject")), sa.Column("mark", Words, nullable=False)], False
    texts = (sa.Column(name, Words, nullable=False) for name in ("name", "role", "password"))
    yield "users", [_key("key"), *texts, sa.Column("since", Timestamp, nullable=False)], False


_COLUMNS: dict[str, list[sa.Column[Any]]] = {
    "items": [sa.Column("window", JsonDocument)],
    "runs": [sa.Column("sheet_id", Words), sa.Column("results", JsonDocument), sa.Column("pruned_at", Timestamp)],
}


def upgrade() -> None:
    """Add everything."""
    for name, columns, is_its_key in _tables():
        op.create_table(name, *columns, sqlite_with_rowid=not is_its_key)
    for table, added in _COLUMNS.items():
        for column in added:
            op.add_column(table, column)
