"""What a shop of a fleet may be called: its name stands in addresses, in the queue, in metrics and in the state."""

from __future__ import annotations

import re
from unicodedata import normalize

from sync.errors import Refusal
from sync.legible import quoted
from sync.messages import say

_NAME = re.compile(r"[^\W_][\w.-]{0,63}")


def check_name(name: str) -> None:
    """Raise Refusal for what can't be a shop's name.

    Letters of any script and digits, and between them `-`, `_` and `.`; no two names may look the same.
    """
    if not _NAME.fullmatch(name) or normalize("NFKC", name) != name:
        raise Refusal(say("fleet.name", name=quoted(name)))
