"""The variables `ITEMSYNC_…`: a mistyped one must not look like one that isn't set."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sync.errors import Refusal
from sync.messages import say

ENV_PREFIX = "ITEMSYNC_"


def variables(environ: Mapping[str, str], settings: Collection[str]) -> Mapping[str, str]:
    """Return what the variables say, by setting; an empty one counts as not set.

    Raises Refusal for a variable of ours that is none of the `settings`.
    """
    found = {name: value for name, value in environ.items() if value and name.upper().startswith(ENV_PREFIX)}
    known = {ENV_PREFIX + name.upper(): name for name in settings}
    for name in found:
        if name.upper() not in known:
            raise Refusal(say("config.variable", name=name, nearest=nearest(name.upper(), known)))
    return {known[name.upper()]: value for name, value in found.items()}


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that is most like `name`; all of them where none is."""
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else ", ".join(sorted(known))
