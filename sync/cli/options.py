"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

OnConflict = Literal["sheet", "skip"]
"""Who wins where the platform, or the platform and the sheet, changed."""

SheetArgument = Annotated[Path, typer.Argument(metavar="SHEET", help="help.sheet", show_default=False)]
WorksheetOption = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="help.worksheet")]
JsonOption = Annotated[bool, typer.Option("--json", help="help.json")]
OnlyOption = Annotated[
    str | None,
    typer.Option(metavar="CODES|@FILE", help="help.only"),
]
OnDriftOption = Annotated[OnConflict, typer.Option(help="help.on_drift")]
OnConflictOption = Annotated[OnConflict, typer.Option(help="help.on_conflict")]
Refresh = Literal["all", "changed"]
"""Which items are read for a plan."""
RefreshOption = Annotated[Refresh, typer.Option(help="help.refresh")]
RekeyOption = Annotated[bool, typer.Option("--rekey", help="help.rekey")]
RepublishOption = Annotated[bool, typer.Option("--republish", help="help.republish")]
AsNewOption = Annotated[str | None, typer.Option(metavar="CODES|@FILE", help="help.as_new")]
