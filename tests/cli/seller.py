"""A browser with a seller in front of it, as a process: `BROWSER="python -m tests.cli.seller %s"`.

Before it says yes, it writes down how every process of ours was started, as `ps` would show it to anybody.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from tests.gateway.authorizing import say_yes

LIST = Path("processes.txt")


def main() -> None:
    """Note the processes, and say yes on the page."""
    lines = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(place.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    LIST.write_text("\n".join(lines), encoding="utf-8")
    say_yes(sys.argv[1])


if __name__ == "__main__":
    main()
