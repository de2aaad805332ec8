"""The log of calls, for engineers: one JSON line for each time that a call left (`--log FILE`)."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock

from sync.atomic_files import PRIVATE, refuse_link
from sync.errors import Refusal
from sync.legible import to_json
from sync.messages import say


@dataclass(frozen=True)
class LogLine:
    """What became of a call, once. Neither its token nor what it says of the item."""

    time: str
    """When the answer, or its absence, was noticed: ISO 8601, UTC."""
    method: str
    item: str | None
    outcome: str
    """`done`, `refused`, `lost`, or `not sent` where the connection was never made."""
    seconds: float
    """From leaving to the answer."""
    attempt: int
    """1: for the first time."""
    batch: int
    """Calls in the same request."""
    code: str | None = None
    """The platform's, where it refused."""
    request_id: str | None = None


class CallLog:
    """Appends lines to a file. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        """Open `file`, for its owner alone if it is new; raises Refusal if that can't be done, or it is a link."""
        try:
            refuse_link(file)
            handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE)
            self._file = os.fdopen(handle, "a", encoding="utf-8")
        except OSError:
            raise Refusal(say("gateway.log", file=file)) from None
        self._lock = Lock()

    def write(self, line: LogLine) -> None:
        """Write a line down at once, so that it can be followed while a run goes on."""
        text = to_json(asdict(line)) + "\n"
        # A full disk must not stop a run half-way: what counts stands in the journal.
        with self._lock, suppress(OSError):
            self._file.write(text)
            self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):
            self._file.close()
