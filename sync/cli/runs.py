"""`itemsync history`, `show` and `item`: what was done, and when."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.call import RowResult
from sync.cli.app_context import AppContext
from sync.cli.execution import tell_delivery
from sync.cli.options import CsvOption, JsonOption, ParquetOption, RunArgument, exported, spare_sheets
from sync.item import clock_text
from sync.messages import Message, clauses, say, sentences
from sync.sheet_id import file_name

if TYPE_CHECKING:
    from sync.report.terminal import RunLine
    from sync.service.history import ItemStory, RunSummary


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(history)
    app.command()(show)
    app.command()(item)


def history(context: typer.Context, json: JsonOption = False) -> None:
    """List the runs, the newest first."""
    from sync.report import terminal

    app: AppContext = context.obj
    runs = app.shop.history()
    if json:
        app.document({"runs": [run.document() for run in runs]})
    terminal.history([_line(run) for run in runs], app.language, app.out)


def show(
    context: typer.Context,
    run: RunArgument,
    write: Annotated[Path | None, typer.Option(metavar="SHEET", help="help.write")] = None,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    json: JsonOption = False,
) -> int:
    """Show what one run did, row by row."""
    app: AppContext = context.obj
    with app.shop.alone() if write else nullcontext():
        done, summary = app.shop.run(run), app.shop.summary_of(run)
        spare_sheets((csv, parquet), done.sheet)
        if json:
            app.document(done.streamed_results(more=summary.document()))
        else:
            print_run(app, summary, done.results)
        for file in exported(done, csv, parquet):
            app.tell(say("cli.saved", file=file))
        if write is None:
            return 0
        delivery = app.shop.deliver(run, write)
        tell_delivery(app, delivery)
        return 0 if delivery.reached else 1


def item(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="help.code", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Show what state remembers of one item, and what every run did to it; nothing is called."""
    app: AppContext = context.obj
    story = app.shop.item(code.strip())
    if json:
        app.document(story.document(app.language))
        return
    for each in (story, *story.skus):
        _print_story(app, each)


def _print_story(app: AppContext, story: ItemStory) -> None:
    known = story.known
    app.say(say("item.known", code=story.name, id=(known.item_id if known else None) or "-"))
    if known and known.deleted:
        app.say(say("item.was_deleted"))
    if story.question:
        app.say(story.question)
    if known:
        _print_fields(app, story)
    for run, result in story.runs:
        at, sheet, note = clock_text(run.started_at), file_name(run.sheet), sentences(result.story)
        app.say(say("item.run", run=run.id, at=at, sheet=sheet, result=result.result, note=note))


def print_run(app: AppContext, summary: RunSummary, results: Sequence[RowResult]) -> None:
    """Print one run."""
    from sync.report import terminal

    terminal.run(_line(summary), results, app.language, app.out)


def _line(run: RunSummary) -> RunLine:
    from sync.report.terminal import RunLine

    state = (say(f"run.state.{run.state}"), *((say("run.undoes", run=run.undoes),) if run.undoes else ()))
    undone = tuple(_undone(run, by) for by in run.undone_by)
    return RunLine(run.id, run.started_at, run.sheet_name, clauses((*state, *undone)), run.results)


def _undone(run: RunSummary, by: int) -> Message:
    return say("run.undone" if by in run.undone_wholly else "run.undone.part", run=by)


def _print_fields(app: AppContext, story: ItemStory) -> None:
    from rich.text import Text

    from sync.fields import path_words
    from sync.report.table import plain_table
    from sync.report.words import value_words

    lines = plain_table(app.out.width)
    for name in ("field", "cell", "held", "from"):
        lines.add_column(say(f"item.column.{name}").words(app.language), overflow="fold")
    for field in story.fields():
        lines.add_row(
            Text(path_words(field.path, app.language)),
            Text(value_words(field.path, field.cell, app.language) if field.at else ""),
            Text(value_words(field.path, field.remote, app.language)),
            Text(f"{field.file} {clock_text(field.at)}" if field.at else ""),
        )
    app.out.print(lines, "")
