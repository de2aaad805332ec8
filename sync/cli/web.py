"""`itemsync web`: the page, for staff who never open a terminal."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.app_context import AppContext
from sync.cli.helping import App, Group
from sync.cli.options import (
    BrowserOption,
    CertificateKeyOption,
    CertificateOption,
    HostOption,
    JsonOption,
    PortOption,
    PublicOption,
)
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    import socket

    from sync.fleet.fleet import Fleet
    from sync.service.events import Listener
    from sync.service.jobs import Jobs
    from sync.service.shop import Shop
    from sync.web.serving import Serving


PORT, PORTS = 8420, 20
"""The usual port, so that a bookmark stays right; and how many from there on are tried if it is taken."""
LOOPBACK = "127.0.0.1"
_SERVE = "serve"


class _Page(Group):
    """Commands about the page, of which one is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line; what names no command is the page's own."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [_SERVE, *args]
        return super().parse_args(ctx, args)


WEB = App("web.", cls=_Page)


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(WEB, name="web")


@WEB.command()
def serve(
    context: typer.Context,
    sheet: Annotated[Path | None, typer.Argument(metavar="SHEET", help="help.web.sheet")] = None,
    host: HostOption = LOOPBACK,
    port: PortOption = None,
    public: PublicOption = "",
    tls_cert: CertificateOption = None,
    tls_key: CertificateKeyOption = None,
    browser: BrowserOption = None,
    json: JsonOption = False,
) -> None:
    """Serve the page until Ctrl-C."""
    app: AppContext = context.obj
    tls = tls_of(tls_cert, tls_key)
    listener = _listening(host, port)
    run_page(app, app.another_shop, sheet, listener, host, public, tls, browser=browser)


def tls_of(certificate: Path | None, key: Path | None) -> tuple[Path, Path] | None:
    """Return the files for TLS; None: without. Raises Refusal where one of them is missing."""
    if bool(certificate) != bool(key):
        raise Refusal(say("web.tls.both"))
    return (certificate, key) if certificate and key else None


def run_page(
    app: AppContext,
    open_shop: Callable[[Listener], Shop],
    sheet: Path | None,
    listener: socket.socket | None = None,
    host: str = LOOPBACK,
    public: str = "",
    tls: tuple[Path, Path] | None = None,
    *,
    browser: bool | None = None,
) -> None:
    """Serve the page of a shop until Ctrl-C; `listener`: None: the usual address.

    `browser`: open the browser; None: at a terminal. Where there is none, the page has a button that ends it.
    """
    from sync.web.serving import PageServer

    opens = app.interactive and not app.json if browser is None else browser
    known: dict[str, Any] = {
        "public": public,
        "tls": tls,
        "quits": opens and not app.interactive,
        "on_defect": app.tell_defect,
    }
    with listener or _listening(host, None) as taken:
        _serve(app, PageServer(open_shop, taken, host, sheet, **known), opens=opens)


def run_fleet_page(
    app: AppContext,
    fleet: Fleet,
    jobs_of: Callable[[str], Jobs],
    host: str = LOOPBACK,
    port: int | None = None,
    public: str = "",
    tls: tuple[Path, Path] | None = None,
    *,
    browser: bool | None = None,
) -> None:
    """Serve the page of all shops until Ctrl-C; `jobs_of`: returns a shop's jobs. The rest is as for `itemsync web`.

    Raises Refusal where the address is taken, or others reach it and nobody has an account.
    """
    from sync.web.fleet_serving import FleetPageServer

    opens = app.interactive and not app.json if browser is None else browser
    with _listening(host, port) as taken:
        _serve(app, FleetPageServer(fleet, jobs_of, taken, host, public=public, tls=tls), opens=opens)


def _serve(app: AppContext, page: Serving, *, opens: bool) -> None:
    def ready() -> None:
        if app.json:
            app.write_json({"url": page.url})
        else:
            app.tell(say("cli.web", url=page.url))
        if opens:
            # Some browsers come back only when they are closed.
            Thread(target=_open_browser, args=[page.url], daemon=True).start()

    page.serve(ready)


def _open_browser(url: str) -> None:
    with suppress(webbrowser.Error):
        webbrowser.open(url)


def _listening(host: str, port: int | None) -> socket.socket:
    """Take an address: None is the usual port, or else the next that is free. Raises Refusal."""
    from sync.web.serving import listen

    for number in range(PORT, PORT + PORTS) if port is None else [port]:
        with suppress(OSError):
            return listen(host, number)
    raise Refusal(say("cli.web.address", host=host, port=PORT if port is None else port))
