"""`python -m sync` is `itemsync`."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code.

    Loading the libraries takes a moment, in which Ctrl-C must not show a traceback either.
    """
    try:
        from sync.cli import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    for stream in (sys.stdout, sys.stderr):
        # There is none where it was closed before the process began, or it may be closed by now.
        with suppress(AttributeError, OSError, ValueError):
            stream.flush()
    # Everything is closed by now. Python would first take a large sheet to pieces, object by object, for a second.
    os._exit(code)


if __name__ == "__main__":
    main()
