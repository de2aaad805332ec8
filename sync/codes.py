"""A code is what a person sees (docs/reference/sheet.md#codes): how one is read, and which two look the same."""

from __future__ import annotations

import re
from unicodedata import normalize

from sync.unseen import BLANKS, UNSEEN, spelt, without_unseen

LONGEST = 500
"""Characters of a code, and of any cell but running text; a listing's code has 64 bytes
(docs/explanation/platform.md#ordinary-listings)."""
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " "}
_MARKS = "'`‘’"
"""What Excel and exporters put before a text that looks like a number, and what a Chinese keyboard types for it."""

_AS_TEXT = r'="((?:[^"]|"")*)"\s*|=""([^"]*)""\s*'

_SIGNS = {
    "-": "‐‑‒–—―⁃−⸺⸻﹘﹣－˗ー",
    "'": '"`´‘’‚‛“”„‟′″‴‵‶‷ʹʺʻʼʽˈ＇＂｀',
    "·": "•‧∙⋅・･",
    "/": "⁄∕╱",
    ":": "∶꞉",
    "~": "〜∼",
    "*": "∗",
}
_CAPITALS = str.maketrans("АВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEKMHOPCTYXIJSABEZHIKMNOPTYX")
"""Cyrillic and Greek letters that are drawn like Latin ones."""
_LOOKS = (
    {ord(sign): one for one, signs in _SIGNS.items() for sign in signs}
    | _CAPITALS
    | {ord(chr(ours).lower()): chr(latin).lower() for ours, latin in _CAPITALS.items()}
)
_UNTOLD = f"[\t{UNSEEN}{BLANKS}\u3000" + "".join(map(re.escape, map(chr, sorted(_LOOKS)))) + "]"


SKU_BY_ID = "sku:"
"""What stands in SKU编码 before the platform's own id of an SKU, where that has no code, or not one of its own."""
_OF_SKU = "\tSKU\t"
"""Between the two codes of an SKU's key: no code has a tab (`as_code`)."""


def sku_key(code: str, sku: str) -> str:
    """Return the key under which state remembers an SKU: its listing's code and its own (docs/reference/skus.md)."""
    return f"{code}{_OF_SKU}{sku}"


def split_key(key: str) -> tuple[str, str | None]:
    """Return the code of a listing and the one of its SKU; None: the key is a listing's, or an item's."""
    code, of_sku, sku = key.partition(_OF_SKU)
    return code, sku if of_sku else None


def key_words(key: str) -> str:
    """Write a key as people read and type it: `A100`, or `A100/RED`."""
    code, sku = split_key(key)
    return code if sku is None else f"{code}/{sku}"


def half_width(text: str) -> str:
    """Write full-width letters and digits as ordinary ones; leave the rest alone.

    Not NFKC: that would also turn `㎡` or `①`, which may be part of a code, into other letters.
    """
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def as_text(text: str) -> str:
    """Return `00105` for `="00105"`, the formula by which exporters make Excel keep it; else the text."""
    found = re.fullmatch(_AS_TEXT, text) if text.startswith('="') else None
    return (found[1] or found[2] or "").replace('""', '"').strip() if found else text


def as_code(text: str) -> str:
    """Read a code as a person sees it: without unseen characters, exporters' marks and the spaces around it."""
    plain = half_width(without_unseen(text))
    return as_text(plain.strip().lstrip(_MARKS).lstrip())


def likeness(code: str) -> str:
    """Return what a code looks like: two codes that give the same can't be told apart by eye, or nearly not.

    The same after folding case, width, unseen characters, spaces, dashes, quotes and leading zeros.
    """
    if code.isascii() and code.isalnum():
        return code.lower().lstrip("0") or "0"
    # Signs before NFKC, which makes a space and an accent of `´`; and after it, which makes signs.
    folded = normalize("NFKC", normalize("NFKC", code.translate(_LOOKS)).casefold()).translate(_LOOKS)
    bare = "".join(without_unseen(folded).split())
    return bare.strip("='").lstrip("0") or "0"


def spelt_code(code: str) -> str:
    """Write a code so that it can be told from one that looks the same: signs that may be mistaken, by name."""
    return spelt(code, _UNTOLD)
