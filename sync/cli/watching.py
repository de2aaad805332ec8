"""`itemsync watch`: the rules on a timer."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.execution import forced, stoppable
from sync.cli.exits import UNFINISHED
from sync.cli.options import ForceOption, SheetArgument, WorksheetOption
from sync.cli.ticks import Ticks, exit_of_tick
from sync.cli.usage import wrong
from sync.errors import Refusal
from sync.messages import say

_SOON = timedelta(minutes=5)
"""A lost network, or another's run, may be over long before the next tick, and what is due is late by then."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}

EveryOption = Annotated[str, typer.Option(metavar="TIME", help="help.every")]
OnceOption = Annotated[bool, typer.Option("--once", help="help.once")]
LinesOption = Annotated[bool, typer.Option("--json", help="help.json.lines")]


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(watch)


def watch(
    context: typer.Context,
    sheet: SheetArgument,
    worksheet: WorksheetOption = None,
    every: EveryOption = "5m",
    once: OnceOption = False,
    force: ForceOption = "",
    json: LinesOption = False,
) -> int:
    """Turn items on and off whenever what the rules ask changes; every other cell waits for apply.

    Nobody is asked: to start it is to agree. The guards stop it all the same, unless --force names them.
    """
    app: AppContext = context.obj
    pause, names = _pause(every), forced(force)
    if not sheet.exists():
        raise Refusal(say("sheet.missing", file=sheet))
    with _stoppable(app):
        watching = app.shop.watch(sheet, worksheet, names)
        ticks = Ticks(app, watching, json=json)
        if once:
            ended = watching.look()
            ticks.tell(ended, None)
            return exit_of_tick(ended)

        def tick() -> datetime:
            ended = watching.look()
            if ended.trouble:
                watching.hang_up()
            due = watching.due(min(pause, _SOON) if ended.may_pass else pause)
            ticks.tell(ended, due)
            return due

        ticks.begin(sheet, every)
        watching.keep(tick)
    return UNFINISHED if watching.left else 0


def _pause(every: str) -> timedelta:
    told = re.fullmatch(r"([1-9]\d{0,5})([smh])", every.strip())
    if told is None:
        raise wrong(say("usage.every"))
    return timedelta(**{_UNITS[told[2]]: int(told[1])})


@contextmanager
def _stoppable(app: AppContext) -> Iterator[None]:
    """Let SIGTERM, by which services are stopped, ask for a clean stop as Ctrl-C does."""
    with stoppable(app):
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
