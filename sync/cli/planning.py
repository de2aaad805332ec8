"""`itemsync plan` and `apply`: the preview, and then the question, the run, and the results into the sheet."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import choosing
from sync.cli.execution import agreed, consented, finish, show, stoppable
from sync.cli.options import (
    AllowDeleteOption,
    AsNewOption,
    CsvOption,
    ForceOption,
    JsonOption,
    OnConflictOption,
    OnDriftOption,
    OnlyOption,
    ParquetOption,
    RefreshOption,
    RekeyOption,
    ReportOption,
    RepublishOption,
    SheetArgument,
    SkipGuardedOption,
    WorksheetOption,
    YesOption,
    chosen,
    exported,
    spare_sheets,
)
from sync.cli.usage import wrong
from sync.messages import say
from sync.service.request import PlanRequest, choices_of

if TYPE_CHECKING:
    from sync.service.planned import Planned


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(plan)
    app.command()(apply)


def plan(
    context: typer.Context,
    sheet: SheetArgument,
    worksheet: WorksheetOption = None,
    only: OnlyOption = None,
    refresh: RefreshOption = None,
    on_conflict: OnConflictOption = "sheet",
    on_drift: OnDriftOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    as_new: AsNewOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="PLAN.json", help="help.output")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT.html", help="help.html")] = None,
    csv: CsvOption = None,
    parquet: ParquetOption = None,
    json: JsonOption = False,
) -> int:
    """Show what apply would do; nothing is changed."""
    app: AppContext = context.obj
    spare_sheets((output, html, csv, parquet), sheet)
    request = PlanRequest(
        sheet,
        worksheet,
        choices_of(
            only=chosen(only, "--only"),
            on_conflict=on_conflict,
            on_drift=on_drift,
            refresh=refresh,
            rekey=rekey,
            republish=republish,
            as_new=chosen(as_new, "--as-new") or (),
        ),
        by_profile=refresh is None,
    )
    planned = _planned(app, request)
    if output:
        planned.save(output)
    if html:
        _save_page(app, planned, html, sheet.name)
    tables = exported(planned, csv, parquet)
    if json:
        app.document(planned.streamed())
    else:
        show(app, planned)
    _tell_beside(app, sheet, (output, html, *tables))
    return 1 if planned.summary.invalid or planned.summary.blocked else 0


def apply(
    context: typer.Context,
    sheet: Annotated[Path, typer.Argument(metavar="SHEET|PLAN.json", help="help.sheet_or_plan", show_default=False)],
    worksheet: WorksheetOption = None,
    only: OnlyOption = None,
    refresh: RefreshOption = None,
    on_conflict: OnConflictOption = "sheet",
    on_drift: OnDriftOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    as_new: AsNewOption = None,
    yes: YesOption = False,
    force: ForceOption = "",
    skip_guarded: SkipGuardedOption = False,
    allow_delete: AllowDeleteOption = False,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """Compare, preview, ask, carry out, and write the outcome of every row back into the sheet."""
    app: AppContext = context.obj
    consent = consented(force, delete=allow_delete)
    request = PlanRequest(
        sheet,
        worksheet,
        choices_of(
            only=chosen(only, "--only"),
            on_conflict=on_conflict,
            on_drift=on_drift,
            refresh=refresh,
            rekey=rekey,
            republish=republish,
            as_new=chosen(as_new, "--as-new") or (),
        ),
        writes=True,
        by_profile=refresh is None,
    )
    with app.shop.alone() if yes else nullcontext():
        planned = _saved(app, sheet, request) if sheet.suffix.lower() == ".json" else _planned(app, request)
        if skip_guarded:
            planned = planned.holding_back(consent.guards)
        if not agreed(app, planned, consent, yes=yes):
            return 0
        with stoppable(app):
            return finish(app, app.shop.apply(planned, consent), report)


def _planned(app: AppContext, request: PlanRequest) -> Planned:
    """Make the plan; at a terminal, a person is asked which worksheet is meant."""
    return choosing(app, request.worksheet, lambda sheet: app.shop.plan(replace(request, worksheet=sheet)))


def _saved(app: AppContext, file: Path, request: PlanRequest) -> Planned:
    if replace(request, by_profile=False) != PlanRequest(file, writes=True):
        raise wrong(say("usage.saved_plan"))
    return app.shop.load(file)


def _save_page(app: AppContext, planned: Planned, html: Path, sheet: str) -> None:
    from sync.report.page import html_page
    from sync.service.files import write_text

    write_text(html, html_page(planned.plan, app.language, app.now, sheet, shop=app.shop.name))


def _tell_beside(app: AppContext, sheet: Path, written: tuple[Path | None, ...]) -> None:
    from sync.service.sheets import FileSheet

    if open_now := FileSheet(sheet).opened():
        app.tell(open_now)
    if unfinished := app.shop.unfinished():
        app.tell(say("plan.unfinished", run=unfinished.id, sheet=unfinished.sheet_name))
    for file in written:
        if file:
            app.tell(say("cli.saved", file=file))
