"""`python -m sync.demo.fleet`: play the demo of a fleet; at a terminal the page stays up until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time

from rich.console import Console

from sync.demo.fleet.story import FleetDemo
from sync.errors import Refusal
from sync.messages import Language, say
from sync.service.context import system_language


def main() -> int:
    """Play it; returns 0 where everything was as it must be, 1 where it wasn't, 2 where it couldn't be played."""
    console = Console(file=sys.stdout)
    language = system_language(os.environ) or "en"
    try:
        return 0 if FleetDemo(console, language).play(lambda: _stay(console, language)) else 1
    except Refusal as refusal:
        console.print(refusal.message.words(language), markup=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        return 130


def _stay(console: Console, language: Language) -> None:
    if not sys.stdin.isatty():
        return
    console.print(say("demo.fleet.stays").words(language))
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main())
