"""Options that several commands share, each written once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import typer

from sync.codes import as_code
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    from pandas import DataFrame

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
RefreshOption = Annotated[Refresh | None, typer.Option(help="help.refresh")]
RekeyOption = Annotated[bool, typer.Option("--rekey", help="help.rekey")]
RepublishOption = Annotated[bool, typer.Option("--republish", help="help.republish")]
AsNewOption = Annotated[str | None, typer.Option(metavar="CODES|@FILE", help="help.as_new")]
CsvOption = Annotated[Path | None, typer.Option(metavar="OUT.csv", help="help.csv")]
ParquetOption = Annotated[Path | None, typer.Option(metavar="OUT.parquet", help="help.parquet")]
RunArgument = Annotated[int, typer.Argument(metavar="RUN", help="help.run")]
YesOption = Annotated[bool, typer.Option("--yes", help="help.yes")]
ForceOption = Annotated[str, typer.Option(metavar="NAMES", help="help.force")]
SkipGuardedOption = Annotated[bool, typer.Option("--skip-guarded", help="help.skip_guarded")]
AllowDeleteOption = Annotated[bool, typer.Option("--allow-delete", help="help.allow_delete")]
HostOption = Annotated[str, typer.Option(metavar="HOST", help="help.web.host")]
PortOption = Annotated[int | None, typer.Option(metavar="N", min=0, max=65535, help="help.web.port")]
PublicOption = Annotated[str, typer.Option(metavar="URL", help="help.web.public")]
CertificateOption = Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="help.web.tls_cert")]
CertificateKeyOption = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="help.web.tls_key")]
BrowserOption = Annotated[bool | None, typer.Option("--browser/--no-browser", help="help.web.browser")]
ReportOption = Annotated[Path | None, typer.Option(metavar="DIR", help="help.report")]


class HasFrame(Protocol):
    """What can be had as a table."""

    def to_frame(self) -> DataFrame: ...  # noqa: D102


def chosen(given: str | None, option: str) -> frozenset[str] | None:
    """Read CODES|@FILE; None: none were given. Raises Refusal where there are none in it, or no such file."""
    if given is None:
        return None
    codes = frozenset(map(as_code, _lines(Path(given[1:])) if given.startswith("@") else given.split(","))) - {""}
    if not codes:
        raise Refusal(say("cli.only.none", option=option))
    return codes


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("cli.only.file", file=file)) from None


def exported(table: HasFrame, csv: Path | None, parquet: Path | None) -> tuple[Path, ...]:
    """Save a table where `--csv` and `--parquet` say; returns the files."""
    if not (csv or parquet):
        return ()
    from sync.service.frames import export

    spare_sheets((csv, parquet))
    return export(table.to_frame(), csv, parquet)


def spare_sheets(files: Iterable[Path | None], sheet: str | Path | None = None) -> None:
    """Raise Refusal before a sheet is written over by something else; `sheet`: the one at hand."""
    from sync.service.files import refuse_sheet

    for file in filter(None, files):
        refuse_sheet(file, sheet)
