"""Sheets that are kept in the database: no machine of a fleet needs another's disk (docs/reference/state.md#fleet).

A sheet is read, and written, through a copy in a folder for its owner alone, which is gone when that is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from sync.errors import Overtaken, Refusal
from sync.messages import Joined, Message, say
from sync.service.job_files import file_name
from sync.service.sheet_port import Delivery, SheetSource
from sync.service.sheets import FileSheet, sheet_by_id
from sync.state.fleet_tables import WORKBOOKS

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.service.sheet_port import SheetShop
    from sync.sheet.file_version import Version
    from sync.sheet.read import Sheet
    from sync.sheet.writeback import Written

_PLACE = "workbook:"
RESULTS = ".results"
"""Ends the id of the workbook with the results of a sheet that can't take them, such as an `.xls`."""
_ATTEMPTS = 5
"""Times that another may write into a sheet while results are put into it."""


@dataclass(frozen=True)
class StoredWorkbook:
    """A sheet as it is kept just now."""

    id: str
    name: str
    digest: str
    content: bytes = field(repr=False)


class Workbooks:
    """The sheets of one shop. Safe for many threads and processes."""

    def __init__(self, engine: Engine, shop: str) -> None:
        self._engine = engine
        self._shop = shop

    def keep(self, name: str, content: bytes, id: str | None = None) -> str:
        """Keep a workbook, under a new id or in the place of the one with that id; returns the id.

        `name`: as its owner calls the file.
        """
        id = id or token_urlsafe(12)
        row = {"name": file_name(name), "digest": digest(content), "content": content, "at": func.clock_timestamp()}
        kept = insert(WORKBOOKS).values(id=id, shop=self._shop, **row)
        with self._engine.begin() as connection:
            connection.execute(kept.on_conflict_do_update(index_elements=["id"], set_=row))
        return id

    def get(self, id: str) -> StoredWorkbook:
        """Return a workbook with its content. Raises Refusal where it is gone."""
        with self._engine.connect() as connection:
            row = connection.execute(select(WORKBOOKS).where(*self._this(id))).first()
        if row is None:
            raise Refusal(say("fleet.sheet_gone"))
        return StoredWorkbook(row.id, row.name, row.digest, bytes(row.content))

    def with_results(self, id: str) -> StoredWorkbook:
        """Return the workbook that has the results: itself, or what was made of one that can't take them."""
        try:
            return self.get(f"{id}{RESULTS}")
        except Refusal:
            return self.get(id)

    def digest_of(self, id: str) -> str | None:
        """Return the SHA-256 of a workbook's content; None: it is gone."""
        with self._engine.connect() as connection:
            found: str | None = connection.execute(select(WORKBOOKS.c.digest).where(*self._this(id))).scalar()
        return found

    def put(self, new: StoredWorkbook, was: str) -> bool:
        """Put a workbook's new content into the place of that with the digest `was`; False: it is another by now."""
        change = update(WORKBOOKS).where(*self._this(new.id), WORKBOOKS.c.digest == was)
        row = {"digest": new.digest, "content": new.content, "at": func.clock_timestamp()}
        with self._engine.begin() as connection:
            return bool(connection.execute(change.values(row)).rowcount)

    def remove(self, id: str) -> None:
        """Forget a workbook, and what was made of it."""
        with self._engine.begin() as connection:
            ids = (id, f"{id}{RESULTS}")
            connection.execute(delete(WORKBOOKS).where(WORKBOOKS.c.shop == self._shop, WORKBOOKS.c.id.in_(ids)))

    def sheet(self, id: str, name: str) -> StoredSheet:
        """Return the sheet with that id."""
        return StoredSheet(self, id, name)

    def find(self, place: str) -> SheetSource:
        """Return the sheet at a place: a `SheetFinder`."""
        id = workbook_of(place)
        if id is None:
            return sheet_by_id(place)
        return self.sheet(id, place.removeprefix(f"{_PLACE}{id}/"))

    def _this(self, id: str) -> tuple[ColumnElement[bool], ...]:
        return (WORKBOOKS.c.shop == self._shop, WORKBOOKS.c.id == id)


@dataclass(frozen=True)
class StoredSheet(SheetSource):
    """A sheet of the database. It is known by the id that stands in it; without one, by its content."""

    workbooks: Workbooks = field(repr=False)
    id: str
    title: str

    @property
    def place(self) -> str:
        """See `SheetSource.place`: ends in the file's name, by which staff know it in the history."""
        return f"{_PLACE}{self.id}/{self.title}"

    @property
    def name(self) -> str:
        """See `SheetSource.name`."""
        return self.title

    @property
    def is_there(self) -> bool:
        """See `SheetSource.is_there`."""
        return self.workbooks.digest_of(self.id) is not None

    def read(self, shop: SheetShop, worksheet: str | None) -> Sheet:
        """See `SheetSource.read`."""
        with self._copied() as copy:
            return copy.read(shop, worksheet)._replace(version=_as_version(copy.book.digest))

    def deliver(self, shop: SheetShop, done: RunReport, sheet: Sheet | None = None) -> Delivery:
        """See `SheetSource.deliver`. The database has the results before the run counts as delivered."""
        for _ in range(_ATTEMPTS):
            try:
                with self._copied() as copy:
                    delivery = copy.deliver(shop, done, sheet)
            except _OverwrittenError:
                continue
            except Refusal as refusal:
                return _kept(refusal.message, done.run)
            told = say("fleet.delivered", sheet=self.title)
            return replace(delivery, said=(told,)) if delivery.reached else delivery
        return _kept(say("fleet.sheet_busy", sheet=self.title), done.run)

    def bears(self) -> str | None:
        """See `SheetSource.bears`."""
        try:
            with self._copied() as copy:
                return copy.bears()
        except Refusal:
            return None

    def digest(self) -> str:
        """See `SheetSource.digest`."""
        return self.workbooks.digest_of(self.id) or ""

    def version(self) -> Version | None:
        """See `SheetSource.version`."""
        found = self.digest()
        return _as_version(found) if found else None

    def homeless(self, sheet: Sheet) -> Message | None:
        """See `SheetSource.homeless`."""
        with self._copied() as copy:
            return copy.homeless(sheet)

    @contextmanager
    def held(self, sheet: Sheet) -> Iterator[None]:
        """See `SheetSource.held`. The shop's lease keeps other runs away, and `deliver` compares once more."""
        if self.version() != sheet.version:
            raise Overtaken(say("sheet.saved_since", file=self.title))
        yield

    @contextmanager
    def _copied(self) -> Iterator[_Copy]:
        book = self.workbooks.get(self.id)
        with private_copy(book) as path:
            yield _Copy(path, self, book)


@dataclass(frozen=True)
class _Copy(FileSheet):
    """A stored sheet as a file, for a moment."""

    stored: StoredSheet
    book: StoredWorkbook

    @property
    def place(self) -> str:
        return self.stored.place

    def digest(self) -> str:
        return self.book.digest

    def keep(self, written: Written) -> None:
        """Put what was written into the database. Raises _OverwrittenError where another was faster."""
        content, workbooks = written.path.read_bytes(), self.stored.workbooks
        if written.path != self.path.resolve():
            workbooks.keep(written.path.name, content, f"{self.book.id}{RESULTS}")
        elif not workbooks.put(replace(self.book, digest=digest(content), content=content), self.book.digest):
            raise _OverwrittenError


class _OverwrittenError(Exception):
    """Another has written into the sheet since its copy was made."""


def workbook_of(place: str) -> str | None:
    """Return the id of the workbook at a place; None: it is no workbook of the database."""
    return place.removeprefix(_PLACE).partition("/")[0] if place.startswith(_PLACE) else None


@contextmanager
def private_copy(book: StoredWorkbook) -> Iterator[Path]:
    """Yield a file with a workbook's content, in a folder that nobody else can enter and that goes away again."""
    with TemporaryDirectory(prefix="itemsync-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / book.name
        file.write_bytes(book.content)
        yield file


def digest(content: bytes) -> str:
    """Return the SHA-256 of a workbook's content."""
    return sha256(content).hexdigest()


def _as_version(found: str) -> Version:
    return (int(found, 16),)


def _kept(why: Message, run: int) -> Delivery:
    return Delivery(reached=False, warnings=(Joined((why, say("delivery.kept", run=run))),))
