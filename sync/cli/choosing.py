"""Which worksheet is meant, where several could be: at a terminal a person is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sync.cli.asking import choose
from sync.cli.desk import Desk
from sync.messages import Joined, Message, Refusal, say

if TYPE_CHECKING:
    from sync.sheet.read import Sheet
    from sync.sheet.table import SeveralSheets


def read(desk: Desk, path: Path, worksheet: str | None, *, ask: bool = True) -> Sheet:
    """Read the sheet with the categories that the profile allows; raises Refusal as `read_sheet` does.

    `ask`: whether a person at the terminal may be waited for.
    """
    from sync.fields import category_table
    from sync.sheet.headers import Vocabulary
    from sync.sheet.read import read_sheet
    from sync.sheet.table import SeveralSheets

    vocabulary = Vocabulary.of(desk.profile.columns)
    categories = (*category_table(), *desk.profile.categories)
    try:
        return read_sheet(path, categories, worksheet, vocabulary)
    except SeveralSheets as several:
        if not (ask and desk.interactive) or desk.json:
            raise
        chosen = _ask(desk, several)
    return read_sheet(path, categories, chosen, vocabulary)


def opened(file: Path) -> Message | None:
    """Say that a program has the workbook open, and what to do; None: none has."""
    from sync.sheet.saved import owner_file

    owner = owner_file(file)
    return say("sheet.open", file=file.name, owner=owner.name) if owner else None


def silent(sheet: Sheet, file: Path) -> Refusal:
    """Return why there is nothing to compare in a sheet that has codes and no more (exit 2)."""
    from sync.synonyms import told

    return Refusal(say("sheet.silent", file=file.name, ignored=Joined(told(sheet.ignored))))


def _ask(desk: Desk, several: SeveralSheets) -> str:
    named = {str(number): name for number, name in enumerate(several.sheets, start=1)}
    for number, name in named.items():
        desk.err.print(f"{number}  {name}")
    return choose(desk, say("cli.which_sheet"), named)
