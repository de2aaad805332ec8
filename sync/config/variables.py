"""The variables `ITEMSYNC_…`: a mistyped one must not look like one that isn't set."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from sync.errors import Refusal
from sync.messages import say

ENV_PREFIX = "ITEMSYNC_"


def check_variables(environ: Mapping[str, str], settings: Collection[str]) -> None:
    """Raise Refusal for a variable of ours that is none of the `settings`. An empty one counts as not set."""
    known = {ENV_PREFIX + name.upper() for name in settings}
    for name, value in environ.items():
        if value and name.upper().startswith(ENV_PREFIX) and name.upper() not in known:
            raise Refusal(say("config.variable", name=name, nearest=nearest(name.upper(), known)))


def nearest(name: str, known: Collection[str]) -> str:
    """Return the known name that is most like `name`; all of them where none is."""
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return close[0] if close else ", ".join(sorted(known))
