"""The tables of a fleet: the settings, sheets and jobs of many shops (docs/reference/state.md).

Every state has them, and those of one shop leave them empty. A page of this machine keeps the rows of its waiting
plans in the same tables, in a file of its own.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table

from sync.state.tables import METADATA
from sync.state.types import JsonDocument, Timestamp, VerbatimJson, Words

FLEET_SHOPS = Table(
    "fleet_shops",
    METADATA,
    Column("shop", Words, primary_key=True),
    Column("settings", VerbatimJson, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("token", LargeBinary),
    Column("authorization", VerbatimJson),
    Column("by", Words, nullable=False),
    Column("at", Timestamp, nullable=False),
)
"""The shops of a fleet. `settings`: a profile's, without secrets; `secrets`: those, encrypted; `token`: what a login
or its renewal gave, encrypted; `authorization`: how long that holds, without a secret, as
`service/authorization_terms.py` writes it; `by`, `at`: who added the shop, and when."""

SCHEDULES = Table(
    "fleet_schedules",
    METADATA,
    Column("shop", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("every", Words, nullable=False),
    Column("next_at", Timestamp, nullable=False),
    Column("last_at", Timestamp),
    Column("trouble", JsonDocument),
    Index("fleet_schedules_due", "next_at"),
)
"""What is done for a shop again and again. `kind`: `plan`, `watch` or `digest`; `every`: a cron line, or a time such
as `5m`; `next_at`: when it is due; `last_at`: when it was done last; `trouble`: what stood in its way then."""

WORKBOOKS = Table(
    "fleet_workbooks",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("shop", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("at", Timestamp, nullable=False),
    Index("fleet_workbooks_of_shop", "shop", "at"),
)
"""Sheets that are kept in the database, as they are now. `name`: the file's; `digest`: the SHA-256 of `content`."""

JOBS = Table(
    "shop_jobs",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("shop", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("run", Integer),
    Column("at", Timestamp, nullable=False),
    Column("document", VerbatimJson, nullable=False),
    Column("activity", JsonDocument),
    Column("stop", Boolean, nullable=False),
    Index("shop_jobs_by_state", "state", "shop"),
    Index("shop_jobs_by_run", "shop", "run"),
    Index("shop_jobs_by_time", "at"),
)
"""The jobs of the shops (`service/jobs.py`). `document`: the whole job; `activity`: what is done for it just now;
`stop`: somebody asked for a clean stop."""

PLANS = Table(
    "plans",
    METADATA,
    Column("job", Words, primary_key=True),
    Column("source", VerbatimJson, nullable=False),
    Column("checksum", Words, nullable=False),
)
"""Plans that wait for an approval: what each was made of."""

PLAN_ROWS = Table(
    "plan_rows",
    METADATA,
    Column("job", Words, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, nullable=False),
    Column("key", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("plan", VerbatimJson),
    Column("acts", Boolean, nullable=False),
    Column("left_out_by", Words),
    Column("settled", VerbatimJson),
    Column("settled_by", Words),
    Index("plan_rows_by_number", "job", "row"),
)
"""Their rows, in the order in which they are shown. `row`: its number in the sheet; `words`: what a search looks at;
`plan`: None where there is nothing to tell; `acts`: whether it makes a call; and what was decided of it, by whom."""

PLAN_TABS = Table(
    "plan_tabs",
    METADATA,
    Column("job", Words, primary_key=True),
    Column("tab", Words, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""On which tabs each row is."""

PLAN_DECISIONS = Table(
    "plan_decisions",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("job", Words, nullable=False),
    Column("by", Words, nullable=False),
    Index("plan_decisions_of_job", "job", "id"),
)
"""Who decided something of a waiting plan, one after another."""

WORKERS = Table(
    "fleet_workers",
    METADATA,
    Column("id", Words, primary_key=True),
    Column("host", Words, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Words, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("since", Timestamp, nullable=False),
    Column("seen_at", Timestamp, nullable=False),
)
"""The workers of a fleet, as they say of themselves; `seen_at`: by the database's clock."""

RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("app_key", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("next", BigInteger, nullable=False),
)
"""When the next call of an application may leave, as microseconds since 1970 by the database's clock; by method as in
`FLOWS`."""
