"""2.1: a campaign's price that is in force.

Only new tables and new columns that may be empty: a program of 2.0 works beside it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision, down_revision = "2.1", "2.0"

_DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add what is new."""
    op.add_column("items", sa.Column("window", _DOCUMENT))
