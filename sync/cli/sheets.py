"""`itemsync check`, `template`, `pull` and `schema`: what there is of sheets beside comparing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import choosing
from sync.cli.options import (
    CsvOption,
    JsonOption,
    ParquetOption,
    SheetArgument,
    WorksheetOption,
    exported,
    spare_sheets,
)
from sync.cli.usage import wrong
from sync.messages import say

if TYPE_CHECKING:
    from sync.service.pulling import PullNote


from typing import Literal


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(check)
    app.command()(template)
    app.command()(pull)
    app.command()(schema)


def check(
    context: typer.Context, sheet: SheetArgument, worksheet: WorksheetOption = None, json: JsonOption = False
) -> int:
    """Look for mistakes in the sheet, cell by cell; nothing is sent anywhere."""
    from sync.report.problems import print_problems

    app: AppContext = context.obj
    checked = choosing(app, worksheet, lambda chosen: app.shop.check(sheet, chosen))
    app.say(say("cli.checked", rows=checked.rows, invalid=checked.invalid))
    print_problems(checked.problems, app.language, app.out)
    checked.refuse_silent(shown=not json)
    if json:
        app.document(checked.document())
    return 0 if checked.right else 1


def template(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="help.out", show_default=False)],
) -> None:
    """Make a blank workbook with drop-downs and notes."""
    app: AppContext = context.obj
    app.shop.write_template(out)
    app.say(say("cli.saved", file=out))


def pull(
    context: typer.Context,
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help="help.out", show_default=False)] = None,
    ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="help.ids"),
    ] = None,
    into: Annotated[Path | None, typer.Option(metavar="SHEET", help="help.into")] = None,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    worksheet: WorksheetOption = None,
    json: JsonOption = False,
) -> int:
    """Write what the platform holds into a new sheet, ready to edit and apply."""
    app: AppContext = context.obj
    new = [file for file in (out, csv, parquet) if file]
    if new and into is None and worksheet is None:
        return _new_sheet(app, ids, out, csv, parquet)
    if into is not None and not new and ids is None:
        return _bring_up_to_date(app, into, worksheet)
    raise wrong(say("usage.pull"))


def _new_sheet(app: AppContext, ids: Path | None, out: Path | None, csv: Path | None, parquet: Path | None) -> int:
    from sync.service.files import refuse_old, refuse_sheet
    from sync.service.pulling import ids_of

    if out:
        refuse_old(out)
    for table in filter(None, (csv, parquet)):
        refuse_sheet(table)
        refuse_old(table, table.suffix)
    spare_sheets((csv, parquet), ids)
    pulled = app.shop.pulled(ids_of(ids) if ids else None)
    if out:
        pulled.write(out)
    files = [file for file in (out, *exported(pulled, csv, parquet)) if file]
    for file in files:
        app.say(say("pull.done", count=pulled.items, file=file))
    _tell(app, {"file": str(files[0]), "items": pulled.items}, pulled.told)
    return 0 if pulled.whole else 1


def _bring_up_to_date(app: AppContext, sheet: Path, worksheet: str | None) -> int:
    done = choosing(app, worksheet, lambda chosen: app.shop.bring_up_to_date(sheet, chosen))
    if done.cells and done.backup:
        facts = {"rows": done.rows, "cells": len(done.cells), "backup": done.backup.name}
        app.say(say("pull.refreshed", file=sheet, **facts))
    else:
        app.say(say("pull.up_to_date", file=sheet))
    _tell(app, {"file": str(sheet), "rows": done.rows, "cells": [*done.cells]}, done.told)
    return 0 if done.whole else 1


def _tell(app: AppContext, facts: Mapping[str, object], told: Sequence[PullNote]) -> None:
    """Say what a person should know; with `--json`, beside the `facts` in one document."""
    for one in told:
        app.say(one.message)
    if app.json:
        problems = [
            {"code": one.code, "message": one.message.words(app.language), "items": [*one.items]} for one in told
        ]
        app.document({**facts, "problems": problems})


def schema(
    context: typer.Context,
    of: Annotated[
        Literal["plan", "run", "sheet", "insight"],
        typer.Argument(metavar="plan|run|sheet|insight", help="help.schema", show_default=False),
    ],
) -> None:
    """Print the schema of a plan's, a run's or insight's JSON, or of the sheet."""
    from sync.service.schemas import schema_of

    app: AppContext = context.obj
    app.document(schema_of(of, app.shop.context.sheet_language))
