"""What every command has at hand: the shop that its options name, and the terminal that it speaks to."""

from __future__ import annotations

import codecs
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from sync.cli.exits import exit_of, names_of, worded
from sync.cli.streams import LegibleConsole
from sync.errors import GuardTripped, Refusal
from sync.legible import json_parts, legible_lines
from sync.messages import Language, Worded, say
from sync.service.events import Event, Listener, Progressed, Warned

if TYPE_CHECKING:
    from sync.cli.progress_bar import ProgressBar
    from sync.service.context import Context
    from sync.service.shop import Shop


@dataclass
class AppContext:
    """One invocation of the command line."""

    profile_name: str | None = None
    config_file: Path | None = None
    state: str | None = None
    lang: Language | None = None
    log: Path | None = None
    json: bool = False
    debug: bool = False
    plan_beside: Callable[[], Mapping[str, object]] | None = None
    """Makes the plan's JSON, to be printed beside the reason why it wasn't applied."""

    @cached_property
    def shop(self) -> Shop:
        """The shop that the options name."""
        from sync.service.shop import Shop

        return Shop(self._context)

    @cached_property
    def _context(self) -> Context:
        """What the shop works with; a page of help asks it for the language, and needs no shop."""
        from sync.service.context import Context

        return Context(
            self.profile_name, self.config_file, self.state, self.lang, self.log, on_event=self._show_event
        )

    def another_shop(self, on_event: Listener) -> Shop:
        """Return the shop that the options name once more, for another thread; its events go to `on_event`."""
        from sync.service.context import Context
        from sync.service.shop import Shop

        options = (self.profile_name, self.config_file, self.state, self.lang, self.log)
        return Shop(Context(*options, on_event=on_event))

    @cached_property
    def out(self) -> Console:
        """Standard output; with `--json`, nobody may write there but `document`."""
        return LegibleConsole(sys.stdout, quiet=self.json)

    @cached_property
    def err(self) -> Console:
        """Standard error: progress, questions, warnings."""
        return LegibleConsole(sys.stderr)

    @property
    def language(self) -> Language:
        """The language of what is said; raises Refusal where the profile is wrong that may name one."""
        return self._context.language

    @property
    def safe_language(self) -> Language:
        """The language, even where the profile itself is what is wrong."""
        return self._context.safe_language

    @property
    def now(self) -> datetime:
        """The time on the shop's clock."""
        from sync.item import SHOP_TIME

        return self._context.clock.now().astimezone(SHOP_TIME)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

    def tell(self, message: Worded) -> None:
        """Say something beside the output."""
        self.err.print(legible_lines(message.words(self.safe_language)), soft_wrap=True)

    def say(self, message: Worded) -> None:
        """Say something as part of the output; nothing with `--json`."""
        self.out.print(legible_lines(message.words(self.safe_language)), soft_wrap=True)

    def document(self, document: Mapping[str, object]) -> None:
        """Write the command's one JSON document."""
        self.write_json(document, indent=2)

    def write_json(self, value: object, indent: int | None = None) -> None:
        """Write `value` to standard output as JSON; what the stream can't show is escaped, and nothing is lost."""
        # UTF-8 has every sign that isn't escaped anyway; the parts of another encoding are looked at first.
        encoding = codecs.lookup(sys.stdout.encoding).name
        ascii_only = encoding != "utf-8" and not all(_can_show(encoding, part) for part in json_parts(value, indent))
        for part in json_parts(value, indent, ascii_only=ascii_only):
            sys.stdout.write(part)
        sys.stdout.write("\n")
        sys.stdout.flush()

    def refuse(self, refusal: Refusal) -> int:
        """Say why the command ends here: a sentence, or with `--json` a document. Returns the exit code."""
        message = worded(refusal)
        if self.json:
            error = {"code": message.code, "message": message.words(self.safe_language)}
            self.document({"error": error, **({"plan": self.plan_beside()} if self.plan_beside else {})})
        elif isinstance(refusal, GuardTripped):
            # The preview has just given the reasons one by one.
            self.tell(say("cli.guarded.shown", names=names_of(refusal)))
        else:
            self.tell(message)
        return exit_of(refusal)

    def tell_defect(self, error: Exception) -> None:
        """Say that the program itself went wrong, while it goes on; with `--debug`, where."""
        if self.debug:
            traceback.print_exception(error)
        self.tell(say("cli.bug", kind=type(error).__name__))

    def close(self) -> None:
        """Let go of what was opened."""
        self._context.close()

    @cached_property
    def _bar(self) -> ProgressBar:
        from sync.cli.progress_bar import ProgressBar

        return ProgressBar(self.err, self.language)

    def _show_event(self, event: Event) -> None:
        if isinstance(event, Warned):
            self.tell(event.message)
        elif isinstance(event, Progressed) and self.err.is_terminal and not self.json:
            self._bar.follow(event)


def _can_show(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
