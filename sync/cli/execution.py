"""What every command that changes the shop does: guards, question, run, results into the sheet, report."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.call import Result
from sync.cli.app_context import AppContext
from sync.cli.asking import confirm
from sync.cli.exits import GATEWAY, UNFINISHED
from sync.cli.planning import now, plan_document, show
from sync.cli.usage import wrong
from sync.errors import GuardTripped, Refusal
from sync.messages import say

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.plan.plan import Plan
    from sync.service.delivery import Delivery
    from sync.sheet.columns import Layout

TROUBLE = (Result.INVALID, Result.FAILED, Result.SKIPPED, Result.BLOCKED, Result.UNKNOWN)
"""Results that make the exit code 1 (DESIGN section 9)."""

YesOption = Annotated[bool, typer.Option("--yes", help="help.yes")]
ForceOption = Annotated[str, typer.Option(metavar="NAMES", help="help.force")]
SkipGuardedOption = Annotated[bool, typer.Option("--skip-guarded", help="help.skip_guarded")]
AllowDeleteOption = Annotated[bool, typer.Option("--allow-delete", help="help.allow_delete")]
ReportOption = Annotated[Path | None, typer.Option(metavar="DIR", help="help.report")]


def forced(force: str) -> tuple[str, ...]:
    """Return the guards that `--force` names; a name that no guard has is a wrong option."""
    from sync.plan.guards import NAMES, unknown_names

    names = tuple(name.strip() for name in force.split(",") if name.strip())
    if unknown := unknown_names(names):
        raise wrong(say("usage.guards", unknown=", ".join(unknown), known=", ".join(NAMES)))
    return names


def agreed(app: AppContext, plan: Plan, sheet: Path, *, force: Sequence[str], yes: bool, delete: bool) -> bool:
    """Preview, and ask; False: the person said no. Raises Refusal (exit 3) if a guard isn't forced.

    `sheet`: where the results are to go; said beforehand if a program has it open.
    """
    from sync.service.reading import opened
    from sync.service.shop_identity import new_profile, shop_words

    show(app, plan, forced=force, delete=delete, asked=not yes)
    if new := new_profile(app):
        app.tell(new)
    if open_now := opened(sheet):
        app.tell(open_now)
    _check_guards(app, plan, force)
    if yes or not plan.summary.calls:
        return True
    if not app.interactive:
        _keep_beside(app, plan)
        raise Refusal(say("cli.say_yes"))
    if confirm(app, say("cli.question", shop=shop_words(app))):
        return True
    app.tell(say("cli.declined"))
    if app.json:
        app.document(plan_document(app, plan))
    return False


@contextmanager
def stoppable(app: AppContext) -> Iterator[None]:
    """Let Ctrl-C ask for a clean stop: calls in flight end, and the results are still written into the sheet.

    A second Ctrl-C stops at once; `resume` then has more to settle.
    """
    stop = app.stop

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        app.tell(say("cli.stopping"))

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def finish(
    app: AppContext,
    plan: Plan,
    done: RunReport,
    report: Path | None,
    sheet: str,
    *,
    written: bool,
    document: Mapping[str, object] | None = None,
) -> int:
    """Report of a run, and return the exit code; `written`: the staff's file has the results.

    `document`: its JSON, where that isn't the plan with what became of it.
    """
    from sync.report.terminal import summary

    app.say(say("cli.run", run=done.run))
    _report(app, report, plan, done, sheet)
    if app.json:
        app.document(ended_document(app, done, document) if document else _document(app, plan, done))
    else:
        summary(plan, done.results, app.language, app.out)
    tell_end(app, done)
    return exit_code(done, written=written)


def tell_end(app: AppContext, done: RunReport) -> None:
    """Say why a run stopped early, and what to type."""
    if done.refused:
        app.tell(done.refused)
    if not done.finished:
        app.tell(say("cli.unfinished", run=done.run))


def put_into_file(app: AppContext, sheet: Path, done: RunReport) -> bool:
    """Deliver a run's results into a sheet that has to be read anew; see `put_into_sheet`."""
    from sync.service.delivery import deliver_anew

    return _told(app, deliver_anew(app, sheet, done))


def put_into_sheet(
    app: AppContext, sheet: Path, layout: Layout, done: RunReport, *, takes_over: bool = False
) -> bool:
    """Deliver a run's results, and say where they are; returns whether the staff's own file has them."""
    from sync.service.delivery import deliver

    return _told(app, deliver(app, sheet, layout, done, takes_over=takes_over))


def _told(app: AppContext, delivery: Delivery) -> bool:
    for said in delivery.said:
        app.say(said)
    for warning in delivery.warnings:
        app.tell(warning)
    return delivery.reached


def _check_guards(app: AppContext, plan: Plan, forced: Sequence[str]) -> None:
    from sync.plan.guards import refused

    if guards := refused(plan, forced):
        _keep_beside(app, plan)
        raise GuardTripped(guards)


def _keep_beside(app: AppContext, plan: Plan) -> None:
    if app.json:
        app.plan_beside = plan_document(app, plan)


def _report(app: AppContext, folder: Path | None, plan: Plan, done: RunReport, sheet: str) -> None:
    """Write the report as a page and a workbook; the run is done, so a full disk is told and no more."""
    from sync.atomic_files import write_whole
    from sync.report.page import run_page
    from sync.report.workbook import write_report
    from sync.service.shop_identity import shop_words

    place, shop = folder or _beside_state(app), shop_words(app)
    page, workbook = (place / f"run-{done.run}{suffix}" for suffix in (".html", ".xlsx"))
    try:
        place.mkdir(parents=True, exist_ok=True)
        told = run_page(plan, done.results, app.sheet_language, now(app), sheet, workbook=workbook.name, shop=shop)
        write_whole(page, told.encode())
        write_report(workbook, plan, done.results, app.sheet_language, at=now(app), sheet=sheet, shop=shop)
    except OSError:
        app.tell(say("cli.no_report", folder=place, run=done.run))
        return
    app.say(say("cli.report", file=page.resolve().as_uri(), workbook=workbook.name))


def _beside_state(app: AppContext) -> Path:
    """A folder of its own for each state, because each counts its runs from 1."""
    from platformdirs import user_data_path

    state = app.store.file or user_data_path("itemsync", appauthor=False) / app.profile.profile
    return state.with_name(f"{state.stem}-reports")


def _document(app: AppContext, plan: Plan, done: RunReport) -> Mapping[str, object]:
    from sync.plan.document import applied_document
    from sync.service.shop_identity import shop_document

    spell, shop = app.channel.spell, shop_document(app)
    return ended_document(app, done, applied_document(plan, done.run, done.results, spell, app.language, shop=shop))


def ended_document(app: AppContext, done: RunReport, document: Mapping[str, object]) -> Mapping[str, object]:
    """Return a run's JSON: where it stopped early, why, with the rest beside it (DESIGN section 9, exits 4 and 5)."""
    if done.finished and not done.refused:
        return document
    why = done.refused or say("cli.unfinished", run=done.run)
    return {"error": {"code": why.code, "message": why.words(app.language)}, "plan": document}


def exit_code(done: RunReport, *, written: bool) -> int:
    """Return the exit code of a run (DESIGN section 9)."""
    if done.refused:
        return GATEWAY
    if not done.finished:
        return UNFINISHED
    return 1 if not written or any(r.result in TROUBLE for r in done.results) else 0
