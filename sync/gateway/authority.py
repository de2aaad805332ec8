"""The authorization server: where a seller says yes, and where tokens come from
(docs/explanation/platform.md#authorization)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from sync.address import LIVE, LOOPBACK
from sync.errors import GatewayDown, Refusal
from sync.gateway.protocol import Garbled, read_json, without
from sync.gateway.received import Unanswered
from sync.gateway.token import Token, granted
from sync.gateway.transport import FORM, PLATFORM_SANDBOX, Transport
from sync.messages import say

PASTE = "urn:ietf:wg:oauth:2.0:oob"
"""The call-back address that makes the page show the code, for a person to paste."""
_AUTHORITIES = {
    **dict.fromkeys(LIVE, "https://oauth.taobao.com"),
    PLATFORM_SANDBOX: "https://oauth.tbsandbox.com",
}
LONGEST_WORDS = 200
"""Characters of the server's own words that are shown."""


def authority_of(gateway: str) -> str:
    """Return the authorization server's address that belongs to a gateway. Raises Refusal for an unknown gateway.

    The app secret goes there, so it is never guessed. Our own sandbox is its own authority.
    """
    address = urlsplit(gateway)
    if address.hostname in LOOPBACK:
        return f"{address.scheme}://{address.netloc.rpartition('@')[2]}"
    if address.hostname in _AUTHORITIES:
        return _AUTHORITIES[address.hostname]
    raise Refusal(say("auth.no_authority", host=address.hostname or "-"))


def words_of(said: Mapping[str, object]) -> str:
    """Return the server's own words of why not, from an answer or from the address that the browser brings back."""
    return " ".join(str(said[name]) for name in ("error", "error_description") if said.get(name))


@dataclass(frozen=True)
class AuthorizationClient:
    """One application at one authorization server. Plain HTTP goes to this machine only."""

    address: str
    app_key: str
    app_secret: str = field(repr=False)
    transport: Transport = field(repr=False, default_factory=Transport)
    now: Callable[[], datetime] = field(repr=False, default=lambda: datetime.now(UTC))

    def page(self, redirect: str, state: str) -> str:
        """Return the address at which the seller says yes; the browser then goes to `redirect`."""
        asked = {"response_type": "code", "client_id": self.app_key, "redirect_uri": redirect, "state": state}
        return f"{self.address}/authorize?{urlencode(asked)}"

    def exchange(self, code: str, redirect: str) -> Token:
        """Turn the code that the page gave into a token. Raises GatewayDown."""
        return self._ask({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect})

    def renew(self, token: Token) -> Token:
        """Return a newer token; the old one may be worth nothing from then on. Raises GatewayDown."""
        return self._ask({"grant_type": "refresh_token", "refresh_token": token.refresh or ""}, token)

    def _ask(self, asked: Mapping[str, str], before: Token | None = None) -> Token:
        body = {**asked, "client_id": self.app_key, "client_secret": self.app_secret}
        answer = self.transport.post(f"{self.address}/token", urlencode(body).encode(), FORM)
        if isinstance(answer, Unanswered):
            raise GatewayDown(say("auth.unreachable", address=self.address, reason=answer.why))
        try:
            document = read_json(answer.body)
            if "error" in document:
                raise GatewayDown(say("auth.refused", words=self._words(document, asked)))
            return granted(document, self.now(), before)
        except Garbled as garbled:
            raise GatewayDown(say("auth.garbled", reason=str(garbled))) from None

    def _words(self, document: Mapping[str, object], asked: Mapping[str, str]) -> str:
        """The server's own words may echo what was sent."""
        sent = (self.app_secret, asked.get("code", ""), asked.get("refresh_token", ""))
        return without(sent, words_of(document).encode()).decode()[:LONGEST_WORDS]
