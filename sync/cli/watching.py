"""`itemsync watch`: the rules on a timer."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.carrying import ForceOption, forced, stoppable
from sync.cli.desk import Desk
from sync.cli.options import SheetArgument, WorksheetOption
from sync.cli.usage import wrong
from sync.messages import Exit, Refusal, say
from sync.service.ownership import adopt, refuse_another

if TYPE_CHECKING:
    from sync.apply.run import Workplace
    from sync.apply.watch import Order
    from sync.cli.ticks import Round
    from sync.plan.rules import Rules
    from sync.sheet.read import Sheet
    from sync.sheet.saved import Version

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
    from sync.apply.rest import keep_ticking
    from sync.cli.ticks import Ticks

    desk: Desk = context.obj
    pause, names = _pause(every), forced(force)
    if not sheet.exists():
        raise Refusal(say("sheet.missing", file=sheet))
    ticks = Ticks(desk, json=json)
    with _stoppable(desk):
        watching = _Watching(desk, sheet, worksheet, names)
        if once:
            ended = watching.look()
            ticks.tell(ended, None)
            return ended.exit_code

        def tick() -> datetime:
            ended = watching.look()
            if ended.trouble:
                desk.hang_up()
            due = watching.due(min(pause, _SOON) if ended.may_pass else pause)
            ticks.tell(ended, due)
            return due

        ticks.begin(sheet, every)
        keep_ticking(tick, desk.clock, desk.stop)
    return watching.end()


def _pause(every: str) -> timedelta:
    told = re.fullmatch(r"([1-9]\d{0,5})([smh])", every.strip())
    if told is None:
        raise wrong(say("usage.every"))
    return timedelta(**{_UNITS[told[2]]: int(told[1])})


@contextmanager
def _stoppable(desk: Desk) -> Iterator[None]:
    """Let SIGTERM, by which services are stopped, ask for a clean stop as Ctrl-C does."""
    with stoppable(desk):
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)


class _Watching:
    """One sheet under watch: as it was last read, and what its rules were then."""

    def __init__(self, desk: Desk, file: Path, worksheet: str | None, names: Sequence[str]) -> None:
        """Raises Refusal for what is wrong with the settings: it would be so at every tick."""
        self._desk = desk
        self._file = file
        self._worksheet = worksheet
        self._names = names
        self._sheet: Sheet | None = None
        self._version: Version | None = None
        self._unread: Refusal | None = None
        self._rules: Rules | None = None
        desk.profile.require_gateway()
        refuse_another(desk)
        _ = desk.channel

    def look(self) -> Round:
        """Make one tick. What stands in its way is told with what came of it, and never raised."""
        from sqlalchemy.exc import SQLAlchemyError

        from sync.apply.watch import Watch
        from sync.cli.ticks import Round
        from sync.service.rules import rules_for
        from sync.state.trouble import trouble
        from sync.synonyms import told

        ended = Round(self._desk.clock.now())
        try:
            sheet = self._latest()
            ended = replace(ended, unread=self._unread, ignored=told(sheet.ignored))
            watch = Watch(self._order(sheet), self._desk.store, self._place)
            ended = replace(ended, taken_up=watch.take_up())
            if ended.cut_off:
                return ended
            # Once for each reading, because it tells what is odd about them.
            self._rules = replace(self._rules or rules_for(self._desk, sheet), now=ended.at)
            ended = replace(ended, tick=watch.tick(sheet.rows, self._rules))
            if ended.tick.reads:
                adopt(self._desk)
            return ended
        except Refusal as refusal:
            return replace(ended, refusal=refusal)
        except SQLAlchemyError as error:
            if of_state := trouble(error):
                return replace(ended, refusal=Refusal(of_state, Exit.UNFINISHED))
            raise

    def due(self, pause: timedelta) -> datetime:
        """Return when the next tick is due: after a pause, or when the time of a rule comes before that."""
        from sync.plan.watch import next_flip

        due = self._desk.clock.now() + pause
        flip = next_flip(self._sheet.rows, self._rules) if self._sheet and self._rules else None
        return min(due, flip or due)

    def end(self) -> int:
        """Return the exit code of a watch that was stopped: 0, unless the stop left calls to be taken up."""
        left = self._desk.store.unfinished()
        return Exit.UNFINISHED.number if left and left.watch else 0

    def _latest(self) -> Sheet:
        """Return the sheet, while it can't be read as it last was; raises Refusal if it never was."""
        from sync.sheet.saved import version

        found = version(self._file)
        if self._sheet and found == self._version:
            return self._sheet
        try:
            self._sheet = self._read()
        except Refusal as refusal:
            if self._sheet is None:
                raise
            self._unread = refusal
            return self._sheet
        self._version, self._unread, self._rules = found, None, None
        return self._sheet

    def _read(self) -> Sheet:
        """Read the worksheet that was read last; next week's may have another name, and then it is found anew."""
        from sync.cli.choosing import choosing
        from sync.service.reading import read

        if self._sheet is None:
            return choosing(self._desk, self._worksheet, lambda chosen: read(self._desk, self._file, chosen))
        try:
            return read(self._desk, self._file, self._sheet.layout.sheet)
        except Refusal as refusal:
            if self._worksheet or refusal.message.code != "sheet.no_such":
                raise
        return read(self._desk, self._file, None)

    def _order(self, sheet: Sheet) -> Order:
        from sync.apply.watch import Order

        profile = self._desk.profile
        limits = profile.guards.limits()
        return Order(self._file.resolve(), sheet.layout.sheet, limits, self._names, profile.abilities)

    @contextmanager
    def _place(self) -> Iterator[Workplace]:
        from sync.service.credentials import make_ready
        from sync.service.running import workplace

        # Somebody may have logged in for another seller since.
        refuse_another(self._desk)
        make_ready(self._desk, len(self._sheet.rows) if self._sheet else 0, writes=True)
        with workplace(self._desk, 0) as place:
            yield place
