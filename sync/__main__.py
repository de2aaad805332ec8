"""`python -m sync` is `itemsync`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and leave the process with its exit code.

    Loading the libraries takes a moment, in which Ctrl-C must not show a traceback either.
    """
    try:
        from sync.cli import run  # noqa: PLC0415

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
