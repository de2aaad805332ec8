"""`itemsync demo`: the whole weekly job against the embedded sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app_context import AppContext


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(demo)


def demo(
    context: typer.Context,
    dir: Annotated[Path, typer.Option("--dir", metavar="D", help="help.demo.dir")] = Path("itemsync-demo"),
) -> int:
    """Play a week: last week's sync, some sales, this week's check, preview, apply and results."""
    from sync.demo.job import play

    app: AppContext = context.obj
    play(dir, app.language, app.out)
    return 0
