"""How much memory a process has taken."""

from __future__ import annotations

import re
import resource
from pathlib import Path


def peak() -> float:
    """Return the most memory that this process has had, in megabytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    # Linux's `ru_maxrss` is handed down: a small child of a large process would count as large.
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    return int(found[1]) / 1024 if found else 0.0
