"""The tables of the state database, and how the nouns are written into them.

One database may serve several profiles. A noun is kept as one JSON document: its fields are always read and
written together, and a hundred thousand items stay a hundred thousand rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text, text

from sync.item import Cell, Hold, Item, LastRuling, Path

METADATA = MetaData()
_OPEN = text("finished_at IS NULL")

ITEMS = Table(
    "items",
    METADATA,
    Column("profile", String(100), primary_key=True),
    Column("outer_id", String(300), primary_key=True),
    Column("item_id", String(30)),
    Column("said", Text, nullable=False),
    Column("origins", Text, nullable=False),
    Column("remote", Text, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("hold", Text),
    Column("pending", Boolean, nullable=False),
    Column("ruled", Text),
)
"""Baselines. The last cells stand in two columns: `said` is what they said, written as `item.said` writes it, so that
a row of the sheet can be compared as it is; `origins` tells where and when."""

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("profile", String(100), nullable=False),
    Column("sheet", Text, nullable=False),
    Column("started_at", String(40), nullable=False),
    Column("finished_at", String(40)),
    Column("worksheet", Text),
    Column("saved_plan", String(64)),
    Column("undoes", Integer),
    Column("watch", Boolean, nullable=False),
    Column("told_at", String(40)),
    # What the lock promises, the database keeps: two programs can't have a run open on one profile.
    Index("one_unfinished", "profile", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
)
"""A run without `finished_at` is unfinished. `worksheet`: the one of the sheet's that was read; `saved_plan`: the
checksum of the PLAN.json that it applied; `undoes`: the run that it reversed; `watch`: it is a tick's of
`itemsync watch`; `told_at`: when its results were put where staff see them, not known if the process died before
that."""

LOCKS = Table(
    "locks",
    METADATA,
    Column("profile", String(100), primary_key=True),
    Column("holder", String(60), nullable=False),
    Column("until", String(40), nullable=False),
)
"""Who works on a profile whose state several machines share, and until when that holds unless it is renewed."""

ROWS = Table(
    "rows",
    METADATA,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("outer_id", String(300), nullable=False),
    Column("action", String(20), nullable=False),
    Column("plan", Text, nullable=False),
    Column("result", String(20)),
    Column("ended", Text),
    Index("rows_by_code", "outer_id"),
)
"""The rows of a run: the plan as it was shown, and how each ended; no `result` yet: not ended."""

CALLS = Table(
    "calls",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("method", String(60), nullable=False),
    Column("params", Text, nullable=False),
    Column("writes", Boolean, nullable=False),
    Column("before", Text, nullable=False),
    Column("intended_at", String(40), nullable=False),
    Column("outcome", String(20)),
    Column("ended_at", String(40)),
    Column("item_id", String(30)),
    Column("seen", Text),
    Column("request_id", String(100)),
    Column("error", Text),
    Index("calls_by_row", "run", "row", "seq"),
)
"""The journal. A call without `outcome` was intended, and nobody knows yet whether it left."""

SHOPS = Table(
    "shops",
    METADATA,
    Column("profile", String(100), primary_key=True),
    Column("gateway", Text, nullable=False),
    Column("app_key", Text, nullable=False),
    Column("seller", Text, nullable=False),
    Column("since", String(40), nullable=False),
)
"""Whose items a profile remembers; `seller` is a user id, or empty where nobody told."""

ANSWERS = Table(
    "answers",
    METADATA,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("profile", String(100), nullable=False),
    Column("outer_id", String(300), nullable=False),
    Column("moved_by", Integer, nullable=False),
    Column("answer", String(20), nullable=False),
    Column("at", String(40), nullable=False),
)
"""What a person said became of a 库存增减 that a row of a run lost: `happened`, `not` or `skip`."""

RENAMES = Table(
    "renames",
    METADATA,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("outer_id", String(300), primary_key=True),
    Column("profile", String(100), nullable=False),
    Column("was", String(300), nullable=False),
)
"""Codes that a run gave to items which state knew under another, so that an item keeps its history."""

NAMES = Table(
    "names",
    METADATA,
    Column("profile", String(100), primary_key=True),
    Column("id", String(40), nullable=False),
)
"""What a profile's state calls itself in workbooks."""

COPIES = Table(
    "copies",
    METADATA,
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("profile", String(100), nullable=False),
    Column("file", Text, nullable=False),
    Column("digest", String(64), nullable=False),
)
"""Files beside the sheet that hold the results of a run; `digest`: the SHA-256 of what was written."""

FLOWS = Table(
    "flows",
    METADATA,
    Column("app_key", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("state", String(200), nullable=False),
)
"""Where the steady flow of an application's calls stands, by method; `name` is empty for all of them together."""

QUOTA = Table(
    "quota",
    METADATA,
    Column("app_key", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("calls", Integer, nullable=False),
)
"""How many calls an application made on a day of the platform's clock, by method as in `FLOWS`."""

Origins = list[tuple[str, datetime, list[Path]]]
"""The file and the time that last cells come from, and which: most of them share one."""

SAID_JSON: TypeAdapter[Mapping[Path, Cell]] = TypeAdapter(dict[Path, Cell])
ORIGINS_JSON: TypeAdapter[Origins] = TypeAdapter(Origins)
ITEM_JSON: TypeAdapter[Item] = TypeAdapter(Item)
HOLD_JSON: TypeAdapter[Hold] = TypeAdapter(Hold)
RULED_JSON: TypeAdapter[LastRuling] = TypeAdapter(LastRuling)
PARAMS_JSON: TypeAdapter[Mapping[str, object]] = TypeAdapter(dict[str, object])
SEEN_JSON: TypeAdapter[Item | None] = TypeAdapter(Item | None)
