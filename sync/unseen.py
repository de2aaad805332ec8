"""Characters that nobody can see: one definition for headers, cells and codes (docs/reference/sheet.md#codes).

They come along when text is copied from a web page, a chat or another system. Sources: Unicode's
`Default_Ignorable_Code_Point` and `White_Space`, and the control characters.
"""

from __future__ import annotations

import re
from functools import cache

SELECTORS = "\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""The joiner and the variation selectors: in running text they make an emoji, or a form of a letter."""
_OTHERS = (
    "\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffc\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""Control characters (but tabs and line breaks), soft hyphen, bidi marks, zero-width ones, fillers, BOM, tags."""
UNSEEN = _OTHERS + SELECTORS
"""For a class of a regular expression."""
BLANKS = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800"
"""The no-break space and its kin, for such a class too: they look like a space or like nothing. U+3000 is none of
them, for it is the space bar of a Chinese keyboard."""

_NAMED = f"[\t{UNSEEN}{BLANKS}]"


def seen(text: str, *, prose: bool = False) -> str:
    """Return the text as a person sees it: what can't be seen is left out, and every kind of blank is a space.

    `prose`: a title or a custom value, where emoji keep what holds them together.
    """
    if _plain(text) or not _sign().search(text):
        return text
    # Hardly any text comes here, so that `re` compiles these when one does.
    return re.sub(f"[{BLANKS}]", " ", re.sub(f"[{_OTHERS if prose else UNSEEN}]", "", text))


def unseen_in(text: str, *, prose: bool = False) -> tuple[str, ...]:
    """Name what `seen` leaves out or replaces, each once: `U+200E`."""
    if _plain(text) or not _sign().search(text):
        return ()
    return tuple(dict.fromkeys(map(named, re.findall(f"[{_OTHERS if prose else UNSEEN}{BLANKS}]", text))))


def named(sign: str) -> str:
    """Name a character as Unicode's tables do: `U+200E`."""
    return f"U+{ord(sign):04X}"


def spelt(text: str, signs: str = _NAMED) -> str:
    """Write the text with `signs`, a pattern of mostly what can't be seen, by name: `上架<U+200E>`."""
    return text if _plain(text) else re.sub(signs, lambda found: f"<{named(found[0])}>", text)


def without_unseen(text: str) -> str:
    """Return the text without any of these characters, `BLANKS` and tabs among them; other spaces stay."""
    return text if _plain(text) else re.sub(_NAMED, "", text)


@cache
def _sign() -> re.Pattern[str]:
    """What to look for first, also in prose; a command that has only plain texts needn't compile it."""
    return re.compile(f"[{UNSEEN}{BLANKS}]")


def _plain(text: str) -> bool:
    """Most texts are, which is found out in a fraction of the time."""
    return text.isascii() and text.isprintable()
