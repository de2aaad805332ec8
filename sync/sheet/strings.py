"""Cleaning text that people typed or pasted: stray spaces, line breaks, figures of any width.

`sync.unseen` has what can't be seen at all.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from sync.unseen import seen

_JOINER = "\u200d"
"""It joins two signs into one; at an end of a text it does nothing."""
SPACES = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""All that Python takes for a space."""
_LINE_BREAK = r"[\r\n\v\f\x85\u2028\u2029]"
_MINUS = {ord(sign): "-" for sign in "−–﹣"}


def trim(text: str, *, prose: bool = True) -> str:
    """Take away what can't be seen, and all kinds of spaces around the text; `prose` as `unseen.seen` has it."""
    return seen(text, prose=prose).strip(SPACES + _JOINER)


def one_line(text: str) -> str:
    """Replace line breaks, and the spaces around them, by one space."""
    return " ".join(filter(None, (line.strip() for line in re.split(_LINE_BREAK, text))))


def has_line_break(text: str) -> bool:
    """Tell whether the text has more than one line."""
    # Most texts are printable throughout, which is found out in a fraction of the time.
    return not text.isprintable() and re.search(_LINE_BREAK, text) is not None


def figures(text: str) -> str:
    """Write a number as typed in any width, with any kind of minus and spaces, so that a pattern can read it."""
    plain = text if text.isascii() else normalize("NFKC", seen(text)).translate(_MINUS)
    return "".join(plain.split())
