"""`itemsync resume`: going on with a run that was cut off, and answers about what nobody could settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import choose
from sync.cli.execution import ReportOption, exit_code, finish, put_into_file, stoppable
from sync.cli.options import JsonOption
from sync.cli.usage import wrong
from sync.messages import say
from sync.service.shop_identity import shop_document

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.state.answers import Answer
    from sync.state.store import RunRecord


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
    from sync.apply.answers import answer as take
    from sync.plan.document import run_document
    from sync.service.resuming import unfinished
    from sync.state.lock import only_one

    app: AppContext = context.obj
    answers = _answers(answer or [])
    with only_one(app.store, app.clock.now):
        run = unfinished(app)
        late = _bring_late(app)
        if run:
            code = _take_up(app, run, report, json=json)
        else:
            code = _tell_late(app, late, json=json, answering=bool(answers))
            if not answers and not _asks(app):
                _tell_open(app)
        answers = answers or _ask(app)
        if answers:
            take(app.store, answers, app.clock.now())
            app.say(say("answer.taken", codes=", ".join(answers)))
            if json and not run:
                app.document({**run_document(None, (), app.language), "answers": dict(answers)})
    return code


def _take_up(app: AppContext, run: RunRecord, report: Path | None, *, json: bool) -> int:
    """Bring a run to its end as if it had never been cut off: bar, sheet, report, what needs a person."""
    from sync.apply.run import plan_of_run
    from sync.plan.document import run_document
    from sync.service.resuming import take_up

    sheet = Path(run.sheet)
    with stoppable(app):
        done = take_up(app, run)
        written = put_into_file(app, sheet, done)
        document = run_document(done.run, done.results if json else (), app.language, shop=shop_document(app))
        whole = plan_of_run(app.store, done.run)
        return finish(app, whole, done, report, sheet.name, written=written, document=document)


def _bring_late(app: AppContext) -> Sequence[tuple[RunReport, int]]:
    """Put into their sheets what earlier runs left behind; returns each with its exit code, the oldest first."""
    from sync.apply.run import RunReport, results_of

    late = []
    for run, codes in app.store.left_behind().items():
        sheet = Path(app.store.run(run).sheet)
        # Last year's sheet may be anywhere by now.
        if sheet.exists():
            results = tuple(one for one in results_of(app.store, run) if one.outer_id in codes)
            report = RunReport(run, results, finished=True)
            app.say(say("cli.run", run=run))
            late.append((report, exit_code(report, written=put_into_file(app, sheet, report))))
    return late


def _tell_late(app: AppContext, late: Sequence[tuple[RunReport, int]], *, json: bool, answering: bool) -> int:
    """Say what became of them where nothing else is resumed; returns the exit code.

    `answering`: a person came to answer, and that is told.
    """
    from sync.plan.document import run_document

    report = late[-1][0] if late else None
    if report is None and not answering:
        app.say(say("cli.nothing_to_resume"))
    if json and not answering:
        if report:
            app.document(run_document(report.run, report.results, app.language, shop=shop_document(app)))
        else:
            app.document(run_document(None, (), app.language))
    return max((code for _, code in late), default=0)


def _answers(given: list[str]) -> Mapping[str, Answer]:
    from sync.apply.answers import ANSWERS

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


def _tell_open(app: AppContext) -> None:
    from sync.apply.answers import questions

    for question in questions(app.store).values():
        app.tell(question)


def _ask(app: AppContext) -> Mapping[str, Answer]:
    """Ask the person at the terminal about every inventory change that nobody could settle."""
    from sync.apply.answers import questions

    if not _asks(app):
        return {}
    answers: dict[str, Answer] = {}
    for code, question in questions(app.store).items():
        app.tell(question)
        if said := choose(app, say("answer.choices"), _WORDS, default="later"):
            answers[code] = said
    return answers
