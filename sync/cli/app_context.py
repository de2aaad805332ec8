"""What every command has at hand: the context of its job, and where words go."""

from __future__ import annotations

import json as json_module
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rich.console import Console

from sync.cli.exits import exit_of, names_of, worded
from sync.cli.streams import LegibleConsole
from sync.errors import GuardTripped, Refusal
from sync.legible import legible_lines, to_json
from sync.messages import Message, Worded, say
from sync.service.context import Context

if TYPE_CHECKING:
    from sync.gateway.channel import Progress


@dataclass
class AppContext(Context):
    """One invocation of the command line."""

    json: bool = False
    debug: bool = False
    plan_beside: Mapping[str, object] | None = None
    """The plan's JSON, to be printed beside the reason why it wasn't applied."""

    @cached_property
    def out(self) -> Console:
        """Standard output; with `--json`, nobody may write there but `document`."""
        return LegibleConsole(sys.stdout, quiet=self.json)

    @cached_property
    def err(self) -> Console:
        """Standard error: progress, questions, warnings."""
        return LegibleConsole(sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def tell(self, message: Worded) -> None:
        """Say something beside the output, in the terminal's language."""
        self.err.print(legible_lines(message.words(self.safe_language)), soft_wrap=True)

    def say(self, message: Worded) -> None:
        """Say something as part of the output; nothing with `--json`."""
        self.out.print(legible_lines(message.words(self.safe_language)), soft_wrap=True)

    def document(self, document: Mapping[str, object]) -> None:
        """Write the command's one JSON document."""
        self.write_json(document, indent=2)

    def write_json(self, value: object, indent: int | None = None) -> None:
        """Write `value` to standard output as JSON; what the stream can't show is escaped, and nothing is lost."""
        text = to_json(value, indent) + "\n"
        try:
            text.encode(sys.stdout.encoding)
        except UnicodeEncodeError:
            text = json_module.dumps(value, indent=indent) + "\n"
        sys.stdout.write(text)
        sys.stdout.flush()

    def refuse(self, refusal: Refusal) -> int:
        """Say why the command ends here: a sentence, or with `--json` a document. Returns the exit code."""
        message = worded(refusal)
        if self.json:
            error = {"code": message.code, "message": message.words(self.safe_language)}
            self.document({"error": error, **({"plan": self.plan_beside} if self.plan_beside else {})})
        elif isinstance(refusal, GuardTripped):
            # The preview has just given the reasons one by one.
            self.tell(say("cli.guarded.shown", names=names_of(refusal)))
        else:
            self.tell(message)
        return exit_of(refusal)

    @contextmanager
    def progress(self, what: Message, total: int) -> Iterator[Progress]:
        """Show a bar with the rate and the time left, on a terminal; yields what is told of ended calls."""
        if total == 0 or self.json or not self.err.is_terminal:
            yield lambda _: None
            return
        from sync.cli.progress_bar import bar

        lock = threading.Lock()
        with bar(self.err) as shown:
            task = shown.add_task(what.words(self.language), total=total)

            def advance(calls: int) -> None:
                with lock:
                    shown.advance(task, calls)
                    # Looking after a call that got lost takes calls that nobody foresaw.
                    made = shown.tasks[task].completed
                    shown.update(task, total=max(made, shown.tasks[task].total or 0))

            yield advance
