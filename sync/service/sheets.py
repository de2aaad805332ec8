"""Where a sheet comes from, and where its results go: a file of this disk, or a table in memory."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

from sync.errors import Refusal
from sync.messages import Joined, Message, say
from sync.sheet.headers import Vocabulary
from sync.synonyms import told

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.service.context import Context
    from sync.sheet.read import Sheet

    AnySheet: TypeAlias = "str | Path | DataFrame | FileSheet | FrameSheet"

_FRAME = "dataframe:"
"""What the id of a table in memory begins with; a path never does."""


class SheetSource(Protocol):
    """A sheet that can be read, and that results may be written into."""

    @property
    def id(self) -> str:
        """What state calls the sheet; the same sheet has the same id the next time."""

    @property
    def name(self) -> str:
        """What people call it."""

    def read(self, context: Context, worksheet: str | None) -> Sheet:
        """Read it as the profile has it: its own headers, and its own categories.

        Raises Refusal for what can't be read, and NeedsWorksheet where nobody says which one is meant.
        """

    def homeless(self, sheet: Sheet) -> Message | None:
        """Say why results would find no place in it; None: they find one."""

    def held(self, sheet: Sheet) -> AbstractContextManager[None]:
        """Hold it as it was read. Raises Locked while another process holds it, Overtaken if it was saved since."""


@dataclass(frozen=True)
class FileSheet:
    """A workbook, or a text, on this disk."""

    path: Path

    @property
    def id(self) -> str:
        """See `SheetSource.id`: the whole path."""
        return str(self.path.resolve())

    @property
    def name(self) -> str:
        """See `SheetSource.name`."""
        return self.path.name

    def read(self, context: Context, worksheet: str | None) -> Sheet:
        """See `SheetSource.read`."""
        from sync.sheet.read import read_sheet

        return read_sheet(self.path, context.categories, worksheet, Vocabulary.of(context.profile.columns))

    def homeless(self, sheet: Sheet) -> Message | None:
        """See `SheetSource.homeless`."""
        from sync.sheet.writeback.rehearsal import rehearse

        return rehearse(self.path, sheet)

    def held(self, sheet: Sheet) -> AbstractContextManager[None]:
        """See `SheetSource.held`."""
        from sync.sheet.sheet_lock import as_it_was_read

        return as_it_was_read(self.path, sheet.version)


@dataclass(frozen=True, eq=False)
class FrameSheet:
    """A DataFrame with the sheet's headers. Its results are in the run, and nowhere else."""

    frame: DataFrame
    title: str = "DataFrame"

    @property
    def id(self) -> str:
        """See `SheetSource.id`."""
        return _FRAME + self.title

    @property
    def name(self) -> str:
        """See `SheetSource.name`."""
        return self.title

    def read(self, context: Context, worksheet: str | None) -> Sheet:
        """See `SheetSource.read`; a table in memory has no worksheets."""
        from sync.sheet.dataframe import read_dataframe

        return read_dataframe(self.frame, context.categories, Vocabulary.of(context.profile.columns))

    def homeless(self, sheet: Sheet) -> Message | None:
        """See `SheetSource.homeless`."""
        return None

    def held(self, sheet: Sheet) -> AbstractContextManager[None]:
        """See `SheetSource.held`: nobody else has it."""
        return nullcontext()


def sheet_source(sheet: AnySheet) -> SheetSource:
    """Return where to read `sheet` from."""
    if isinstance(sheet, str | Path):
        return FileSheet(Path(sheet))
    return sheet if isinstance(sheet, FileSheet | FrameSheet) else FrameSheet(sheet)


def file_of(sheet: str) -> Path | None:
    """Return the file that a run's sheet is, by its id; None: it was a table in memory."""
    return None if sheet.startswith(_FRAME) else Path(sheet)


def name_of_sheet(sheet: str) -> str:
    """Return what people call a run's sheet, by its id."""
    return sheet.removeprefix(_FRAME) if sheet.startswith(_FRAME) else Path(sheet).name


def opened(file: Path) -> Message | None:
    """Say that a program has the workbook open, and what to do; None: none has."""
    from sync.sheet.file_version import owner_file

    owner = owner_file(file)
    return say("sheet.open", file=file.name, owner=owner.name) if owner else None


def silent(sheet: Sheet, name: str) -> Refusal:
    """Return why there is nothing to compare in a sheet that has codes and no more."""
    return Refusal(say("sheet.silent", file=name, ignored=Joined(told(sheet.ignored))))
