"""`itemsync auth`: the seller's authorization."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import suppress
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import ask
from sync.cli.exits import GATEWAY
from sync.cli.helping import App
from sync.cli.options import JsonOption
from sync.errors import GatewayDown
from sync.item import clock_text
from sync.messages import Message, say
from sync.service.credentials import authority, minutes, renewing, secret_store

if TYPE_CHECKING:
    from sync.gateway.authority import AuthorizationClient
    from sync.gateway.secret_store import SecretStore
    from sync.gateway.token import Token

PATIENCE = 300.0
"""Seconds that a login waits for the browser to come back."""
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
    from sync.gateway.authority import authority_of
    from sync.gateway.secret_store import Secrets

    app: AppContext = context.obj
    profile = app.profile
    profile.require_gateway()
    authority_of(profile.gateway)
    kept = secret_store(profile)
    # A secret store that can't be written is found out before anybody has gone to the browser.
    with kept.locked():
        kept.write(kept.read())
    secret = profile.app_secret.get_secret_value() or kept.read().app_secret
    asked = None if secret else _ask_secret(app)
    server = authority(profile, secret or asked or "", app.clock.now)
    token = _by_pasting(app, server) if paste else _by_listening(app, server)
    with kept.locked():
        kept.write(Secrets(asked or kept.read().app_secret, token))
    app.say(say("auth.granted", seller=token.nick or "-", place=kept.place))
    app.say(lasting(app, token))
    if not token.writable(app.clock.now()):
        app.tell(say("auth.read_only"))
    if profile.session.get_secret_value():
        app.tell(say("auth.overridden", source=app.source("session")))


@AUTH.command()
def status(context: typer.Context, json: JsonOption = False) -> int:
    """Show who authorized, until when, and whether it can be renewed and may write."""
    app: AppContext = context.obj
    profile = app.profile
    profile.require_gateway()
    if profile.session.get_secret_value():
        app.say(say("auth.fixed", source=app.source("session")))
        if json:
            app.document({"profile": profile.profile, "source": app.source("session"), "seller": None})
        return 0
    kept = secret_store(profile)
    token = kept.read().token
    if token is None:
        raise GatewayDown(say("auth.none"))
    now = app.clock.now()
    if json:
        app.document(_document(app, token, kept))
    else:
        app.say(say("auth.granted", seller=token.nick or "-", place=kept.place))
        app.say(lasting(app, token))
        app.say(say("auth.may_write") if token.writable(now) else say("auth.read_only"))
    return 0 if token.alive(now) or token.renewable(now) else GATEWAY


@AUTH.command()
def refresh(context: typer.Context) -> None:
    """Renew the token now."""
    app: AppContext = context.obj
    app.profile.require_gateway()
    app.say(lasting(app, renewing(app.profile, app.clock.now).renew()))


@AUTH.command()
def logout(context: typer.Context) -> None:
    """Forget the token. The app secret is the application's, and stays."""
    from dataclasses import replace

    app: AppContext = context.obj
    app.profile.require_gateway()
    kept = secret_store(app.profile)
    with kept.locked():
        secrets = kept.read()
        kept.write(replace(secrets, token=None))
    app.say(say("auth.forgotten", place=kept.place) if secrets.token else say("auth.none"))
    if secrets.app_secret:
        app.say(say("auth.secret_stays", place=kept.place))


def _ask_secret(app: AppContext) -> str:
    from sync.service.credentials import missing

    if not app.interactive:
        raise missing("app_secret")
    return ask(app, say("auth.ask_secret", app_key=app.profile.app_key), hidden=True)


def _by_pasting(app: AppContext, server: AuthorizationClient) -> Token:
    from sync.gateway.authority import PASTE

    app.tell(say("auth.open", address=server.page(PASTE, token_urlsafe())))
    return server.exchange(ask(app, say("auth.ask_code")), PASTE)


def _by_listening(app: AppContext, server: AuthorizationClient) -> Token:
    from sync.gateway.callback import Callback

    state = token_urlsafe()
    with Callback(app.profile.redirect, state) as callback:
        address = server.page(callback.redirect, state)
        app.tell(say("auth.open", address=address))
        _open(address)
        app.tell(say("auth.waiting", minutes=round(PATIENCE / 60)))
        code = callback.wait(PATIENCE)
    return server.exchange(code, callback.redirect)


def _open(address: str) -> None:
    """Open the browser, if there is one: the address was printed too."""
    # Without a display, Linux would start a browser in this very terminal.
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    if sys.platform != "linux" or any(os.environ.get(name) for name in displays):
        with suppress(webbrowser.Error):
            webbrowser.open(address)


def lasting(app: AppContext, token: Token) -> Message:
    """Say until when the token lasts, and what happens then."""
    now = app.clock.now()
    until = clock_text(token.until)
    if token.renewable(now):
        if token.refresh_until is None:
            return say("auth.renews", until=until)
        return say("auth.renews_until", until=until, last=clock_text(token.refresh_until))
    return say("auth.lasts", until=until, left=minutes(token.until - now)) if token.alive(now) else say("auth.ended")


def _document(app: AppContext, token: Token, kept: SecretStore) -> dict[str, object]:
    now = app.clock.now()
    return {
        "profile": app.profile.profile,
        "source": kept.place,
        "seller": token.nick,
        "until": token.until.isoformat(),
        "renewable": token.renewable(now),
        "renewable_until": token.refresh_until.isoformat() if token.refresh_until else None,
        "valid": token.alive(now),
        "may_write": token.writable(now),
        "levels": {level: end.isoformat() for level, end in token.levels.items()},
    }
