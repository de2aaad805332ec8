"""What every command that changes the shop does: preview, guards, question, results, report."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sync.call import Result, RowResult
from sync.cli.app_context import AppContext
from sync.cli.asking import agreed as asked
from sync.cli.exits import GATEWAY, UNFINISHED
from sync.cli.usage import wrong
from sync.errors import GuardTripped
from sync.messages import Message, say
from sync.service.request import NAMES, Consent, unknown_names

if TYPE_CHECKING:
    from sync.service.planned import Planned
    from sync.service.run import Run
    from sync.service.sheet_port import Delivery

TROUBLE = (Result.INVALID, Result.FAILED, Result.SKIPPED, Result.BLOCKED, Result.UNKNOWN)
"""Results that make the exit code 1 (docs/reference/exit-codes.md)."""


class RunEnd(Protocol):
    """A run, as far as it came."""

    @property
    def refused(self) -> Message | None: ...  # noqa: D102
    @property
    def finished(self) -> bool: ...  # noqa: D102
    @property
    def results(self) -> Sequence[RowResult]: ...  # noqa: D102


def forced(force: str) -> tuple[str, ...]:
    """Return the guards that `--force` names; a name that no guard has is a wrong option."""
    names = tuple(name.strip() for name in force.split(",") if name.strip())
    if unknown := unknown_names(names):
        raise wrong(say("usage.guards", unknown=", ".join(unknown), known=", ".join(NAMES)))
    return names


def consented(force: str, *, delete: bool) -> Consent:
    """Return what the options allow, in the name of whoever is logged in to this machine."""
    by = ""
    # Some systems know no name for the user that a program runs as.
    with suppress(OSError, KeyError, ImportError):
        by = getuser()
    return Consent(by, forced(force), delete)


def show(app: AppContext, planned: Planned, consent: Consent | None = None, *, asked: bool = False) -> None:
    """Print the preview; `consent`: what a person has said to it already; None: nobody was asked yet.

    `asked`: they are asked now, and everything is looked at again after that.
    """
    from sync.report.terminal import Consented, preview

    app.say(say("shop.line", shop=app.shop.name))
    work = planned.requests(asked=asked, delete=consent is None or consent.delete)
    guards, delete = (consent.guards, consent.delete) if consent else ((), False)
    shares = app.shop.usage(work.methods)
    preview(planned.plan, app.language, app.out, shares, Consented(guards, delete, work))


def agreed(app: AppContext, planned: Planned, consent: Consent, *, yes: bool) -> bool:
    """Preview, and ask; False: the person said no. Raises GuardTripped for a guard that isn't consented to."""
    show(app, planned, consent, asked=not yes)
    for message in app.shop.before_applying(planned):
        app.tell(message)
    if app.json:
        app.plan_beside = planned.streamed
    if guards := planned.refused(consent.guards):
        raise GuardTripped(guards)
    if asked(app, say("cli.question", shop=app.shop.name), yes=yes or not planned.summary.calls):
        return True
    if app.json:
        app.document(planned.streamed())
    return False


@contextmanager
def stoppable(app: AppContext) -> Iterator[None]:
    """Let Ctrl-C ask for a clean stop: calls in flight end, and the results are still written into the sheet.

    A second Ctrl-C stops at once; `resume` then has more to settle.
    """
    stop = app.shop.context.stop

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


def finish(app: AppContext, run: Run, report: Path | None, document: Mapping[str, object] | None = None) -> int:
    """Say where the results of a run are, report of it, and return the exit code.

    `document`: its JSON, where that isn't the plan with what became of it.
    """
    from sync.report.terminal import summary

    tell_delivery(app, run.delivery)
    app.say(say("cli.run", run=run.id))
    _report(app, report, run)
    if app.json:
        app.document(ended_document(app, run, document or run.streamed()))
    else:
        summary(run.plan, run.results, app.language, app.out)
    tell_end(app, run)
    return exit_code(run, delivered=run.delivered)


def tell_end(app: AppContext, run: Run) -> None:
    """Say why a run stopped early, and what to type."""
    if run.refused:
        app.tell(run.refused)
    if not run.finished:
        app.tell(say("cli.unfinished", run=run.id))


def tell_delivery(app: AppContext, delivery: Delivery | None) -> None:
    """Say where results are."""
    if delivery:
        for said in delivery.said:
            app.say(said)
        for warning in delivery.warnings:
            app.tell(warning)


def ended_document(app: AppContext, run: Run, document: Mapping[str, object]) -> Mapping[str, object]:
    """Return a run's JSON: where it stopped early, why, with the rest beside it (docs/reference/json.md#errors)."""
    if run.finished and not run.refused:
        return document
    why = run.refused or say("cli.unfinished", run=run.id)
    return {"error": {"code": why.code, "message": why.words(app.language)}, "plan": document}


def exit_code(run: RunEnd, *, delivered: bool) -> int:
    """Return the exit code of a run (docs/reference/exit-codes.md); `delivered`: the staff's own sheet has the
    results."""
    if run.refused:
        return GATEWAY
    if not run.finished:
        return UNFINISHED
    return 1 if not delivered or any(one.result in TROUBLE for one in run.results) else 0


def _report(app: AppContext, folder: Path | None, run: Run) -> None:
    from sync.service.reports import usual_folder, write_reports

    place = folder or usual_folder(app.shop.context)
    report = write_reports(run, place)
    if report is None:
        app.tell(say("cli.no_report", folder=place, run=run.id))
        return
    app.say(say("cli.report", file=report.page.resolve().as_uri(), workbook=report.workbook.name))
