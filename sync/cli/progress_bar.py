"""The progress bar: how far, how fast, how long still."""

from __future__ import annotations

import threading

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from sync.messages import Language, say
from sync.service.events import Progressed, Reading


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Calls a second."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "", style="dim")


class ProgressBar:
    """A bar that follows calls, and is gone when they are made. Safe to use from several threads."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._language = language
        self._shown: Progress | None = None
        self._lock = threading.Lock()

    def follow(self, event: Progressed) -> None:
        """Show how far the calls are."""
        with self._lock:
            if event.ended:
                self._stop()
                return
            shown = self._shown or self._start(event)
            # Looking after a call that got lost takes calls that nobody foresaw.
            shown.update(shown.task_ids[0], completed=event.done, total=max(event.done, event.total))

    def _start(self, event: Progressed) -> Progress:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
        )
        self._shown = Progress(*columns, console=self._console, transient=True)
        self._shown.start()
        code = "progress.reading" if isinstance(event, Reading) else "progress.applying"
        self._shown.add_task(say(code).words(self._language), total=event.total)
        return self._shown

    def _stop(self) -> None:
        if self._shown:
            self._shown.stop()
        self._shown = None
