"""`itemsync sandbox` and `demo`: the platform to practise on, and a week played on it."""

from __future__ import annotations

import json as json_module
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.helping import OneCommand
from sync.cli.options import JsonOption
from sync.cli.usage import wrong
from sync.errors import Refusal
from sync.legible import quoted
from sync.messages import Language, Message, say
from sync.sandbox.assumptions import SWITCHES
from sync.sandbox.fault_catalog import KINDS, FaultKind, Reach

if TYPE_CHECKING:
    from sync.sandbox.faults import Faults
    from sync.sandbox.server import Sandbox
    from sync.sandbox.shop import OpenItemShop
    from sync.service.events import Listener
    from sync.service.shop import Shop

SAMPLES = "samples"
LISTING = "num_iid"
"""What an ordinary listing has, and an open item hasn't."""
PORT, PORTS = 8410, 20
"""The usual port, so that what was pasted once stays right; and how many from there on are tried if it is taken."""
SHELLS = {
    "bash, zsh": "export {name}={value}",
    "cmd": "set {name}={value}",
    "PowerShell": '$env:{name} = "{value}"',
}
"""How variables are set. What the sandbox says has no sign that a shell would read as its own."""
LATE = 5.0
"""Seconds until a late effect: nobody is there to release it."""


class _SandboxCommand(OneCommand):
    """A command whose help ends with everything that can go wrong."""

    def afterword(self, language: Language) -> Sequence[tuple[str, str]]:
        """Return the kinds of faults, and what else can be said to the sandbox."""
        kinds = [(kind.name, _told(kind).words(language)) for kind in KINDS.values()]
        switches = [(name.replace("_", "-"), say("help.fault.switch").words(language)) for name in SWITCHES]
        return [*kinds, ("sales", say("help.fault.sales").words(language)), *switches]


def _told(kind: FaultKind) -> Message:
    told = say("help.fault", effect=say(f"help.fault.{kind.effect.name.lower()}"), seen=kind.seen)
    return say("help.fault.batch", fault=told) if kind.reach is Reach.BATCH else told


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(demo)
    app.command(cls=_SandboxCommand)(sandbox)


def sandbox(
    context: typer.Context,
    port: Annotated[int | None, typer.Option(metavar="N", min=0, max=65535, help="help.sandbox.port")] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help="help.sandbox.data")] = None,
    seed: Annotated[str | None, typer.Option(metavar="FILE|samples", help="help.sandbox.seed")] = None,
    faults: Annotated[str | None, typer.Option(metavar="SPEC", help="help.sandbox.faults")] = None,
    calls_per_second: Annotated[int | None, typer.Option(metavar="N", min=1, help="help.sandbox.second")] = None,
    calls_per_day: Annotated[int | None, typer.Option(metavar="N", min=1, help="help.sandbox.day")] = None,
    json: JsonOption = False,
) -> None:
    """Run the sandbox until Ctrl-C; prints its address and credentials.

    It is an authorization server, too: without ITEMSYNC_SESSION, try `itemsync auth login`.
    """
    from sync.sandbox.limits import ALL_CALLS, SandboxLimit
    from sync.sandbox.server import Sandbox

    app: AppContext = context.obj
    troubles = _faults(faults or "")
    documents = _documents(seed) if seed else []
    shop = _shop(data)
    try:
        shop.load(one for one in documents if LISTING not in one)
        shop.listings.load(one for one in documents if LISTING in one)
    except (ValueError, TypeError, KeyError):
        raise Refusal(say("cli.seed", file=seed)) from None
    limits = {ALL_CALLS: SandboxLimit(calls_per_second, calls_per_day=calls_per_day)}
    with ExitStack() as running:
        server = _started(running, port, lambda at: Sandbox(shop, at, faults=troubles, limits=limits))
        usual = server.port if port is not None else PORT
        server.wait(lambda: _announce(app, server, usual, json=json))


def _started(running: ExitStack, port: int | None, at: Callable[[int], Sandbox]) -> Sandbox:
    """Start a sandbox at a port: None is the usual one, or else the next that is free. Raises Refusal."""
    for number in range(PORT, PORT + PORTS) if port is None else [port]:
        with suppress(OSError):
            return running.enter_context(at(number))
    raise Refusal(say("cli.port", port=PORT if port is None else port))


def _announce(app: AppContext, server: Sandbox, usual: int, *, json: bool) -> None:
    facts = {
        "gateway": server.gateway,
        "app_key": server.app_key,
        "app_secret": server.app_secret,
        "session": server.session,
    }
    if json:
        app.write_json(facts)
        return
    for shell, line in SHELLS.items():
        app.say(say("cli.sandbox.paste", shell=shell))
        for name, value in facts.items():
            app.out.print(line.format(name=f"ITEMSYNC_{name.upper()}", value=value), soft_wrap=True)
    if server.port != usual:
        app.tell(say("cli.sandbox.port", taken=usual, port=server.port))
    app.tell(say("cli.sandbox"))


def _faults(spec: str) -> Faults:
    from sync.sandbox.faults import Faults
    from sync.sandbox.spec import BadSpec

    try:
        return Faults(spec, late=LATE)
    except BadSpec as bad:
        raise wrong(say("usage.faults", reason=bad.message)) from None


def _shop(data: Path | None) -> OpenItemShop:
    from sync.sandbox.shop import OpenItemShop

    try:
        return OpenItemShop(data)
    except sqlite3.DatabaseError:
        raise Refusal(say("cli.data", file=data)) from None


def _documents(seed: str) -> list[dict[str, object]]:
    if seed == SAMPLES:
        from sync.demo.listings import shop_listings
        from sync.demo.shop import shop_documents

        return [*shop_documents(), *shop_listings()]
    try:
        documents = json_module.loads(Path(seed).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refusal(say("cli.seed", file=seed)) from None
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise Refusal(say("cli.seed", file=seed))
    return documents


def demo(
    context: typer.Context,
    dir: Annotated[Path, typer.Option("--dir", metavar="DIR", help="help.demo.dir")] = Path("itemsync-demo"),
    page: Annotated[bool, typer.Option("--page", help="help.demo.page")] = False,
) -> int:
    """Play a week: last week's sync, some sales, this week's check, preview, apply and results."""
    from sync.cli.web import LOOPBACK, PORT, run_page
    from sync.demo.job import play

    app: AppContext = context.obj

    def show(open_shop: Callable[[Listener], Shop], sheet: Path) -> None:
        if page or app.interactive:
            run_page(app, open_shop, sheet)
        else:
            command = f"itemsync demo --dir {quoted(str(dir))} --page"
            app.say(say("demo.page", command=command, url=f"http://{LOOPBACK}:{PORT}"))

    play(dir, app.language, app.out, show)
    return 0
