"""Baselines in the database: written with a run's journal, and read back no further than somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Connection, CursorResult, LargeBinary, cast, delete, select, update
from sqlalchemy.exc import DBAPIError

from sync.baselines import Baselines, KeptItem
from sync.fields import INVENTORY
from sync.item import Baseline, Item, LastCell, Path, said
from sync.remembered import Hold
from sync.sheet_id import as_sheet_id
from sync.state.many_rows import insert_many
from sync.state.tables import HOLD_JSON, ITEM_JSON, ITEMS, ORIGINS_JSON, RULED_JSON, SAID_JSON, WINDOW_JSON

T = TypeVar("T")
_NOTHING = b"{}"
_TOGETHER = 1_000


class _Kept(Mapping[Path, T]):
    """A mapping as it is kept. Of a hundred thousand items most are never looked into, so it isn't read before."""

    __slots__ = ("_found", "_read", "_texts")

    def __init__(self, read: Callable[..., Mapping[Path, T]], *texts: bytes | str) -> None:
        self._read, self._texts = read, texts
        self._found: Mapping[Path, T] | None = None

    def _looked_into(self) -> Mapping[Path, T]:
        if self._found is None:
            self._found = self._read(*self._texts)
        return self._found

    def __getitem__(self, path: Path) -> T:
        return self._looked_into()[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._looked_into())

    def __len__(self) -> int:
        return len(self._looked_into())

    def __bool__(self) -> bool:
        return self._texts[0] != _NOTHING if self._found is None else bool(self._found)


def untouched(found: CursorResult[Any]) -> Iterator[Sequence[Any]]:
    """Yield all rows as the driver gives them, which is twice as quick: all of `COLUMNS` are texts and truths.

    Raises DBAPIError as the database's own results do.
    """
    cursor, driver = found.cursor, found.dialect.loaded_dbapi
    try:
        while cursor and (rows := cursor.fetchmany(_TOGETHER)):
            yield from rows
    except driver.Error as error:
        raise DBAPIError.instance(None, None, error, driver.Error) from None
    found.close()


class KeptBaselines(Baselines):
    """Baselines as they are kept. Those of which there is more to know than texts are made at once, and no others."""

    def __init__(self, kept: Mapping[str, KeptItem], marked: Mapping[str, Baseline]) -> None:
        """`kept` has every code, the `marked` too."""
        self._kept, self._marked = kept, marked

    def __getitem__(self, code: str) -> Baseline:
        """See `Baselines`."""
        return self._marked.get(code) or _baseline(self._kept[code])

    def __iter__(self) -> Iterator[str]:
        """See `Baselines`."""
        return iter(self._kept)

    def __len__(self) -> int:
        """See `Baselines`."""
        return len(self._kept)

    def __contains__(self, code: object) -> bool:
        """Whether anything is remembered under a code."""
        return code in self._kept

    @property
    def kept(self) -> Mapping[str, KeptItem]:
        """See `Baselines.kept`."""
        return self._kept

    @property
    def marked(self) -> Mapping[str, Baseline]:
        """See `Baselines.marked`."""
        return self._marked

    @property
    def item_ids(self) -> Iterator[tuple[str, str | None]]:
        """See `Baselines.item_ids`."""
        return zip(self._kept, map(attrgetter("item_id"), self._kept.values()), strict=True)


def remembered(rows: Iterable[Sequence[Any]]) -> KeptBaselines:
    """Return what rows of `ITEMS` hold, each the values of `COLUMNS`."""
    kept: dict[str, KeptItem] = {}
    marked: dict[str, Baseline] = {}
    # Most items were carried out by one of a few runs.
    alike: dict[str | bytes, bytes] = {}
    for code, item_id, cells, origins, remote, deleted, hold, pending, ruled, window in rows:
        if (shared := alike.get(origins)) is None:
            shared = alike[origins] = _text(origins)
        item = KeptItem(item_id, _text(cells), shared, _text(remote))
        kept[code] = item
        if deleted or hold or pending or ruled or window:
            marked[code] = replace(
                _baseline(item),
                deleted=bool(deleted),
                hold=_hold(hold) if hold else None,
                pending=bool(pending),
                ruled=RULED_JSON.validate_json(ruled) if ruled else None,
                window=WINDOW_JSON.validate_json(window) if window else None,
            )
    return KeptBaselines(kept, marked)


def _text(text: str | bytes) -> bytes:
    # A text of Chinese takes half the memory so.
    return text if isinstance(text, bytes) else text.encode()


def _baseline(item: KeptItem) -> Baseline:
    cells = _Kept(_last_cells, item.said, item.origins)
    return Baseline(item.item_id, cells, _Kept(_remote, item.remote))


def _remote(text: bytes) -> Item:
    # Called by its name, so that what it reads can be packed before anybody looks into it.
    return ITEM_JSON.validate_json(text)


def _hold(text: str) -> Hold:
    """Read a hold; state 2.0 and before named sheets by their paths."""
    hold = HOLD_JSON.validate_json(text)
    cleared_in = tuple(map(as_sheet_id, hold.cleared_in))
    under = replace(hold.under, sheet=as_sheet_id(hold.under.sheet)) if hold.under else None
    return replace(hold, sheet=as_sheet_id(hold.sheet), cleared_in=cleared_in, under=under)


def in_parts(codes: Collection[str], most: int = 500) -> Iterator[Sequence[str]]:
    """Yield `codes` in parts, each small enough for one question to name them all."""
    every = sorted(codes)
    yield from (every[start : start + most] for start in range(0, len(every), most))


COLUMNS = tuple(column for column in ITEMS.c if column.name != "profile")
"""All but the profile."""
_TEXTS = ("said", "origins", "remote")
COLUMNS_AS_BYTES = tuple(cast(column, LargeBinary) if column.name in _TEXTS else column for column in COLUMNS)
"""The same, where SQLite gives the bytes of a text as they lie in its file."""


def put_baselines(connection: Connection, profile: str, baselines: Mapping[str, Baseline]) -> None:
    """Replace what is remembered of some items, by code; part of the caller's transaction."""
    for codes in in_parts(baselines):
        connection.execute(delete(ITEMS).where(ITEMS.c.profile == profile, ITEMS.c.outer_id.in_(codes)))
        insert_many(connection, ITEMS, [_columns(profile, code, baselines[code]) for code in codes])


def hand_over(connection: Connection, profile: str, code: str, item_id: str | None) -> None:
    """Remove what is remembered under a code whose item lives on under another; part of the caller's transaction.

    Two rows may exchange their codes: what the code means by now, another item, stays.
    """
    this = (ITEMS.c.profile == profile) & (ITEMS.c.outer_id == code) & (ITEMS.c.item_id == item_id)
    connection.execute(delete(ITEMS).where(this))


def let_go(connection: Connection, profile: str, code: str, run: int, count: LastCell | None) -> None:
    """Remove the hold of `run` on an item, and remember the `count` that its 库存 cell now says.

    A hold of another run stays, one that is unknown too, and whatever another process wrote since it was read here.
    Part of the caller's transaction.
    """
    of_code = (ITEMS.c.profile == profile) & (ITEMS.c.outer_id == code)
    kept = connection.execute(select(*COLUMNS).where(of_code)).first()
    if kept is None:
        return
    known = remembered([kept])[code]
    if known.hold is None or known.hold.run != run or known.hold.unknown:
        return
    cells = {**known.cells, INVENTORY: count} if count else known.cells
    values = _columns(profile, code, replace(known, cells=cells, hold=None))
    as_read = (ITEMS.c[name] == kept._mapping[ITEMS.c[name]] for name in _LET_GO)
    connection.execute(update(ITEMS).where(of_code, *as_read).values({name: values[name] for name in _LET_GO}))


_LET_GO = ("hold", "said", "origins")


def _columns(profile: str, code: str, baseline: Baseline) -> dict[str, object]:
    origins: dict[tuple[str, datetime], list[Path]] = {}
    for path, last in baseline.cells.items():
        origins.setdefault((last.file, last.at), []).append(path)
    return {
        "profile": profile,
        "outer_id": code,
        "item_id": baseline.item_id,
        "said": said({path: last.value for path, last in baseline.cells.items()}).decode(),
        "origins": ORIGINS_JSON.dump_json([(*origin, paths) for origin, paths in origins.items()]).decode(),
        "remote": ITEM_JSON.dump_json(dict(baseline.remote)).decode(),
        "deleted": baseline.deleted,
        "hold": HOLD_JSON.dump_json(baseline.hold).decode() if baseline.hold else None,
        "pending": baseline.pending,
        "ruled": RULED_JSON.dump_json(baseline.ruled).decode() if baseline.ruled else None,
        "window": WINDOW_JSON.dump_json(baseline.window).decode() if baseline.window else None,
    }


def _last_cells(cells: bytes, origins: bytes) -> dict[Path, LastCell]:
    values = SAID_JSON.validate_json(cells)
    return {
        path: LastCell(values[path], file, at)
        for file, at, paths in ORIGINS_JSON.validate_json(origins)
        for path in paths
    }
