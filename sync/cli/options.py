"""Options that several commands share, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

OnConflict = Literal["sheet", "skip"]
"""Who wins where both the sheet and the platform changed."""

SheetArgument = Annotated[Path, typer.Argument(metavar="SHEET", help="The staff's workbook.", show_default=False)]
WorksheetOption = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="The worksheet, where several have the key column.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
OnlyOption = Annotated[
    str | None,
    typer.Option(metavar="CODES|@FILE", help="Only these rows: codes with commas, or a file with one a line."),
]
OnConflictOption = Annotated[
    OnConflict, typer.Option(help="Where sheet and platform both changed: the sheet wins, or the row is left.")
]
Refresh = Literal["all", "changed"]
"""Which items are read for a plan."""
RefreshOption = Annotated[
    Refresh, typer.Option(help="Read all items, or only those whose row changed since it was last carried out.")
]
RekeyOption = Annotated[bool, typer.Option("--rekey", help="Let a row's new code take over its item.")]
RepublishOption = Annotated[
    bool, typer.Option("--republish", help="Publish items anew that the platform no longer finds.")
]
AsNewOption = Annotated[
    str | None,
    typer.Option(metavar="CODES|@FILE", help="Codes that look like another's, and are other items all the same."),
]
