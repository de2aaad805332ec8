"""`itemsync auth`: the seller's authorization."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import ask
from sync.cli.exits import GATEWAY
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.messages import say

if TYPE_CHECKING:
    from sync.service.login import AuthorizationClient, Token

AUTH = App("auth.")


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(AUTH, name="auth")


@AUTH.command()
def login(
    context: typer.Context,
    paste: Annotated[bool, typer.Option("--paste", help="help.paste")] = False,
) -> None:
    """Have the seller authorize this application in the browser, and keep the token."""
    from sync.service.authorization import lasting
    from sync.service.login import by_listening, by_pasting, log_in

    app: AppContext = context.obj
    shop = app.shop.context

    def grant(server: AuthorizationClient) -> Token:
        if paste:
            return by_pasting(server, lambda page: _show(app, page), lambda: ask(app, say("auth.ask_code")))
        return by_listening(shop, server, lambda page: _open(app, page))

    granted, now = log_in(shop, lambda: _ask_secret(app), grant), shop.clock.now()
    app.say(say("auth.granted", seller=granted.seller, place=granted.place))
    app.say(lasting(granted.token, now))
    if not granted.token.writable(now):
        app.tell(say("auth.read_only"))
    if shop.profile.session:
        app.tell(say("auth.overridden", source=shop.source("session")))


@AUTH.command()
def status(context: typer.Context, json: JsonOption = False) -> int:
    """Show who authorized, until when, and whether it can be renewed and may write."""
    from sync.service.authorization import lasting
    from sync.service.login import authorization

    app: AppContext = context.obj
    shop = app.shop.context
    found, now = authorization(shop), shop.clock.now()
    if found is None:
        app.say(say("auth.fixed", source=shop.source("session")))
        if json:
            app.document({"profile": shop.profile.profile, "source": shop.source("session"), "seller": None})
        return 0
    token = found.token
    if json:
        app.document(found.document(shop))
    else:
        app.say(say("auth.granted", seller=found.seller, place=found.place))
        app.say(lasting(token, now))
        app.say(say("auth.may_write") if token.writable(now) else say("auth.read_only"))
    return 0 if token.alive(now) or token.renewable(now) else GATEWAY


@AUTH.command()
def refresh(context: typer.Context) -> None:
    """Renew the token now."""
    from sync.service.authorization import lasting
    from sync.service.login import renew

    app: AppContext = context.obj
    shop = app.shop.context
    app.say(lasting(renew(shop), shop.clock.now()))


@AUTH.command()
def logout(context: typer.Context) -> None:
    """Forget the token. The app secret is the application's, and stays."""
    from sync.service.login import log_out

    app: AppContext = context.obj
    kept, secrets = log_out(app.shop.context)
    app.say(say("auth.forgotten", place=kept.place) if secrets.token else say("auth.none"))
    if secrets.app_secret:
        app.say(say("auth.secret_stays", place=kept.place))


def _ask_secret(app: AppContext) -> str:
    from sync.service.credentials import missing

    if not app.interactive:
        raise missing("app_secret", app.shop.context.profile)
    return ask(app, say("auth.ask_secret", app_key=app.shop.context.profile.app_key), hidden=True)


def _show(app: AppContext, page: str) -> None:
    app.tell(say("auth.open", address=page))


def _open(app: AppContext, page: str) -> None:
    """Show the page's address, and open the browser, if there is one."""
    from sync.service.login import PATIENCE

    _show(app, page)
    # Without a display, Linux would start a browser in this very terminal.
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform != "linux" or any(os.environ.get(name) for name in displays):
        with suppress(webbrowser.Error):
            webbrowser.open(page)
    app.tell(say("auth.waiting", minutes=round(PATIENCE / 60)))
