"""The sheets that a shop knows by itself: a file of this disk, or a table in memory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sync.errors import Refusal
from sync.legible import legible
from sync.messages import Joined, Message, say
from sync.service.listing_limits import within_limits
from sync.service.sheet_port import Delivery, SheetSource, vocabulary_of
from sync.sheet_id import file_name

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pandas import DataFrame

    from sync.apply.run import RunReport
    from sync.service.sheet_port import SheetShop
    from sync.sheet.file_version import Version
    from sync.sheet.read import Sheet
    from sync.sheet.writeback import Written

    AnySheet: TypeAlias = "str | Path | DataFrame | SheetSource"

_FRAME = "dataframe:/"
"""What the place of a table in memory begins with; a path never does."""


@dataclass(frozen=True)
class FileSheet(SheetSource):
    """A workbook, or a text, on this disk."""

    path: Path

    @property
    def place(self) -> str:
        """See `SheetSource.place`: the whole path."""
        return str(self.path.resolve())

    @property
    def name(self) -> str:
        """See `SheetSource.name`."""
        return file_name(str(self.path))

    @property
    def is_there(self) -> bool:
        """See `SheetSource.is_there`."""
        return self.path.exists()

    def read(self, shop: SheetShop, worksheet: str | None) -> Sheet:
        """See `SheetSource.read`."""
        from sync.sheet.read import read_sheet

        sheet = read_sheet(self.path, shop.categories, worksheet, vocabulary_of(shop))
        return within_limits(sheet, shop.profile)

    def deliver(self, shop: SheetShop, done: RunReport, sheet: Sheet | None = None) -> Delivery:
        """See `SheetSource.deliver`. A file that can't be written gets them beside it."""
        from sync.service.delivery import deliver

        return deliver(shop, self, done, sheet)

    def bears(self) -> str | None:
        """See `SheetSource.bears`."""
        from sync.sheet.files.opening import sheet_id_in

        return sheet_id_in(self.path)

    def version(self) -> Version | None:
        """See `SheetSource.version`."""
        from sync.sheet.file_version import version

        return version(self.path)

    def keep(self, written: Written) -> None:
        """Keep what was just written into the file, or beside it, where it isn't kept by that alone.

        Raises Refusal where it can't be kept; then the run isn't marked as delivered.
        """

    def opened(self) -> Message | None:
        """See `SheetSource.opened`."""
        from sync.sheet.file_version import owner_file

        owner = owner_file(self.path)
        return say("sheet.open", file=self.name, owner=owner.name) if owner else None

    def homeless(self, sheet: Sheet) -> Message | None:
        """See `SheetSource.homeless`."""
        from sync.sheet.writeback.rehearsal import rehearse

        return rehearse(self.path, sheet)

    def held(self, sheet: Sheet) -> AbstractContextManager[None]:
        """See `SheetSource.held`."""
        from sync.sheet.sheet_lock import as_it_was_read

        return as_it_was_read(self.path, sheet.version)


class UploadedSheet(FileSheet):
    """A workbook that somebody handed in: its name is what it was called, and its folder says nothing.

    It is known by the id that stands in it; without one, by its content.
    """

    def digest(self) -> str:
        """See `SheetSource.digest`."""
        from hashlib import file_digest

        try:
            with self.path.open("rb") as content:
                return file_digest(content, "sha256").hexdigest()
        except OSError:
            return ""


class FrameSheet(SheetSource):
    """A DataFrame with the sheet's headers. Whoever made it has its results from the run."""

    is_there = False

    def __init__(self, frame: DataFrame | None, title: str = "DataFrame") -> None:
        """`frame` is None where the program that had it is gone."""
        self.frame, self.title = frame, title

    @property
    def place(self) -> str:
        """See `SheetSource.place`."""
        return _FRAME + self.title

    @property
    def name(self) -> str:
        """See `SheetSource.name`."""
        return self.title

    def read(self, shop: SheetShop, worksheet: str | None) -> Sheet:
        """See `SheetSource.read`; a table in memory has no worksheets."""
        from sync.sheet.dataframe import read_dataframe

        if self.frame is None:
            raise Refusal(say("sheet.missing", file=self.place))
        return within_limits(read_dataframe(self.frame, shop.categories, vocabulary_of(shop)), shop.profile)

    def deliver(self, shop: SheetShop, done: RunReport, sheet: Sheet | None = None) -> Delivery:
        """See `SheetSource.deliver`; nothing is written anywhere."""
        moved = [result.key for result in done.results if result.change_applied is not None]
        shop.store.confirm_cleared(done.run, moved)
        shop.store.mark_delivered(done.run, shop.clock.now())
        return Delivery(reached=True)


def sheet_source(sheet: AnySheet) -> SheetSource:
    """Return where to read `sheet` from. Raises Refusal for what is neither a path nor a DataFrame."""
    if isinstance(sheet, str | Path) and "\0" in str(sheet):
        raise Refusal(say("sheet.missing", file=legible(str(sheet))))
    if isinstance(sheet, str | Path):
        return FileSheet(Path(sheet))
    if isinstance(sheet, SheetSource):
        return sheet
    if not (hasattr(sheet, "columns") and hasattr(sheet, "iloc")):
        raise Refusal(say("sheet.neither", kind=type(sheet).__name__))
    return FrameSheet(sheet)


def sheet_by_id(sheet: str) -> SheetSource:
    """Return the sheet at a place."""
    return FrameSheet(None, sheet.removeprefix(_FRAME)) if sheet.startswith(_FRAME) else FileSheet(Path(sheet))


def silent(sheet: Sheet, name: str) -> Refusal:
    """Return why there is nothing to compare in a sheet that has codes and no more."""
    from sync.synonyms import told

    return Refusal(say("sheet.silent", file=name, ignored=Joined(told(sheet.ignored))))
