"""`itemsync fleet`: many shops on one database, and the workers that look after them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.execution import forced
from sync.cli.helping import App
from sync.cli.options import (
    AllowDeleteOption,
    BrowserOption,
    CertificateKeyOption,
    CertificateOption,
    ForceOption,
    HostOption,
    JsonOption,
    PortOption,
    PublicOption,
    SheetArgument,
    YesOption,
)
from sync.cli.usage import wrong
from sync.cli.web import LOOPBACK, run_fleet_page, tls_of
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    from sync.fleet.fleet import Fleet

FLEET = App("fleet.")
SETTINGS_HELP = "help.fleet.settings"

ShopArgument = Annotated[str, typer.Argument(metavar="NAME", help="help.fleet.shop", show_default=False)]


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(FLEET, name="fleet")


@FLEET.command()
def add(
    context: typer.Context,
    name: ShopArgument,
    settings: Annotated[Path, typer.Option(metavar="FILE", help=SETTINGS_HELP, show_default=False)],
    json: JsonOption = False,
) -> None:
    """Add a shop, or give it other settings."""
    from sync.service.people import local_person
    from sync.service.settings import exposed, read_alone

    app: AppContext = context.obj
    with _fleet(app) as fleet:
        before = name in fleet.names()
        fleet.add(name, read_alone(settings), local_person().name)
    if warning := exposed(settings):
        app.tell(warning)
    app.say(say("fleet.changed" if before else "fleet.added", name=name))
    if json:
        app.document({"name": name, "new": not before})


@FLEET.command("list")
def list_shops(context: typer.Context, json: JsonOption = False) -> None:
    """List the shops."""
    app: AppContext = context.obj
    with _fleet(app) as fleet:
        names = fleet.names()
    if json:
        app.document({"shops": [{"name": name} for name in names]})
    if not names:
        app.say(say("fleet.none"))
    for name in names:
        app.out.print(name)


@FLEET.command()
def remove(context: typer.Context, name: ShopArgument, json: JsonOption = False) -> None:
    """Remove a shop's settings and secrets; what the state remembers of it stays."""
    app: AppContext = context.obj
    with _fleet(app) as fleet:
        fleet.remove(name)
    app.say(say("fleet.removed", name=name))
    if json:
        app.document({"name": name})


@FLEET.command()
def submit(
    context: typer.Context,
    name: ShopArgument,
    sheet: SheetArgument,
    yes: YesOption = False,
    force: ForceOption = "",
    allow_delete: AllowDeleteOption = False,
    json: JsonOption = False,
) -> None:
    """Hand a sheet in, to be planned by a worker; the plan waits for a person, or with --yes is carried out."""
    from sync.service.people import local_person

    app: AppContext = context.obj
    guards, by = forced(force), local_person().name
    if not yes and (guards or allow_delete):
        raise wrong(say("usage.fleet.yes"))
    if not sheet.is_file():
        raise Refusal(say("sheet.missing", file=sheet))
    with _fleet(app) as fleet:
        if not fleet.has(name):
            raise Refusal(say("fleet.no_shop", name=name))
        jobs = fleet.jobs(name)
        with sheet.open("rb") as upload:
            job = jobs.submit(sheet.name, upload, by)
        if yes:
            job = jobs.approve_at_once(job.id, by, guards, allow_delete)
        served = any(worker.alive for worker in fleet.status().workers)
    app.say(say("fleet.submitted.yes" if yes else "fleet.submitted", name=name, sheet=sheet.name))
    if not served:
        app.tell(say("fleet.no_worker"))
    if json:
        app.document({"shop": name, "job": job.id, "state": job.state.value})


@FLEET.command()
def status(context: typer.Context, json: JsonOption = False) -> None:
    """Show how each shop stands, and which workers there are."""
    from sync.cli.fleet_status import print_status

    app: AppContext = context.obj
    with _fleet(app) as fleet:
        found = fleet.status()
    if json:
        app.document(found.document(app.safe_language))
    else:
        print_status(found, app.safe_language, app.out)


@FLEET.command()
def worker(
    context: typer.Context,
    concurrency: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="help.fleet.concurrency")] = 2,
    json: JsonOption = False,
) -> None:
    """Do the shops' jobs until SIGTERM or Ctrl-C."""
    from sync.fleet.tasks import worker_of

    app: AppContext = context.obj
    with _fleet(app) as fleet:
        works = worker_of(fleet, concurrency, fleet.jobs)
        if json:
            app.write_json({"worker": works.id})
        else:
            app.tell(say("fleet.worker", worker=works.id, shops=len(fleet.names()), concurrency=concurrency))
        works.run()


@FLEET.command()
def web(
    context: typer.Context,
    host: HostOption = LOOPBACK,
    port: PortOption = None,
    public: PublicOption = "",
    tls_cert: CertificateOption = None,
    tls_key: CertificateKeyOption = None,
    browser: BrowserOption = None,
    json: JsonOption = False,
) -> None:
    """Serve the page of all shops until Ctrl-C."""
    app: AppContext = context.obj
    tls = tls_of(tls_cert, tls_key)
    with _fleet(app) as fleet:
        run_fleet_page(app, fleet, fleet.jobs, host, port, public, tls, browser=browser)


@FLEET.command()
def schedule(
    context: typer.Context,
    name: ShopArgument,
    kind: Annotated[str, typer.Argument(metavar="plan|watch|digest", help="help.fleet.kind", show_default=False)],
    every: Annotated[str, typer.Argument(metavar="TIME|off", help="help.fleet.every", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Have something done for a shop again and again."""
    app: AppContext = context.obj
    with _fleet(app) as fleet:
        fleet.schedule(name, kind, every)
    code = "fleet.unscheduled" if every == "off" else "fleet.scheduled"
    app.say(say(code, name=name, kind=say(f"fleet.kind.{kind}"), every=every))
    if json:
        app.document({"shop": name, "kind": kind, "every": None if every == "off" else every})


@FLEET.command()
def rekey(context: typer.Context, json: JsonOption = False) -> None:
    """Encrypt every secret with the newest key."""
    app: AppContext = context.obj
    with _fleet(app) as fleet:
        fleet.rekey()
        shops = len(fleet.names())
    app.say(say("fleet.rekeyed", shops=shops))
    if json:
        app.document({"shops": shops})


@contextmanager
def _fleet(app: AppContext) -> Iterator[Fleet]:
    from sync.fleet.fleet import Fleet

    state = app.state or os.environ.get("ITEMSYNC_STATE")
    with Fleet.open(state, lang=app.lang, on_defect=app.tell_defect) as fleet:
        yield fleet
