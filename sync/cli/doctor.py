"""`itemsync doctor`: whether everything that a run needs is there, each with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption
from sync.messages import say


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(doctor)


def doctor(
    context: typer.Context,
    sheet: Annotated[Path | None, typer.Argument(metavar="SHEET", help="help.sheet", show_default=False)] = None,
    json: JsonOption = False,
) -> int:
    """Look at everything that a run needs; the gateway is asked for one thing that changes nothing."""
    app: AppContext = context.obj
    found = []
    for finding in app.shop.examine(sheet):
        found.append(finding)
        name = say(f"doctor.name.{finding.name}")
        app.say(say(f"doctor.{'right' if finding.right else 'wrong'}", name=name, words=finding.message))
    if json:
        checks = [
            {"name": one.name, "right": one.right, "message": one.message.words(app.safe_language)} for one in found
        ]
        app.document({"checks": checks})
    return 0 if all(finding.right for finding in found) else 1
