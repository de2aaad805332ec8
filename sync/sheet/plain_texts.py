"""Texts that say just what they show. Nearly all are such, and many at once are found to be so in a hundredth of the
time that it takes to read each as `cells.read_cell` does."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeGuard, cast

from sync.fields import HIGHEST_ID, ITEM_ID, Column, Field, ValueKind, is_code
from sync.sheet.files.workbook import Raw
from sync.sheet.visible import longest
from sync.unseen import BLANKS, UNSEEN

_BEGINNINGS = "<#"
"""What `<清空>` and error values begin with."""
_MARKS = " ='`+"
"""Spaces, exporters' marks, and what `1E+05` has in it."""
_ODD = rf"{UNSEEN}{BLANKS}{_BEGINNINGS}＜"
_ODD_IN_PROSE = f"[{_ODD}]"
_ODD_IN_CODES = rf"[{_ODD}{_MARKS}‘’\uff01-\uff5e]"
"""With full-width signs."""
_SHORTER = len(str(HIGHEST_ID))
"""Every number with fewer digits is an id."""
_APART = "\t"
"""Stands in no plain text."""


def are_plain(texts: Sequence[Raw], field: Field) -> TypeGuard[Sequence[str]]:
    """Whether a column of `field` takes each of `texts` as it is, without a word. An empty one is no such text."""
    is_odd = _oddness(field)
    if is_odd is None or "" in texts:
        return False
    each = cast("Sequence[str]", texts)
    try:
        together = "".join(each)
    except TypeError:
        # There is something else among them.
        return False
    if is_odd(together) or max(map(len, each), default=0) > _longest(field):
        return False
    edges = [edge for edge in _edges(field) if edge.strip(_APART) in together]
    apart = _APART.join(("", *each, "")) if edges else ""
    return not any(edge in apart for edge in edges)


def plain_texts(texts: Sequence[str], field: Field) -> Sequence[str]:
    """Return those of `texts` that a column of `field` takes as they are, without a word."""
    is_odd, most, edges = _oddness(field), _longest(field), _edges(field)
    if is_odd is None:
        return ()
    return [
        text
        for text in texts
        if 0 < len(text) <= most and not is_odd(text) and not any(edge in f"{_APART}{text}{_APART}" for edge in edges)
    ]


def _longest(field: Field) -> int:
    return _SHORTER - 1 if field.path == ITEM_ID else longest(field)


def _edges(field: Field) -> Sequence[str]:
    """How no plain text begins or ends, with what stands between texts."""
    return (f"{_APART}0",) if field.path == ITEM_ID else (f"{_APART} ", f" {_APART}")


def _oddness(field: Field) -> Callable[[str], bool] | None:
    """Return what finds out whether any text of such a column is one to be looked at by itself; None: each is."""
    if field.path == ITEM_ID:
        return _is_no_number
    if is_code(field):
        return partial(_has, _BEGINNINGS + _MARKS, _ODD_IN_CODES)
    of_text = field.kind is ValueKind.TEXT and field.column is Column.FIELD
    return partial(_has, _BEGINNINGS, _ODD_IN_PROSE) if of_text or field.kind is ValueKind.CUSTOM else None


def _is_no_number(text: str) -> bool:
    return not (text.isascii() and text.isdecimal())


def _has(seen: str, odd: str, text: str) -> bool:
    """Whether a text has a sign of the pattern `odd`, or one that is no print; `seen`: those of ASCII that are."""
    if not text.isprintable():
        return True
    # To look for one sign after another takes a twentieth of the time of a pattern.
    return any(sign in text for sign in seen) if text.isascii() else re.search(odd, text) is not None
