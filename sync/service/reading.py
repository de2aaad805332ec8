"""Reads a sheet as the profile has it: its own headers, and its own categories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.fields import category_table
from sync.messages import Joined, Message, say
from sync.sheet.file_version import owner_file
from sync.sheet.headers import Vocabulary
from sync.sheet.read import read_sheet
from sync.synonyms import told

if TYPE_CHECKING:
    from sync.service.context import Context
    from sync.sheet.read import Sheet


def read(context: Context, path: Path, worksheet: str | None) -> Sheet:
    """Read the sheet; raises Refusal as `read_sheet` does, NeedsWorksheet where nobody says which one is meant."""
    categories = (*category_table(), *context.profile.categories)
    return read_sheet(path, categories, worksheet, Vocabulary.of(context.profile.columns))


def opened(file: Path) -> Message | None:
    """Say that a program has the workbook open, and what to do; None: none has."""
    owner = owner_file(file)
    return say("sheet.open", file=file.name, owner=owner.name) if owner else None


def silent(sheet: Sheet, file: Path) -> Refusal:
    """Return why there is nothing to compare in a sheet that has codes and no more (exit 2)."""
    return Refusal(say("sheet.silent", file=file.name, ignored=Joined(told(sheet.ignored))))
