"""1.0: the tables that came without a version, as itemsync 0.1 and its first successors made them by themselves.

What came after 0.1 is made where it is missing.
"""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "1.0", None


def _profile() -> sa.Column[str]:
    return sa.Column("profile", sa.String(100), nullable=False)


def _run() -> sa.Column[int]:
    return sa.Column("run", sa.Integer, primary_key=True, autoincrement=False)


_LATER = {
    "shops": (
        sa.Column("profile", sa.String(100), primary_key=True),
        sa.Column("gateway", sa.Text, nullable=False),
        sa.Column("app_key", sa.Text, nullable=False),
        sa.Column("seller", sa.Text, nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
    ),
    "answers": (
        _run(),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        _profile(),
        sa.Column("outer_id", sa.String(300), nullable=False),
        sa.Column("moved_by", sa.Integer, nullable=False),
        sa.Column("answer", sa.String(20), nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
    ),
    "renames": (
        _run(),
        sa.Column("outer_id", sa.String(300), primary_key=True),
        _profile(),
        sa.Column("was", sa.String(300), nullable=False),
    ),
    "names": (
        sa.Column("profile", sa.String(100), primary_key=True),
        sa.Column("id", sa.String(40), nullable=False),
    ),
    "copies": (
        _run(),
        _profile(),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    ),
}


def upgrade() -> None:
    """Make what is missing."""
    for name, columns in _LATER.items():
        op.create_table(name, *columns, if_not_exists=True)
    op.create_index("rows_by_code", "rows", ["outer_id"], if_not_exists=True)
