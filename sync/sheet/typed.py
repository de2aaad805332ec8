"""A value of the platform → what a person would type for it into the sheet; the reverse of `cells.py`."""

from __future__ import annotations

from sync.fields import OUTER_ID, ValueKind, kind
from sync.item import Cell, Opaque, Path, Status, yuan
from sync.messages import Language
from sync.sheet.cells import EXACT_DIGITS
from sync.unseen import seen

Typed = str | int | float
"""What a cell holds: a text, or a number as Excel keeps it."""


def typed(path: Path, value: Cell, language: Language) -> Typed | None:
    """Return what stands in the cell of `path` for `value`: prices in yuan, a status in words.

    None: nothing that could be typed says it. A category has two cells, and so isn't for here.
    """
    if isinstance(value, Opaque):
        return value.text
    match kind(path):
        case ValueKind.MONEY if isinstance(value, int):
            # Excel knows only floats; this one reads back as the price itself.
            return float(yuan(value))
        case ValueKind.STATUS if isinstance(value, int) and value in tuple(Status):
            return Status(value).words(language)
        case ValueKind.NUMBER if isinstance(value, int) and len(str(abs(value))) > EXACT_DIGITS:
            return str(value)
    if isinstance(value, str) and path != OUTER_ID:
        # A cell that is read back gives no more than a person sees.
        return seen(value, prose=True)
    return value if isinstance(value, str | int) else None
