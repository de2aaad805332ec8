"""`itemsync plan`: the dry run. And how `apply` comes by its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from errno import ELOOP
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import (
    AsNewOption,
    JsonOption,
    OnConflictOption,
    OnDriftOption,
    OnlyOption,
    RefreshOption,
    RekeyOption,
    RepublishOption,
    SheetArgument,
    WorksheetOption,
)
from sync.codes import as_code
from sync.errors import Refusal
from sync.item import SHOP_TIME
from sync.legible import to_json
from sync.messages import say
from sync.service.request import PlanRequest

if TYPE_CHECKING:
    from sync.plan.plan import Plan
    from sync.sheet.read import Sheet


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(plan)


def plan(
    context: typer.Context,
    sheet: SheetArgument,
    worksheet: WorksheetOption = None,
    only: OnlyOption = None,
    refresh: RefreshOption = "all",
    on_conflict: OnConflictOption = "sheet",
    on_drift: OnDriftOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    as_new: AsNewOption = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="PLAN.json", help="help.output")] = None,
    html: Annotated[Path | None, typer.Option(metavar="OUT.html", help="help.html")] = None,
    json: JsonOption = False,
) -> int:
    """Show what apply would do; nothing is changed."""
    from sync.service.reading import opened

    app: AppContext = context.obj
    request = PlanRequest(
        sheet,
        worksheet,
        chosen(only, "--only"),
        skip_conflicts=on_conflict == "skip",
        skip_drift=on_drift == "skip",
        rekey=rekey,
        republish=republish,
        changed_only=refresh == "changed",
        as_new=chosen(as_new, "--as-new") or frozenset(),
    )
    read, made = make_plan(app, request)
    document = plan_document(app, made) if output or json else {}
    if output:
        save(output, dumps(_to_save(app, request, read, made, document)))
    if html:
        from sync.report.page import plan_page
        from sync.service.shop_identity import shop_words

        save(html, plan_page(made, app.language, now(app), sheet.name, shop=shop_words(app)))
    if json:
        app.document(document)
    else:
        show(app, made)
    if open_now := opened(sheet):
        app.tell(open_now)
    if unfinished := app.store.unfinished():
        app.tell(say("plan.unfinished", run=unfinished.id, sheet=Path(unfinished.sheet).name))
    for written in (output, html):
        if written:
            app.tell(say("cli.saved", file=written))
    return exit_code(made)


def make_plan(app: AppContext, request: PlanRequest) -> tuple[Sheet, Plan]:
    """Make the plan; at a terminal, a person is asked which worksheet is meant. Raises Refusal as the service."""
    from sync.cli.choosing import choosing
    from sync.service import planning

    return choosing(
        app, request.worksheet, lambda chosen: planning.make_plan(app, replace(request, worksheet=chosen))
    )


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


def show(
    app: AppContext, made: Plan, *, forced: Sequence[str] = (), delete: bool | None = None, asked: bool = False
) -> None:
    """Print the preview; `forced`, `delete`: what a person has said to it already; None: nobody was asked yet.

    `asked`: they are asked now, and everything is looked at again after that.
    """
    from sync.plan.effort import effort
    from sync.report.terminal import Consented, preview
    from sync.service.shop_identity import shop_words
    from sync.service.usage import shares

    app.say(say("shop.line", shop=shop_words(app)))
    work = effort(made, asked=asked, verify=app.profile.verify, delete=delete is not False)
    settled = Consented(forced, bool(delete), work)
    preview(made, app.language, app.out, shares(app, work.calls), settled)


def plan_document(app: AppContext, made: Plan) -> Mapping[str, object]:
    """Return the plan's JSON."""
    from sync.plan import document
    from sync.service.shop_identity import shop_document

    return document.plan_document(made, app.channel.spell, app.language, shop=shop_document(app))


def _to_save(
    app: AppContext, request: PlanRequest, read: Sheet, made: Plan, document: Mapping[str, object]
) -> dict[str, object]:
    from sync.plan.saved_plan import Choices, saved_document

    choices = Choices(
        profile=app.profile.remembered_as,
        gateway=app.profile.gateway,
        sheet=str(request.sheet.resolve()),
        worksheet=read.layout.sheet,
        skip_conflicts=request.skip_conflicts,
        skip_drift=request.skip_drift,
        rekey=request.rekey,
        republish=request.republish,
        as_new=tuple(sorted(request.as_new)),
        changed_only=request.changed_only,
        only=None if request.only is None else tuple(sorted(request.only)),
    )
    return saved_document(document, made, choices)


def exit_code(made: Plan) -> int:
    """1 if a row was invalid, blocked or skipped; else 0, with or without changes (DESIGN section 9)."""
    return 1 if made.summary.invalid or made.summary.blocked else 0


def dumps(document: dict[str, object]) -> str:
    """Write JSON for a file."""
    return to_json(document, indent=2) + "\n"


def save(file: Path, text: str) -> None:
    """Write a file that the person named, whole or not at all; raises Refusal if that can't be done."""
    from sync.atomic_files import write_whole

    try:
        write_whole(file, text.encode())
    except OSError as error:
        raise Refusal(say("cli.link" if error.errno == ELOOP else "cli.unwritable", file=file)) from None


def now(app: AppContext) -> datetime:
    """The time on the shop's clock."""
    return app.clock.now().astimezone(SHOP_TIME)
