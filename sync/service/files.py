"""Files that a person named, to be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ELOOP
from pathlib import Path
from typing import TYPE_CHECKING

from sync.atomic_files import write_whole
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    from sync.service.context import Context


_WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".et", ".ett", ".ods")


def write_text(file: Path, text: str) -> None:
    """Write a file, whole or not at all; raises Refusal if that can't be done."""
    write_parts(file, (text,))


def write_parts(file: Path, parts: Iterable[str]) -> None:
    """Do as `write_text`, with the parts of a text one after another."""
    with told_when_unwritable(file):
        write_whole(file, (part.encode() for part in parts))


def refuse_old(file: Path, suffix: str = ".xlsx") -> None:
    """Raise Refusal for a new workbook's name that is another format's, or that a file has already."""
    if file.suffix.lower() != suffix:
        raise Refusal(say("file.xlsx_only", file=file))
    if file.exists():
        raise Refusal(say("file.exists", file=file))


def refuse_sheet(file: Path, sheet: str | Path | None = None) -> None:
    """Raise Refusal for a file that is, or by its name may be, somebody's sheet: what is written is none.

    `sheet`: the one that is at hand, whatever its name.
    """
    if file.suffix.lower() in _WORKBOOKS or (sheet is not None and file.resolve() == Path(sheet).resolve()):
        raise Refusal(say("file.sheet", file=file))


@contextmanager
def told_when_unwritable(file: Path) -> Iterator[None]:
    """Turn what the system says of a file that can't be made into a Refusal."""
    try:
        yield
    except FileExistsError:
        raise Refusal(say("file.exists", file=file)) from None
    except OSError as error:
        raise Refusal(say("file.link" if error.errno == ELOOP else "file.unwritable", file=file)) from None


def write_template(context: Context, out: Path) -> None:
    """Write a blank workbook, with the profile's own categories. Raises Refusal where that can't be done."""
    from sync.sheet.making.template import write_template as write

    refuse_old(out)
    with told_when_unwritable(out):
        write(out, context.sheet_language, context.categories, skus=bool(context.abilities.sku_paths))
