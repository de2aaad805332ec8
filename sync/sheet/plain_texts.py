"""Texts that say just what they show. Nearly all are such, and many at once are found to be so in a hundredth of the
time that it takes to read each as `cells.read_cell` does."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from sync.fields import HIGHEST_ID, ITEM_ID, Column, Field, ValueKind, is_code
from sync.sheet.visible import longest
from sync.unseen import BLANKS, UNSEEN

_ODD = rf"{UNSEEN}{BLANKS}<＜#"
"""What can't be seen; and what `<清空>` and error values begin with."""
_ODD_IN_PROSE = re.compile(f"[{_ODD}]")
_ODD_IN_CODES = re.compile(rf"[{_ODD} ='`‘’+\uff01-\uff5e]")
"""With spaces, exporters' marks, what `1E+05` has in it, and full-width signs."""
_ODD_IN_IDS = re.compile("[^0-9]")
_SHORTER = len(str(HIGHEST_ID))
"""Every number with fewer digits is an id."""


def plain_texts(texts: Sequence[str], field: Field) -> Collection[str]:
    """Return those of `texts`, none of them empty, that a column of `field` takes as they are, without a word."""
    odd = _odd_signs(field)
    if odd is None or not texts:
        return ()
    together = "".join(texts)
    if odd.search(together) or not together.isprintable():
        texts = [text for text in texts if text.isprintable() and not odd.search(text)]
    if " " in together:
        texts = [text for text in texts if text[0] != " " != text[-1]]
    if field.path == ITEM_ID:
        return [text for text in texts if text[0] != "0" and len(text) < _SHORTER]
    most = longest(field)
    return [text for text in texts if len(text) <= most] if max(map(len, texts), default=0) > most else texts


def _odd_signs(field: Field) -> re.Pattern[str] | None:
    """Return what makes a text of such a column one to be looked at by itself; None: each is."""
    if field.path == ITEM_ID:
        return _ODD_IN_IDS
    if is_code(field):
        return _ODD_IN_CODES
    of_text = field.kind is ValueKind.TEXT and field.column is Column.FIELD
    return _ODD_IN_PROSE if of_text or field.kind is ValueKind.CUSTOM else None
