"""The seller's authorization: begun in a browser, kept, renewed, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_urlsafe

from sync.errors import GatewayDown
from sync.gateway.authority import PASTE, AuthorizationClient, authority_of
from sync.gateway.callback import Callback
from sync.gateway.secret_store import Secrets, SecretStore
from sync.gateway.token import Token
from sync.messages import say
from sync.service.context import Context
from sync.service.credentials import authority, renewing

__all__ = [
    "PATIENCE",
    "AuthorizationClient",
    "Granted",
    "Token",
    "authorization",
    "by_listening",
    "by_pasting",
    "log_in",
    "log_out",
    "renew",
]

PATIENCE = 300.0
"""Seconds that a login waits for the browser to come back."""


@dataclass(frozen=True)
class Granted:
    """What there is of an authorization."""

    seller: str
    place: str
    """Where it is kept."""
    token: Token
    app_secret: bool
    """Whether the app secret is kept beside it."""

    def document(self, context: Context) -> dict[str, object]:
        """Return its JSON; no secret is in it."""
        now, token = context.clock.now(), self.token
        return {
            "profile": context.profile.profile,
            "source": self.place,
            "seller": token.nick,
            "until": token.until.isoformat(),
            "renewable": token.renewable(now),
            "renewable_until": token.refresh_until.isoformat() if token.refresh_until else None,
            "valid": token.alive(now),
            "may_write": token.writable(now),
            "levels": {level: end.isoformat() for level, end in token.levels.items()},
        }


def log_in(
    context: Context,
    ask_secret: Callable[[], str],
    grant: Callable[[AuthorizationClient], Token],
) -> Granted:
    """Have the seller authorize this application, and keep the token.

    `ask_secret` gives the app secret where nothing else does; `grant` leads the seller to the authorization server,
    see `by_pasting` and `by_listening`. Raises Refusal where either can't be done.
    """
    profile = context.profile
    profile.require_gateway()
    authority_of(profile.gateway)
    kept = context.secrets
    # A secret store that can't be written is found out before anybody has gone to the browser.
    with kept.locked():
        kept.write(kept.read())
    secret = profile.app_secret or kept.read().app_secret
    asked = None if secret else ask_secret()
    token = grant(authority(profile, secret or asked or "", context.clock.now))
    with kept.locked():
        kept.write(Secrets(asked or kept.read().app_secret, token))
    return _authorization(kept, token)


def by_pasting(server: AuthorizationClient, show: Callable[[str], None], ask_code: Callable[[], str]) -> Token:
    """Let a person bring the code: `show` gives them the page's address, `ask_code` takes what it shows."""
    show(server.page(PASTE, token_urlsafe()))
    return server.exchange(ask_code(), PASTE)


def by_listening(context: Context, server: AuthorizationClient, show: Callable[[str], None]) -> Token:
    """Wait for the browser to come back to this machine; `show` gives a person the page's address."""
    state = token_urlsafe()
    with Callback(context.profile.redirect, state) as callback:
        show(server.page(callback.redirect, state))
        code = callback.wait(PATIENCE)
    return server.exchange(code, callback.redirect)


def authorization(context: Context) -> Granted | None:
    """Return the authorization that a login brought; None: the settings' own is used. Raises GatewayDown for none."""
    context.profile.require_gateway()
    if context.profile.session:
        return None
    kept = context.secrets
    token = kept.read().token
    if token is None:
        raise GatewayDown(say("auth.none"))
    return _authorization(kept, token)


def renew(context: Context) -> Token:
    """Renew the token now. Raises GatewayDown where that can't be done."""
    context.profile.require_gateway()
    return renewing(context.profile, context.secrets, context.clock.now).renew()


def log_out(context: Context) -> tuple[SecretStore, Secrets]:
    """Forget the token; the app secret is the application's, and stays. Returns the place, and what was there."""
    context.profile.require_gateway()
    kept = context.secrets
    with kept.locked():
        secrets = kept.read()
        kept.write(replace(secrets, token=None))
    return kept, secrets


def _authorization(kept: SecretStore, token: Token) -> Granted:
    return Granted(token.nick or "-", str(kept.place), token, bool(kept.read().app_secret))
