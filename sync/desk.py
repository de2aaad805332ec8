"""`itemsync-desk`: starts the page without a window of its own, and opens the browser."""

from __future__ import annotations

import sys
from typing import NoReturn

from sync.__main__ import main as start


def main() -> NoReturn:
    """Run `itemsync web`, with what was typed behind it."""
    sys.argv[1:1] = ["web", "--browser"]
    start()
