"""`itemsync resume`: going on with a run that was cut off, and answers about what nobody could settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.asking import choose
from sync.cli.carrying import ReportOption, exit_code, finish, put_into_file, stoppable
from sync.cli.desk import Desk
from sync.cli.options import JsonOption
from sync.cli.usage import wrong
from sync.messages import say
from sync.service.ownership import shop_document

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
    from sync.service.resuming import unfinished
    from sync.state.lock import only_one

    desk: Desk = context.obj
    answers = _answers(answer or [])
    with only_one(desk.store, desk.clock.now):
        run = unfinished(desk)
        late = _bring_late(desk)
        if run:
            code = _take_up(desk, run, report, json=json)
        else:
            code = _tell_late(desk, late, json=json, answering=bool(answers))
            if not answers and not _asks(desk):
                _tell_open(desk)
        answers = answers or _ask(desk)
        if answers:
            take(desk.store, answers, desk.clock.now())
            desk.say(say("answer.taken", codes=", ".join(answers)))
            if json and not run:
                desk.document({"run": None, "rows": [], "answers": dict(answers)})
    return code


def _take_up(desk: Desk, run: RunRecord, report: Path | None, *, json: bool) -> int:
    """Bring a run to its end as if it had never been cut off: bar, sheet, report, what needs a person."""
    from sync.apply.run import plan_of_run
    from sync.plan.document import result_document
    from sync.service.resuming import take_up

    sheet = Path(run.sheet)
    with stoppable(desk):
        done = take_up(desk, run)
        written = put_into_file(desk, sheet, done)
        rows = [result_document(result, desk.language) for result in done.results] if json else []
        document = {"shop": shop_document(desk), "run": done.run, "rows": rows}
        whole = plan_of_run(desk.store, done.run)
        return finish(desk, whole, done, report, sheet.name, written=written, document=document)


def _bring_late(desk: Desk) -> Sequence[tuple[RunReport, int]]:
    """Put into their sheets what earlier runs left behind; returns each with its exit code, the oldest first."""
    from sync.apply.run import RunReport, results_of

    late = []
    for run, codes in desk.store.left_behind().items():
        sheet = Path(desk.store.run(run).sheet)
        # Last year's sheet may be anywhere by now.
        if sheet.exists():
            results = tuple(one for one in results_of(desk.store, run) if one.outer_id in codes)
            report = RunReport(run, results, finished=True)
            desk.say(say("cli.run", run=run))
            late.append((report, exit_code(report, written=put_into_file(desk, sheet, report))))
    return late


def _tell_late(desk: Desk, late: Sequence[tuple[RunReport, int]], *, json: bool, answering: bool) -> int:
    """Say what became of them where nothing else is resumed; returns the exit code.

    `answering`: a person came to answer, and that is told.
    """
    from sync.plan.document import result_document

    report = late[-1][0] if late else None
    if report is None and not answering:
        desk.say(say("cli.nothing_to_resume"))
    if json and not answering:
        rows = [result_document(result, desk.language) for result in report.results] if report else []
        shop = {"shop": shop_document(desk)} if report else {}
        desk.document({**shop, "run": report.run if report else None, "rows": rows})
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


def _asks(desk: Desk) -> bool:
    return desk.interactive and not desk.json


def _tell_open(desk: Desk) -> None:
    from sync.apply.answers import questions

    for question in questions(desk.store).values():
        desk.tell(question)


def _ask(desk: Desk) -> Mapping[str, Answer]:
    """Ask the person at the terminal about every inventory change that nobody could settle."""
    from sync.apply.answers import questions

    if not _asks(desk):
        return {}
    answers: dict[str, Answer] = {}
    for code, question in questions(desk.store).items():
        desk.tell(question)
        if said := choose(desk, say("answer.choices"), _WORDS, default="later"):
            answers[code] = said
    return answers
