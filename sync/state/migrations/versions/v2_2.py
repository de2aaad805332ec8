"""2.2: a fleet's shops, schedules, sheets, jobs and workers, and the reservations of its calls.

It only adds, so that a program of 2.1 works with it too. A test compares it with `fleet_tables.py` on both databases.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from sync.state.types import JsonDocument, Timestamp, VerbatimJson, Words

revision, down_revision = "2.2", "2.1"


def _key(name: str, kind: Any = Words) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _needed(kind: Any, *names: str) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, nullable=False) for name in names)


def _tables() -> Iterator[tuple[str, list[sa.Column[Any]]]]:
    """Yield new tables: name and columns."""
    yield (
        "fleet_shops",
        [
            _key("shop"),
            *_needed(VerbatimJson, "settings"),
            *_needed(sa.LargeBinary, "secrets"),
            sa.Column("token", sa.LargeBinary),
            sa.Column("authorization", VerbatimJson),
            *_needed(Words, "by"),
            *_needed(Timestamp, "at"),
        ],
    )
    yield (
        "fleet_schedules",
        [
            *map(_key, ("shop", "kind")),
            *_needed(Words, "every"),
            *_needed(Timestamp, "next_at"),
            sa.Column("last_at", Timestamp),
            sa.Column("trouble", JsonDocument),
        ],
    )
    yield (
        "fleet_workbooks",
        [
            _key("id"),
            *_needed(Words, "shop", "name", "digest"),
            *_needed(sa.LargeBinary, "content"),
            *_needed(Timestamp, "at"),
        ],
    )
    yield (
        "shop_jobs",
        [
            _key("id"),
            *_needed(Words, "shop", "state"),
            sa.Column("run", sa.Integer),
            *_needed(Timestamp, "at"),
            *_needed(VerbatimJson, "document"),
            sa.Column("activity", JsonDocument),
            *_needed(sa.Boolean, "stop"),
        ],
    )
    yield "plans", [_key("job"), *_needed(VerbatimJson, "source"), *_needed(Words, "checksum")]
    yield (
        "plan_rows",
        [
            _key("job"),
            _key("n", sa.Integer),
            *_needed(sa.Integer, "row"),
            *_needed(Words, "key", "title", "words", "action"),
            sa.Column("plan", VerbatimJson),
            *_needed(sa.Boolean, "acts"),
            sa.Column("left_out_by", Words),
            sa.Column("settled", VerbatimJson),
            sa.Column("settled_by", Words),
        ],
    )
    yield "plan_tabs", [*map(_key, ("job", "tab")), _key("n", sa.Integer)]
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    yield (
        "plan_decisions",
        [sa.Column("id", number, primary_key=True, autoincrement=True), *_needed(Words, "job", "by")],
    )
    yield (
        "fleet_workers",
        [
            _key("id"),
            *_needed(Words, "host"),
            *_needed(sa.Integer, "pid"),
            *_needed(Words, "version"),
            *_needed(sa.Integer, "concurrency"),
            *_needed(Timestamp, "since", "seen_at"),
        ],
    )
    yield "reservations", [*map(_key, ("app_key", "name")), *_needed(sa.BigInteger, "next")]


_IS_ITS_KEY = {"plan_tabs"}
_INDEXES = {
    "fleet_schedules_due": ("fleet_schedules", ["next_at"]),
    "fleet_workbooks_of_shop": ("fleet_workbooks", ["shop", "at"]),
    "shop_jobs_by_state": ("shop_jobs", ["state", "shop"]),
    "shop_jobs_by_run": ("shop_jobs", ["shop", "run"]),
    "shop_jobs_by_time": ("shop_jobs", ["at"]),
    "plan_rows_by_number": ("plan_rows", ["job", "row"]),
    "plan_decisions_of_job": ("plan_decisions", ["job", "id"]),
}


def upgrade() -> None:
    """Add everything."""
    for name, columns in _tables():
        op.create_table(name, *columns, sqlite_with_rowid=name not in _IS_ITS_KEY)
    for name, (table, indexed) in _INDEXES.items():
        op.create_index(name, table, indexed)
