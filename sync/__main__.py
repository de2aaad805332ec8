"""`python -m sync` is `itemsync`."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

_MANY = 1_000_000
"""Objects that are made before Python looks for garbage. A large sheet comes to millions, hardly any of them garbage,
and by Python's own 700 a tenth of the time went into looking."""


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code.

    Loading the libraries takes a moment, in which Ctrl-C must not show a traceback either.
    """
    gc.set_threshold(_MANY)
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
