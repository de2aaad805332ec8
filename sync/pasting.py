"""Commands that a person can paste into the shell as they stand."""

from __future__ import annotations

import os
import shlex
from subprocess import list2cmdline


def quoted(word: str) -> str:
    """Write one word of a command line as this system's shells need it."""
    return list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def answering(code: str) -> str:
    """Return the command by which a person says that the 库存增减 of `code` happened."""
    return f"itemsync resume --answer {quoted(f'{code}=happened')}"
