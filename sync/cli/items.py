"""`itemsync item`: everything that is known of one item."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption
from sync.errors import Refusal
from sync.messages import Message, say

if TYPE_CHECKING:
    from sync.call import RowResult
    from sync.item import Baseline
    from sync.state.store import RunRecord


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(item)


def item(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="help.code", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Show what state remembers of one item, and what every run did to it; nothing is called."""
    app: AppContext = context.obj
    code = code.strip()
    known = app.store.baselines()
    runs = list(_runs(app, code))
    if code not in known and not runs:
        near = get_close_matches(code, known, n=3)
        if near:
            raise Refusal(say("item.unheard.near", code=code, near=" / ".join(near)))
        raise Refusal(say("item.unheard", code=code))
    baseline = known.get(code)
    if json:
        app.document(_document(app, code, baseline, runs))
        return
    for message in _facts(code, baseline):
        app.say(message)
    if baseline:
        _fields(app, baseline)
    for run, result in runs:
        app.say(_line(app, run, result))


def _runs(app: AppContext, code: str) -> Iterator[tuple[RunRecord, RowResult]]:
    from sync.apply.run import result_of
    from sync.state.item_history import rows_of

    return ((run, result_of(app.store, run.id, row)) for run, row in rows_of(app.store, code))


def _facts(code: str, known: Baseline | None) -> Iterator[Message]:
    from sync.plan.holds import unanswered

    yield say("item.known", code=code, id=(known.item_id if known else None) or "-")
    if known and known.deleted:
        yield say("item.was_deleted")
    if known and known.hold and known.hold.unknown:
        yield unanswered(known.hold, code)


def _fields(app: AppContext, known: Baseline) -> None:
    from rich.text import Text

    from sync.fields import path_words
    from sync.item import clock_text
    from sync.plan.diff import wanted
    from sync.report.grid import plain_table
    from sync.report.words import value_words

    lines = plain_table(app.out.width)
    for name in ("field", "cell", "held", "from"):
        lines.add_column(say(f"item.column.{name}").words(app.language), overflow="fold")
    for path in {**known.remote, **known.cells}:
        last = known.cells.get(path)
        lines.add_row(
            Text(path_words(path, app.language)),
            Text(value_words(path, wanted(last.value), app.language) if last else ""),
            Text(value_words(path, known.remote.get(path), app.language)),
            Text(f"{last.file} {clock_text(last.at)}" if last else ""),
        )
    app.out.print(lines, "")


def _line(app: AppContext, run: RunRecord, result: RowResult) -> Message:
    from sync.item import clock_text
    from sync.messages import sentences

    return say(
        "item.run",
        run=run.id,
        at=clock_text(run.started_at),
        sheet=Path(run.sheet).name,
        result=result.result,
        note=sentences(result.story, app.language),
    )


def _document(
    app: AppContext, code: str, known: Baseline | None, runs: list[tuple[RunRecord, RowResult]]
) -> dict[str, object]:
    from sync.fields import plain
    from sync.plan.diff import wanted
    from sync.plan.document import result_document

    cells = known.cells if known else {}
    remote = known.remote if known else {}
    hold = known.hold if known else None
    return {
        "outer_id": code,
        "item_id": known.item_id if known else None,
        "deleted": bool(known and known.deleted),
        "waits_for_answer": bool(hold and hold.unknown),
        "fields": [
            {
                "path": path,
                "cell": plain(path, wanted(cells[path].value)) if path in cells else None,
                "platform": plain(path, remote[path]) if path in remote else None,
                "file": cells[path].file if path in cells else None,
                "at": cells[path].at.isoformat() if path in cells else None,
            }
            for path in {**remote, **cells}
        ],
        "runs": [
            {"run": run.id, "started_at": run.started_at.isoformat(), "sheet": run.sheet, "undoes": run.undoes}
            | result_document(result, app.language)
            for run, result in runs
        ],
    }
