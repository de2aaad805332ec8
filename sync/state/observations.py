"""What items held when they were read: kept whenever it differs from the last time (docs/reference/state.md)."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    Connection,
    Select,
    exists,
    func,
    insert,
    select,
    update,
)

from sync.codes import split_key
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Item, clock_text, number
from sync.state.learned_tables import LOOKS, OBSERVATIONS, SCOPES
from sync.state.many_rows import given, run_for_each
from sync.state.store import Store, in_portions
from sync.state.types import millis, readable

Source = Literal["plan", "run", "watch", "pull"]
"""What an item was read for; `run`: its own reading back, and its looks at what got lost."""

Observed = tuple[str, str, int, int | None, int | None, int | None, str]
"""Code, SKU, when (ms since 1970, UTC), price (fen), stock (units), status (`item.Status`), what it was read for."""

_TABLE = OBSERVATIONS.c
_TOGETHER = 5_000
"""Rows that are made ready for the database at a time."""


class Seen(NamedTuple):
    """What one reading says of an item, or of one of its SKUs."""

    outer_id: str
    price: int | None
    """Fen."""
    stock: int | None
    status: int | None
    sku: str = ""
    """Empty: the item itself."""

    @classmethod
    def of(cls, key: str, item: Item) -> Seen:
        """Return what an item, or an SKU, says; `key`: what it is called in state, as `item.Row.key`."""
        outer_id, sku = split_key(key)
        price, stock, status = (number(item.get(path)) for path in (PRICE, INVENTORY, STATUS))
        return cls(outer_id, price, stock, status, sku or "")


def observe(store: Store, seen: Sequence[Seen], at: datetime, source: Source) -> None:
    """Keep a reading: what differs from the last one, and that somebody looked. Raises as `Store.writing` does."""
    codes = {one.outer_id for one in seen}
    if not codes:
        return
    with store.writing() as connection:
        put_observations(connection, store.profile, seen, at, source)
        _look(connection, store.profile, codes, at)


def put_observations(
    connection: Connection, profile: str, seen: Sequence[Seen], at: datetime, source: Source
) -> None:
    """Keep what differs from the last time; part of the caller's transaction."""
    same = {"profile": profile, "at": millis(at), "source": source}
    for start in range(0, len(seen), _TOGETHER):
        lines = [{**same, **one._asdict()} for one in seen[start : start + _TOGETHER]]
        run_for_each(connection, _if_new(connection.dialect.name), OBSERVATIONS, lines)


def observations(store: Store, since: datetime | None = None) -> Iterator[Observed]:
    """Yield what was seen since a moment, and what each item held before it: by code and SKU, in order of time."""
    wanted = _ours(store)
    if since is not None:
        earlier = OBSERVATIONS.alias()
        of_same = [earlier.c[name] == _TABLE[name] for name in ("profile", "outer_id", "sku")]
        last = select(func.max(earlier.c.at)).where(*of_same, earlier.c.at < millis(since)).scalar_subquery()
        wanted = wanted.where((_TABLE.at >= millis(since)) | (_TABLE.at == last))
    yield from streamed(store, wanted.order_by(_TABLE.outer_id, _TABLE.sku, _TABLE.at))


def looks(store: Store, since: datetime | None = None) -> Iterator[tuple[str, int, frozenset[str]]]:
    """Yield the shop's days (such as `2026-11-28`) on which somebody looked: the last time (ms), and the codes."""
    scopes: dict[str, frozenset[str]] = {}
    ours = select(LOOKS.c.day, LOOKS.c.at, SCOPES.c.id, SCOPES.c.codes).where(LOOKS.c.profile == store.profile)
    together = (SCOPES.c.profile == LOOKS.c.profile) & (SCOPES.c.id == LOOKS.c.scope)
    wanted = ours.where(together, LOOKS.c.day >= (day_of(since) if since else "")).order_by(LOOKS.c.day)
    for day, at, scope, codes in streamed(store, wanted):
        if scope not in scopes:
            with readable():
                scopes[scope] = frozenset(zlib.decompress(codes).decode().split("\n"))
        yield day, at, scopes[scope]


def codes_read(store: Store, since: datetime) -> frozenset[str]:
    """Return the codes of items that the platform was asked about since a moment, and showed."""
    by_runs = _TABLE.profile == store.profile, _TABLE.at >= millis(since)
    read = {code for (code,) in streamed(store, select(_TABLE.outer_id).where(*by_runs).distinct())}
    for _, at, codes in looks(store, since):
        if at >= millis(since):
            read |= codes
    return frozenset(read)


def streamed(store: Store, wanted: Select[Any]) -> Iterator[Any]:
    """Yield rows of a query, as they come: a year of them needn't fit into memory."""
    return chain.from_iterable(in_portions(store, wanted, 10_000))


def day_of(moment: datetime) -> str:
    """Return the shop's day, such as `2026-11-28`."""
    return clock_text(moment)[:10]


def _ours(store: Store) -> Select[Any]:
    return select(*(column for column in _TABLE if column.name != "profile")).where(_TABLE.profile == store.profile)


def _look(connection: Connection, profile: str, codes: set[str], at: datetime) -> None:
    text = "\n".join(sorted(codes)).encode(errors="replace")
    scope = hashlib.sha256(text).hexdigest()[:16]
    this = (LOOKS.c.profile == profile) & (LOOKS.c.day == day_of(at)) & (LOOKS.c.scope == scope)
    if connection.execute(update(LOOKS).where(this).values(at=millis(at))).rowcount:
        return
    ours = (SCOPES.c.profile == profile) & (SCOPES.c.id == scope)
    if not connection.execute(select(exists().where(ours))).scalar():
        added = {"profile": profile, "id": scope, "codes": zlib.compress(text)}
        connection.execute(_or_ignore(SCOPES, connection.dialect.name), added)
    new = {"profile": profile, "day": day_of(at), "scope": scope, "at": millis(at)}
    connection.execute(_or_ignore(LOOKS, connection.dialect.name), new)


def _or_ignore(table: Any, dialect: str) -> Any:
    """An INSERT that leaves what another process wrote at the same moment."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgres_insert  # noqa: PLC0415

        return postgres_insert(table).on_conflict_do_nothing()
    return insert(table).prefix_with("OR IGNORE")


_HELD = ("price", "stock", "status")


@cache
def _if_new(dialect: str) -> Any:
    """One statement for all rows: each is looked for, compared and written where it lies."""
    seen = given(OBSERVATIONS, tuple(_TABLE.keys()), dialect)
    own = [_TABLE[name] == seen[name] for name in ("profile", "outer_id", "sku")]
    every = select(_TABLE.at, *(_TABLE[name] for name in _HELD)).where(*own).order_by(_TABLE.at.desc()).limit(1)
    last = every.correlate_except(OBSERVATIONS).subquery()
    same = [last.c[name].is_not_distinct_from(seen[name]) for name in _HELD]
    as_known = (last.c.at >= seen["at"]) | (same[0] & same[1] & same[2])
    unless = ~exists(select(1).select_from(last).where(as_known).correlate_except(last))
    return _or_ignore(OBSERVATIONS, dialect).from_select([*_TABLE.keys()], select(*seen.values()).where(unless))
