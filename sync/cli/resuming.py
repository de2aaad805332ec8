"""`itemsync resume`, `undo` and `abandon`: going on with a run, going back on one, and giving one up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import agreed as confirmed
from sync.cli.asking import choose
from sync.cli.execution import agreed, consented, exit_code, finish, stoppable, tell_delivery
from sync.cli.options import AllowDeleteOption, ForceOption, JsonOption, ReportOption, RunArgument, YesOption, chosen
from sync.cli.usage import wrong
from sync.messages import say
from sync.service.resuming import ANSWERS

if TYPE_CHECKING:
    from sync.service.resuming import Answer
    from sync.service.run import Run

_WORDS: Mapping[str, Answer | None] = {
    "happened": "happened",
    "做成了": "happened",
    "not": "not",
    "没做成": "not",
    "skip": "skip",
    "说不清": "skip",
    "later": None,
    "以后再说": None,
}
"""What may be typed about an inventory change that got no answer; None: it is asked again later."""


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(resume)
    app.command()(undo)
    app.command()(abandon)


def resume(
    context: typer.Context,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE=happened|not|skip", help="help.answer"),
    ] = None,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """Finish the run that was cut off, and take a person's answers about what nobody could settle."""
    app: AppContext = context.obj
    answers = _answers(answer or [])
    with stoppable(app):
        resumed = app.shop.resume()
        for run in resumed.late:
            app.say(say("cli.run", run=run.id))
            tell_delivery(app, run.delivery)
        if resumed.run:
            document = resumed.run.streamed_results(shop=True)
            code = finish(app, resumed.run, report, document)
        else:
            code = _tell_late(app, resumed.late, answering=bool(answers))
    if not (resumed.run or answers or _asks(app)):
        for question in app.shop.questions().values():
            app.tell(question)
    answers = answers or _ask(app)
    if answers:
        app.shop.answer(answers)
        app.say(say("answer.taken", codes=", ".join(answers)))
        if json and not resumed.run:
            app.document({**app.shop.no_run(), "answers": dict(answers)})
    return code


def undo(
    context: typer.Context,
    run: RunArgument,
    only: Annotated[str | None, typer.Option(metavar="CODES|@FILE", help="help.undo.only")] = None,
    yes: YesOption = False,
    force: ForceOption = "",
    allow_delete: AllowDeleteOption = False,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """Reverse what a run did, as far as nobody changed it since."""
    app: AppContext = context.obj
    consent, codes = consented(force, delete=allow_delete), chosen(only, "--only") or frozenset()
    with app.shop.alone() if yes else nullcontext():
        planned = app.shop.undo(run, codes, delete=allow_delete)
        if not planned.rows:
            app.say(say("undo.nothing", run=run))
            if json:
                app.document(app.shop.no_run())
            return 0
        if not agreed(app, planned, consent, yes=yes):
            return 0
        with stoppable(app):
            return finish(app, app.shop.apply(planned, consent), report)


def abandon(context: typer.Context, run: RunArgument, yes: YesOption = False, json: JsonOption = False) -> int:
    """End a run that isn't finished where it stands; nothing is called."""
    from sync.cli.runs import print_run

    app: AppContext = context.obj
    summary = app.shop.summary_of(run)
    if summary.finished_at is None:
        question = say("abandon.question", run=run, sheet=summary.sheet_name, open=app.shop.open_rows(run))
        if not confirmed(app, question, yes=yes):
            return 0
    ended = app.shop.abandon(run)
    app.say(say("abandon.done", run=run))
    tell_delivery(app, ended.delivery)
    if json:
        app.document(ended.streamed_results())
    else:
        print_run(app, app.shop.summary_of(run), ended.results)
    return exit_code(ended, delivered=ended.delivered)


def _tell_late(app: AppContext, late: Sequence[Run], *, answering: bool) -> int:
    """Say what became of earlier results where nothing else is resumed; returns the exit code.

    `answering`: a person came to answer, and that is told.
    """
    newest = late[-1] if late else None
    if newest is None and not answering:
        app.say(say("cli.nothing_to_resume"))
    if app.json and not answering:
        app.document(newest.streamed_results(shop=True) if newest else app.shop.no_run())
    return max((exit_code(run, delivered=run.delivered) for run in late), default=0)


def _answers(given: list[str]) -> Mapping[str, Answer]:
    found: dict[str, Answer] = {}
    for one in given:
        code, _, word = one.rpartition("=")
        said = next((known for known in ANSWERS if known == word), None)
        if not code or said is None or any(f"={known}," in code + "," for known in ANSWERS):
            raise wrong(say("usage.answer", answers="|".join(ANSWERS), given=one))
        found[code] = said
    return found


def _asks(app: AppContext) -> bool:
    return app.interactive and not app.json


def _ask(app: AppContext) -> Mapping[str, Answer]:
    """Ask the person at the terminal about every inventory change that nobody could settle."""
    if not _asks(app):
        return {}
    answers: dict[str, Answer] = {}
    for code, question in app.shop.questions().items():
        app.tell(question)
        if said := choose(app, say("answer.choices"), _WORDS, default="later"):
            answers[code] = said
    return answers
