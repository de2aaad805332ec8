"""Access tokens: what lets the program call for a seller (docs/explanation/platform.md#authorization)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

from sync.errors import GatewayDown, Refusal
from sync.gateway.authority import AuthorizationClient
from sync.gateway.secret_store import SecretStore
from sync.gateway.token import Token
from sync.messages import say

RETRY_AFTER = timedelta(minutes=1)
"""How long no renewal is tried again after one that failed: thousands of calls may be waiting for it."""


class Access(Protocol):
    """What gives the client its access token. Safe to use from several threads."""

    def token(self) -> str:
        """Return a token that is fresh by our clock; one about to expire is renewed first."""

    def renewed(self, refused: str) -> str | None:
        """Return a newer token than the one that the platform `refused`; None: there is none to be had."""


@dataclass(frozen=True)
class FixedToken:
    """A token that can't be renewed: from a variable, or of an application whose tokens have a fixed length."""

    text: str = field(repr=False)

    def token(self) -> str:
        """See `Access.token`."""
        return self.text

    def renewed(self, refused: str) -> str | None:
        """See `Access.renewed`: never any."""
        return None


class RenewingToken:
    """A token of the secret store, renewed before it ends: once, however many threads and processes want it.

    In the middle of a run nothing is raised. A token that can't be renewed is used until the platform refuses it.
    Then the run stops cleanly, to be resumed after a new login.
    """

    def __init__(
        self,
        token: Token,
        secret_store: SecretStore,
        authority: AuthorizationClient,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Begin with `token`, which `secret_store` holds and `authority` granted."""
        self._token = token
        self._secret_store = secret_store
        self._authority = authority
        self._now = now
        self._lock = Lock()
        self._retry_at = now()
        self._exchanged = ""
        """The token that ours replaced. It is worth nothing now, even where the store still holds it."""

    def token(self) -> str:
        """See `Access.token`."""
        with self._lock:
            if self._token.due(self._now()):
                self._try_to_renew()
            return self._token.text

    def renewed(self, refused: str) -> str | None:
        """See `Access.renewed`."""
        with self._lock:
            if self._token.text == refused:
                self._try_to_renew()
            return self._token.text if self._token.text != refused else None

    def prepare(self) -> Token:
        """Return a token to begin a run with. Raises GatewayDown, saying why, if there is none."""
        with self._lock:
            now = self._now()
            if self._token.alive(now) and not self._token.renewable(now):
                return self._token
            if self._token.due(now):
                self._renew()
            return self._token

    def renew(self) -> Token:
        """Renew the token now. Raises GatewayDown if that can't be done."""
        with self._lock:
            self._renew()
            return self._token

    def _try_to_renew(self) -> None:
        now = self._now()
        # A later time than that comes of a clock that was set back since.
        if now < self._retry_at <= now + RETRY_AFTER:
            return
        try:
            self._renew()
            failed = self._token.due(self._now())
        except Refusal:
            failed = True
        if failed:
            self._retry_at = self._now() + RETRY_AFTER

    def _renew(self) -> None:
        with self._secret_store.locked():
            kept = self._secret_store.read()
            if kept.token is None:
                raise GatewayDown(say("auth.none"))
            known = self._token
            if kept.token.text != self._exchanged:
                self._token = kept.token
            if self._token.text != known.text and not self._token.due(self._now()):
                # Another process was faster, or a person has logged in anew.
                return
            if not self._token.renewable(self._now()):
                raise GatewayDown(say("auth.ended"))
            # A refresh token is good once, so a store that can't be written must be found out before it is used.
            self._secret_store.write(replace(kept, token=self._token))
            self._exchanged, self._token = self._token.text, self._authority.renew(self._token)
            self._secret_store.write(replace(kept, token=self._token))
