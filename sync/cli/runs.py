"""`itemsync history` and `show`: what was done, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.call import Result, RowResult
from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption
from sync.messages import Clauses, Message, say

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.report.terminal import RunLine
    from sync.state.store import RunRecord


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(history)
    app.command()(show)


def history(context: typer.Context, json: JsonOption = False) -> None:
    """List the runs, the newest first."""
    from sync.report import terminal

    app: AppContext = context.obj
    runs = app.store.runs()
    if json:
        app.document({"runs": [_document(run, runs) for run in runs]})
    terminal.history([_line(run, runs) for run in runs], app.language, app.out)


def show(
    context: typer.Context,
    run: Annotated[int, typer.Argument(metavar="RUN", help="help.run")],
    write: Annotated[Path | None, typer.Option(metavar="SHEET", help="help.write")] = None,
    json: JsonOption = False,
) -> int:
    """Show what one run did, row by row."""
    from sync.cli.execution import put_into_file
    from sync.state.lock import only_one

    app: AppContext = context.obj
    if write is None:
        _show(app, run, json=json)
        return 0
    # A run that goes on meanwhile would remember what this one takes for the past.
    with only_one(app.store, app.clock.now):
        report = _show(app, run, json=json)
        return 0 if put_into_file(app, write, report) else 1


def _show(app: AppContext, run: int, *, json: bool) -> RunReport:
    from sync.apply.run import RunReport, results_of
    from sync.plan.document import run_document

    record = app.store.run(run)
    results = results_of(app.store, run)
    if json:
        app.document(run_document(run, results, app.language, more=_document(record, app.store.runs())))
    else:
        print_run(app, record, results)
    return RunReport(run, results, finished=record.finished_at is not None)


def print_run(app: AppContext, record: RunRecord, results: Sequence[RowResult]) -> None:
    """Print one run."""
    from sync.report import terminal

    terminal.run(_line(record, app.store.runs()), results, app.language, app.out)


def _undone_by(run: RunRecord, runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Return the runs that took back what `run` did, or a part of it; the oldest first."""
    undos = (one for one in runs if one.undoes == run.id and one.results.get(Result.DONE))
    return sorted(undos, key=lambda one: one.id)


def _undone(run: RunRecord, by: RunRecord) -> Message:
    whole = by.results.get(Result.DONE, 0) >= run.results.get(Result.DONE, 0)
    return say("run.undone" if whole else "run.undone.part", run=by.id)


def _line(run: RunRecord, runs: Iterable[RunRecord]) -> RunLine:
    from sync.report.terminal import RunLine

    state = say("run.state.finished") if run.finished_at else say("run.state.unfinished")
    undoes = (say("run.undoes", run=run.undoes),) if run.undoes else ()
    undone = tuple(_undone(run, one) for one in _undone_by(run, runs))
    return RunLine(run.id, run.started_at, Path(run.sheet).name, Clauses((state, *undoes, *undone)), run.results)


def _document(run: RunRecord, runs: Iterable[RunRecord]) -> dict[str, object]:
    return {
        "run": run.id,
        "sheet": run.sheet,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "undoes": run.undoes,
        "undone_by": [one.id for one in _undone_by(run, runs)],
        "results": {result.value: count for result, count in run.results.items()},
    }
