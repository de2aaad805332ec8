"""The ways in which a platform keeps a value that aren't another value (docs/reference/three-way.md#reading-back)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape, unescape

from sync.fields import PRICE, Name
from sync.item import Path, Value, looks_same, scalar_text
from sync.messages import Message, clauses, say
from sync.values import Shown

_YUAN = 100
"""Fen."""


def normal_form(path: Path, sent: Value | None, kept: Value | None) -> bool:
    """Tell whether `kept` is what a platform may make of `sent`: no other value, and not the same one.

    Only: spaces folded, HTML entities, a prefix cut, a price rounded to whole yuan.
    """
    return not looks_same(sent, kept) and (kept_whole(path, sent, kept) or _cut(sent, kept))


def own_forms(forms: Iterable[tuple[Path, Value | None, Value | None]]) -> Message:
    """Tell of paths, each with what was sent and what is kept, in one sentence."""
    told = (
        say("readback.own_form.one", field=Name(path), sent=Shown(path, sent), kept=Shown(path, kept))
        for path, sent, kept in forms
    )
    return say("readback.own_form", forms=clauses(told))


def kept_whole(path: Path, sent: Value | None, kept: Value | None) -> bool:
    """Tell whether `kept` is `sent` in another form, of which nothing was cut off."""
    if path == PRICE:
        return isinstance(sent, int) and isinstance(kept, int) and _rounded(sent, kept)
    ours, theirs = scalar_text(sent), scalar_text(kept)
    if ours is None or theirs is None:
        return False
    # Either side may be what the other one says in entities, and a platform may write some signs so and not others.
    return not {_folded(ours), _plain(ours)}.isdisjoint((_folded(theirs), _plain(theirs)))


def _folded(text: str) -> str:
    return " ".join(text.split())


def _plain(text: str) -> str:
    return _folded(unescape(text))


def _rounded(sent: int, kept: int) -> bool:
    return kept > 0 and kept % _YUAN == 0 and abs(kept - sent) < _YUAN


def _cut(sent: Value | None, kept: Value | None) -> bool:
    ours, theirs = scalar_text(sent), scalar_text(kept)
    if ours is None or theirs is None or not theirs.strip():
        return False
    start = _folded(theirs)
    return any(len(start) < len(form) and form.startswith(start) for form in _forms(_folded(ours)))


def _forms(text: str) -> Iterator[str]:
    """What may have been cut, even in the middle of an entity."""
    yield from (text, _plain(text), text.replace("&", "&amp;"), escape(text, quote=False))
    quoted = escape(text)
    yield from (quoted, quoted.replace("&#x27;", "&#39;"), quoted.replace("&#x27;", "'"))
