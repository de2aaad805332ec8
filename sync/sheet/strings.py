"""Cleaning text that people typed or pasted: stray spaces, invisible characters, full-width letters."""

from __future__ import annotations

import re
from unicodedata import normalize

_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Characters that come along when text is copied from a web page, and that nobody can see."""
_SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_STRAY = _SPACES + _INVISIBLE
_LINE_BREAK = re.compile(r"[\r\n\v\f\u2028\u2029]")
_LINE_BREAKS = re.compile(r"\s*[\r\n\v\f\u2028\u2029]+\s*")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_UNSEEN = dict.fromkeys(map(ord, _INVISIBLE))
_MINUS = {ord(sign): "-" for sign in "−–﹣"}


def trim(text: str) -> str:
    """Take away what surrounds the text and can't be seen: all kinds of spaces, zero-width characters."""
    return text.strip(_STRAY)


def one_line(text: str) -> str:
    """Replace line breaks, and the spaces around them, by one space."""
    return _LINE_BREAKS.sub(" ", text)


def has_line_break(text: str) -> bool:
    """Tell whether the text has more than one line."""
    # Most texts are printable throughout, which is found out in a fraction of the time.
    return not text.isprintable() and _LINE_BREAK.search(text) is not None


def half_width(text: str) -> str:
    """Write full-width letters and digits as ordinary ones, and drop what can't be seen; leave the rest alone.

    Not NFKC: that would also turn `㎡` or `①`, which may be part of a code, into other letters.
    """
    return text if text.isascii() else text.translate(_FULL_WIDTH).translate(_UNSEEN)


def figures(text: str) -> str:
    """Write a number as typed in any width, with any kind of minus and spaces, so that a pattern can read it."""
    plain = text if text.isascii() else normalize("NFKC", text).translate(_UNSEEN).translate(_MINUS)
    return "".join(plain.split())
