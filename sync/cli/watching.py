"""`itemsync watch`: the rules on a timer, a line a tick, and every trouble once."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from sync.call import Result, RowResult
from sync.cli.app_context import AppContext
from sync.cli.execution import TROUBLE, exit_code, forced, stoppable
from sync.cli.exits import UNFINISHED, exit_of, worded
from sync.cli.options import ForceOption, SheetArgument, WorksheetOption
from sync.cli.usage import wrong
from sync.errors import Refusal
from sync.fields import PRICE, STATUS
from sync.item import clock_text
from sync.messages import Joined, Message, Worded, clauses, listed, say, sentences
from sync.service.watching import Round, RowPlan, Watching
from sync.values import Shown

AT_MOST = 3
"""Changes that a line tells."""
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
    drift: Annotated[bool, typer.Option("--drift", help="help.drift")] = False,
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
        watching = app.shop.watch(sheet, worksheet, names, drift=drift)
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


def exit_of_tick(ended: Round) -> int:
    """Return the exit code of a single tick (docs/reference/exit-codes.md)."""
    if ended.trouble:
        return exit_of(ended.trouble)
    runs = [run for run in (ended.taken_up, ended.tick.done) if run]
    return max([int(bool(ended.held)), *(exit_code(run, delivered=True) for run in runs)])


class Ticks:
    """Tells of ticks, with `json` as lines of JSON on standard output."""

    def __init__(self, app: AppContext, watching: Watching, *, json: bool) -> None:
        self._app = app
        self._watching = watching
        self._json = json
        self._told: dict[str, frozenset[str]] = {}
        self._in_vain = 0

    def begin(self, sheet: Path, every: str) -> None:
        """Say that the watch begins."""
        self._app.tell(say("watch.began", shop=self._app.shop.name, sheet=sheet.name, every=every))

    def tell(self, ended: Round, due: datetime | None) -> None:
        """Tell of a tick; `due` is when the next comes, None: this was the only one."""
        if due:
            # A single tick is cron's: nobody wants that in a mail every five minutes.
            self._once("ignored", ended.ignored)
        self._tell_troubles(ended)
        self._in_vain = self._in_vain + 1 if ended.trouble else 0
        if self._json:
            error = worded(ended.trouble) if ended.trouble else None
            self._app.write_json(self._watching.document(ended, due, error))
        else:
            self._app.say(self._line(ended, due))
            sys.stdout.flush()

    def _tell_troubles(self, ended: Round) -> None:
        """Tell of each trouble once, as long as it lasts; and again when it is another."""
        self._once("unread", [say("watch.unread", reason=ended.unread.message)] if ended.unread else [])
        trouble = ended.trouble
        if self._told.get("trouble") and not trouble:
            self._app.tell(say("watch.again"))
        # A guard's reason counts rows: whoever has looked at one plan hasn't looked at another of as many.
        asked = [(row.row.outer_id, row.calls) for row in ended.tick.plan.rows] if ended.tick.plan else []
        self._once("trouble", [worded(trouble)] if trouble else [], beside=str(asked))
        self._once("held", [_of_row(one.row.outer_id, one.row.number, one.problem.told()) for one in ended.held])
        self._once("by hand", [message for row in ended.tick.by_hand for message in _by_hand(row)])
        if ended.drifted:
            codes = listed(ended.drifted[:AT_MOST])
            self._app.tell(say("watch.drift", count=len(ended.drifted), codes=codes))
        for result in _results(ended):
            if result.result in TROUBLE and result.story:
                self._app.tell(_of_row(result.outer_id, result.row, sentences(result.story)))

    def _once(self, subject: str, news: Sequence[Message], beside: str = "") -> None:
        """Tell what wasn't so at the last tick; `beside`: what makes the same words another trouble."""
        told = {message.words("en") + beside: message for message in news}
        before = self._told.get(subject, frozenset())
        for key, message in told.items():
            if key not in before:
                self._app.tell(message)
        self._told[subject] = frozenset(told)

    def _line(self, ended: Round, due: datetime | None) -> Message:
        told = sentences(tuple(self._happened(ended)))
        at = clock_text(ended.at, seconds=True)
        if due is None:
            return say("watch.last_line", at=at, told=told)
        return say("watch.line", at=at, told=told, due=clock_text(due, seconds=True))

    def _happened(self, ended: Round) -> Iterator[Message]:
        tick = ended.tick
        if ended.taken_up and ended.taken_up.finished:
            yield say("watch.taken_up", run=ended.taken_up.run)
        if ended.rests:
            yield say("watch.rests", name=ended.rests.name, until=f"{ended.rests.until:%Y-%m-%d %H:%M}")
        elif tick.done:
            yield say("watch.acted", run=tick.done.run, changes=_changes(ended))
        elif ended.trouble:
            yield say("watch.in_vain", times=self._in_vain)
        elif ended.so_already:
            yield say("watch.so_already", rows=tick.rows, reads=tick.reads, changed=ended.so_already)
        else:
            yield say("watch.quiet", rows=tick.rows, reads=tick.reads)


def _results(ended: Round) -> tuple[RowResult, ...]:
    runs = (run for run in (ended.taken_up, ended.tick.done) if run)
    return tuple(result for run in runs for result in run.results)


def _of_row(code: str, number: int, reason: Worded) -> Message:
    return say("watch.row", code=code or "-", row=number, reason=reason)


def _by_hand(row: RowPlan) -> Iterator[Message]:
    code, held, ruling = row.row.outer_id, row.remote.get(STATUS), row.ruling
    if ruling and held != ruling.status:
        yield say("watch.by_hand", code=code, now=Shown(STATUS, held), status=ruling.status, by=ruling.by)
    for problem in row.problems:
        if problem.code == "window.by_hand":
            yield _of_row(code, row.row.number, problem.told())


def _changes_of(row: RowPlan, result: Result | None) -> Iterator[Message]:
    code = row.row.outer_id
    for change in row.changes:
        if change.path == PRICE:
            yield say("watch.price", code=code, price=Shown(PRICE, change.after), result=result)
        elif row.ruling:
            yield say("watch.change", code=code, status=row.ruling.status, by=row.ruling.by, result=result)


def _changes(ended: Round) -> Joined:
    """Say the first changes of a run, each with its rule and its result."""
    done, acting = ended.tick.done, ended.acting
    results = {result.row: result.result for result in done.results} if done else {}
    told = tuple(message for row in acting[:AT_MOST] for message in _changes_of(row, results.get(row.row.number)))
    more = (say("watch.more", count=len(acting)),) if len(acting) > AT_MOST else ()
    return clauses((*told, *more))
