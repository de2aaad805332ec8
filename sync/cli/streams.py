"""Standard output and standard error for as long as a command runs: writing to them never fails.

A run that changes a shop must not break off because its reader has gone, or because a console can't show a sign.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EPIPE
from pathlib import Path
from typing import TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from sync.legible import legible_lines

_INSTEAD = dict(zip("¥•✓→—–−×“”‘’━╸─", "￥·√>---x\"\"''---", strict=True)) | {"…": "..."}
"""What a console that lacks a sign has instead. Any other sign that it lacks becomes a question mark."""


class Outlet(io.TextIOBase):
    """A text stream over another, such as a console or a pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost: OSError | ValueError | None = None
        """Why nothing can be written any more; None: it can."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's encoding."""
        return self._stream.encoding or "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """What becomes of a sign that the encoding lacks, where Python itself writes the prompt of a question."""
        return "replace"

    @property
    def reader_has_gone(self) -> bool:
        """Whether whoever read has seen enough, as `head` has."""
        return isinstance(self.lost, OSError) and self.lost.errno == EPIPE

    def write(self, text: str) -> int:
        """Write as much of `text` as the stream can show, or nothing if it is lost."""
        if self.lost is None:
            try:
                self._write(text)
            except (OSError, ValueError) as trouble:
                self.lost = trouble
        return len(text)

    def flush(self) -> None:
        """Let out what was written."""
        if self.lost is None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as trouble:
                self.lost = trouble

    def isatty(self) -> bool:
        """Whether a person is looking."""
        return self.lost is None and self._stream.isatty()

    def fileno(self) -> int:
        """The stream's own number; raises OSError where it has none."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always: what can't be written is dropped."""
        return True

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            self._stream.write(text.encode(self.encoding, _HANDLER).decode(self.encoding))


@contextmanager
def streams() -> Iterator[tuple[Outlet, Outlet]]:
    """Put outlets in the place of standard output and standard error, and yield them."""
    before = sys.stdout, sys.stderr
    # Python has none where the process was started with it closed; SQLite and Rich would then write to other files.
    outlets = tuple(Outlet(stream or Path(os.devnull).open("w", encoding="utf-8")) for stream in before)  # noqa: SIM115
    sys.stdout, sys.stderr = (cast(TextIO, outlet) for outlet in outlets)
    try:
        yield outlets[0], outlets[1]
    finally:
        for outlet in outlets:
            outlet.flush()
        sys.stdout, sys.stderr = before


class LegibleConsole(Console):
    """Rich's console for text that strangers wrote: it is never markup, and never takes hold of the terminal."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        super().__init__(file=stream, quiet=quiet, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """Yield Rich's segments with legible text; control codes that are Rich's own stay."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(legible_lines(segment.text), segment.style)


def _instead(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = (_instead_of(sign, error.encoding) for sign in error.object[error.start : error.end])
    return "".join(signs), error.end


def _instead_of(sign: str, encoding: str) -> str:
    other = _INSTEAD.get(sign, "?")
    return other if other.encode(encoding, "ignore") else "?"


_HANDLER = "itemsync.instead"
codecs.register_error(_HANDLER, _instead)
