"""`itemsync schema`: the shapes of the JSON and of the sheet, for other programs."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from sync.cli.app_context import AppContext


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(schema)


def schema(
    context: typer.Context,
    of: Annotated[
        Literal["plan", "run", "sheet"],
        typer.Argument(metavar="plan|run|sheet", help="help.schema", show_default=False),
    ],
) -> None:
    """Print the schema of a plan's or a run's JSON, or of the sheet."""
    from sync.service.schemas import schema_of

    app: AppContext = context.obj
    app.document(schema_of(of, app.shop.context.sheet_language))
