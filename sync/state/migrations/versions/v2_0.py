"""2.0: runs count by profile and say who applied them, keys begin with the profile, and a lease has a fence.

On PostgreSQL, text loses its lengths, and times and documents get types of their own; SQLite has one for all.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision, down_revision = "2.0", "1.0"

_KEYS = {
    "runs": ["profile", "id"],
    "rows": ["profile", "run", "row"],
    "calls": ["id"],
    "answers": ["profile", "run", "row"],
    "renames": ["profile", "run", "outer_id"],
    "copies": ["profile", "run"],
}
_MOMENTS = {
    "runs": ("started_at", "finished_at", "told_at"),
    "calls": ("intended_at", "ended_at"),
    "answers": ("at",),
    "shops": ("since",),
}
_DOCUMENTS = {"items": ("origins", "remote", "hold", "ruled"), "calls": ("seen",)}
_VERBATIM = {"rows": ("plan", "ended"), "calls": ("params", "before")}
_TEXTS = {
    "items": ("profile", "outer_id", "item_id"),
    "runs": ("profile", "saved_plan"),
    "rows": ("outer_id", "action", "result"),
    "calls": ("method", "outcome", "item_id", "request_id"),
    "shops": ("profile",),
    "answers": ("profile", "outer_id", "answer"),
    "renames": ("profile", "outer_id", "was"),
    "names": ("profile", "id"),
    "copies": ("profile", "digest"),
    "flows": ("app_key", "name", "state"),
    "quota": ("app_key", "name", "day"),
}


def upgrade() -> None:
    """Move everything over."""
    op.drop_table("locks")
    op.create_table(
        "leases",
        sa.Column("profile", sa.Text, primary_key=True),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("backend", sa.Integer, nullable=False),
    )
    for index, table in (("one_unfinished", "runs"), ("rows_by_code", "rows"), ("calls_by_row", "calls")):
        op.drop_index(index, table)
    op.add_column("runs", sa.Column("by", sa.Text))
    for table in ("rows", "calls"):
        op.add_column(table, sa.Column("profile", sa.Text))
        op.execute(f"UPDATE {table} SET profile = (SELECT profile FROM runs WHERE runs.id = {table}.run)")  # noqa: S608
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()
    op.execute("UPDATE rows SET plan = NULL WHERE CAST(plan AS TEXT) = ''")
    unfinished = sa.text("finished_at IS NULL")
    op.create_index(
        "one_unfinished", "runs", ["profile"], unique=True, sqlite_where=unfinished, postgresql_where=unfinished
    )
    op.create_index("rows_by_code", "rows", ["profile", "outer_id"])
    op.create_index("calls_by_row", "calls", ["profile", "run", "row", "seq"])


@contextmanager
def _quietly() -> Iterator[None]:
    """It is warned of a key that isn't the reflected one, which is what this is for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        yield


def _sqlite() -> None:
    for table, key in _KEYS.items():
        with _quietly(), op.batch_alter_table(table, recreate="always") as batch:
            batch.alter_column("profile", nullable=False)
            if table == "rows":
                batch.alter_column("plan", nullable=True)
            batch.create_primary_key(f"{table}_key", key)


def _postgres() -> None:
    for table, columns in _TEXTS.items():
        _retype(table, columns, "TEXT")
    for table, columns in _MOMENTS.items():
        _retype(table, columns, "TIMESTAMP WITH TIME ZONE")
    op.alter_column("rows", "plan", nullable=True)
    for table, columns in _DOCUMENTS.items():
        # JSONB holds no NUL.
        _retype(table, columns, "JSONB", "replace({0}, '\\u0000', '\\ufffd')::{1}")
    for table, columns in _VERBATIM.items():
        _retype(table, columns, "JSON", "NULLIF({0}, '')::{1}")
    op.execute("ALTER TABLE calls ALTER COLUMN id TYPE BIGINT")
    op.execute("ALTER TABLE runs ALTER COLUMN id DROP DEFAULT")
    op.execute("DROP SEQUENCE runs_id_seq")
    for table, key in _KEYS.items():
        op.alter_column(table, "profile", nullable=False)
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD PRIMARY KEY ({', '.join(key)})")


def _retype(table: str, columns: tuple[str, ...], kind: str, using: str = "{0}::{1}") -> None:
    changes = (f"ALTER COLUMN {name} TYPE {kind} USING {using.format(name, kind)}" for name in columns)
    op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
