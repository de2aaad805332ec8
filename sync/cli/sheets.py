"""`itemsync check` and `template`: what needs only the sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import choosing
from sync.cli.options import JsonOption, SheetArgument, WorksheetOption
from sync.messages import say


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(check)
    app.command()(template)


def check(
    context: typer.Context, sheet: SheetArgument, worksheet: WorksheetOption = None, json: JsonOption = False
) -> int:
    """Look for mistakes in the sheet, cell by cell; nothing is sent anywhere."""
    from sync.report import terminal

    app: AppContext = context.obj
    checked = choosing(app, worksheet, lambda chosen: app.shop.check(sheet, chosen))
    app.say(say("cli.checked", rows=checked.rows, invalid=checked.invalid))
    terminal.problems(checked.problems, app.language, app.out)
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
