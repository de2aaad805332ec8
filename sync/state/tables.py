"""The tables of the state database, and how the nouns are written into them.

One database may serve several profiles. A noun is kept as one JSON document: its fields are always read and
written together, and a hundred thousand items stay a hundred thousand rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, text

from sync.item import Cell, Item, Path, PriceWindow
from sync.json_forms import JsonForm
from sync.remembered import Hold, LastRuling
from sync.state.types import JsonDocument, Timestamp, VerbatimJson, Words

METADATA = MetaData()
OPEN = "finished_at IS NULL"
"""Of a run."""

ITEMS = Table(
    "items",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("outer_id", Words, primary_key=True),
    Column("item_id", Words),
    Column("said", Words, nullable=False),
    Column("origins", JsonDocument, nullable=False),
    Column("remote", JsonDocument, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("hold", JsonDocument),
    Column("pending", Boolean, nullable=False),
    Column("ruled", JsonDocument),
    Column("window", JsonDocument),
)
"""Baselines. The last cells stand in two columns: `said` is what they said, written as `item.said` writes it, so that
a row of the sheet can be compared as it is; `origins` tells where and when."""

RUNS = Table(
    "runs",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sheet", Words, nullable=False),
    Column("sheet_id", Words),
    Column("started_at", Timestamp, nullable=False),
    Column("finished_at", Timestamp),
    Column("worksheet", Words),
    Column("saved_plan", Words),
    Column("undoes", Integer),
    Column("watch", Boolean, nullable=False),
    Column("told_at", Timestamp),
    Column("by", Words),
    Column("results", JsonDocument),
    Column("pruned_at", Timestamp),
    # What the lock promises, the database keeps: two programs can't have a run open on one profile.
    Index("one_unfinished", "profile", unique=True, sqlite_where=text(OPEN)),
)
"""`id`: the run's number, counted by profile. `sheet`: where its sheet was; `sheet_id`: which one, not known of runs
of 2.0. Without `finished_at` it is unfinished. `worksheet`: the one of the sheet's that was read; `saved_plan`: the
checksum of the PLAN.json that it applied; `undoes`: the run that it reversed; `watch`: it is a tick's of `itemsync
watch`; `told_at`: when its results were put where staff see them, not known if the process died before that; `by`:
who applied it, where somebody said; `results`: of a finished run, how many rows ended how; `pruned_at`: when its rows
and calls were removed (`pruning.py`)."""

LEASES = Table(
    "leases",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("fence", BigInteger, nullable=False),
    Column("until", Timestamp, nullable=False),
    Column("backend", Integer, nullable=False),
)
"""Until when somebody may work on a profile whose state several machines share, unless that is renewed (`lease.py`).
`fence`: counts the holders; `backend`: the database's own number of the last one's connection."""

ROWS = Table(
    "rows",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("outer_id", Words, nullable=False),
    Column("action", Words, nullable=False),
    Column("plan", VerbatimJson),
    Column("result", Words),
    Column("ended", VerbatimJson),
    Index("rows_by_code", "profile", "outer_id"),
)
"""The rows of a run: the plan as it was shown, and how each ended; no `result` yet: not ended."""

UNCHANGED = Table(
    "unchanged",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("at", Timestamp, nullable=False),
    Column("count", Integer, nullable=False),
    Column("rows", LargeBinary, nullable=False),
)
"""The other rows of a run, which were as they should be: JSON, by zlib (`unchanged.py`)."""

CALLS = Table(
    "calls",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("profile", Words, nullable=False),
    Column("run", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("method", Words, nullable=False),
    Column("params", VerbatimJson, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("before", VerbatimJson, nullable=False),
    Column("intended_at", Timestamp, nullable=False),
    Column("outcome", Words),
    Column("ended_at", Timestamp),
    Column("item_id", Words),
    Column("seen", JsonDocument),
    Column("request_id", Words),
    Column("error", Words),
    Index("calls_by_row", "profile", "run", "row", "seq"),
)
"""The journal. A call without `outcome` was intended, and nobody knows yet whether it left."""

SHOPS = Table(
    "shops",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("gateway", Words, nullable=False),
    Column("app_key", Words, nullable=False),
    Column("seller", Words, nullable=False),
    Column("since", Timestamp, nullable=False),
)
"""Whose items a profile remembers; `seller` is a user id, or empty where nobody told."""

ANSWERS = Table(
    "answers",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("outer_id", Words, nullable=False),
    Column("moved_by", Integer, nullable=False),
    Column("answer", Words, nullable=False),
    Column("at", Timestamp, nullable=False),
)
"""What a person said became of a 库存增减 that a row of a run lost: `happened`, `not` or `skip`."""

RENAMES = Table(
    "renames",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("outer_id", Words, primary_key=True),
    Column("was", Words, nullable=False),
)
"""Codes that a run gave to items which state knew under another, so that an item keeps its history."""

NAMES = Table(
    "names",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("id", Words, nullable=False),
)
"""What a profile's state calls itself in workbooks."""

COPIES = Table(
    "copies",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("file", Words, nullable=False),
    Column("digest", Words, nullable=False),
)
"""Files beside the sheet that hold the results of a run; `digest`: the SHA-256 of what was written."""

FLOWS = Table(
    "flows",
    METADATA,
    Column("app_key", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("state", Words, nullable=False),
)
"""Where the steady flow of an application's calls stands, by method; `name` is empty for all of them together.

Programs before 2.2 count here. The newer ones count in `RESERVATIONS`, and look here whether an older one calls."""

QUOTA = Table(
    "quota",
    METADATA,
    Column("app_key", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("day", Words, primary_key=True),
    Column("calls", Integer, nullable=False),
)
"""How many calls an application made on a day of the platform's clock, by method as in `FLOWS`."""

NOTICES = Table(
    "notices",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("subject", Words, primary_key=True),
    Column("mark", Words, nullable=False),
)
"""How things stood when people were told last. `kind`: what it is about, such as `run`; `subject`: which one of
these; `mark`: what it was, as whoever tells writes it; empty: all was well."""

Origins = list[tuple[str, datetime, list[Path]]]
"""The file and the time that last cells come from, and which: most of them share one."""

SAID_JSON: JsonForm[Mapping[Path, Cell]] = JsonForm(dict[Path, Cell])
ORIGINS_JSON: JsonForm[Origins] = JsonForm(Origins)
ITEM_JSON: JsonForm[Item] = JsonForm(Item)
HOLD_JSON: JsonForm[Hold] = JsonForm(Hold)
RULED_JSON: JsonForm[LastRuling] = JsonForm(LastRuling)
WINDOW_JSON: JsonForm[PriceWindow] = JsonForm(PriceWindow)
PARAMS_JSON: JsonForm[Mapping[str, object]] = JsonForm(dict[str, object])
SEEN_JSON: JsonForm[Item | None] = JsonForm(Item | None)
