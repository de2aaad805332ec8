"""The authorization server: codes for a seller's consent, tokens for codes, newer tokens for older ones.

docs/explanation/platform.md#authorization. What a person sees of it is in `consent.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit

from sync.address import LOOPBACK
from sync.sandbox.gate import Authorization
from sync.sandbox.shop import USER_ID

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect address of a tool that can't be reached: the page shows the code to paste."""
CODE_LIFE = timedelta(minutes=10)
"""Our own: no document says how long a code may wait."""
RENEWAL_LIFE = timedelta(days=30)
"""Of a refresh token. Our own, too."""
NICK = "沙箱小店"


class Denied(Exception):
    """The authorization server says no; both texts go to whoever asked."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True)
class Terms:
    """On what terms this platform authorizes. Tokens keep those that held when they were issued."""

    life: int = 7200
    """Seconds that an access token lives: about 2 hours."""
    renewable: bool = True
    """False: a token of a fixed length, without a refresh token."""
    renews: bool = True
    """False: every refresh is refused, of whatever token."""
    writes: bool = True
    """False: reading only, `w1_expires_in` is 0."""
    well_known: bool = True
    """Whether the session that everyone knows opens the gateway beside the tokens that are issued."""


@dataclass(frozen=True)
class _Token:
    expires: datetime
    writes: bool


class TokenIssuer:
    """Issues tokens to one application, and knows those that it issued; all of it is gone with the object."""

    def __init__(self, clock: Callable[[], datetime], mint: Callable[[], str] = token_urlsafe) -> None:
        """Go by `clock`; `mint` makes what nobody can guess."""
        self.terms = Terms()
        self.asked: Counter[str] = Counter()
        """Requests for a token that came from the application, by grant type, answered or denied."""
        self._clock = clock
        self._mint = mint
        self._codes: dict[str, tuple[str, datetime]] = {}
        self._renewals: dict[str, datetime] = {}
        self._tokens: dict[str, _Token] = {}

    def check(self, request: Mapping[str, str], application: Authorization) -> None:
        """Raise Denied for a request for consent that no page may be shown for.

        *Assumed:* the application is registered with every address of this machine, and with `oob`.
        """
        if request.get("client_id") != application.app_key:
            raise Denied("invalid_client", "client_id is not the App Key of an application")
        if request.get("response_type") != "code":
            raise Denied("unsupported_response_type", "response_type must be code")
        if not _registered(request.get("redirect_uri", "")):
            raise Denied("invalid_request", f"redirect_uri must be on this machine, or {OUT_OF_BAND}")

    def code(self, redirect: str) -> str:
        """Issue the code of a seller's consent, to be taken to the address `redirect`."""
        code = self._mint()
        self._codes[code] = (redirect, self._clock() + CODE_LIFE)
        return code

    def token(self, request: Mapping[str, str], application: Authorization) -> Mapping[str, object]:
        """Answer a request for a token with its fields; raises Denied."""
        if request.get("client_id") != application.app_key:
            raise Denied("invalid_client", "client_id is not the App Key of an application")
        if request.get("client_secret") != application.app_secret:
            raise Denied("invalid_client", "client_secret is wrong")
        match request.get("grant_type", ""):
            case "authorization_code":
                return self.redeemed(request.get("code", ""), request.get("redirect_uri", ""))
            case "refresh_token":
                return self.renewed(request.get("refresh_token", ""))
        raise Denied("unsupported_grant_type", "grant_type must be authorization_code or refresh_token")

    def redeemed(self, code: str, sent_to: str | None = None) -> Mapping[str, object]:
        """Return the fields of a token for a code, which is good once; raises Denied.

        `sent_to`: the address that the code was sent to, which must be right; None where nobody asks for it.
        """
        self.asked["authorization_code"] += 1
        redirect, until = self._codes.pop(code, ("", self._clock()))
        if self._clock() >= until or sent_to not in (None, redirect):
            raise Denied("invalid_grant", "code is unknown, used, expired, or was sent to another redirect_uri")
        return self._issue()

    def renewed(self, refresh_token: str) -> Mapping[str, object]:
        """Return the fields of a newer token. A refresh token is good once: the answer brings the next.

        Raises Denied.
        """
        self.asked["refresh_token"] += 1
        until = self._renewals.pop(refresh_token, self._clock())
        if self._clock() >= until or not self.terms.renews:
            raise Denied("invalid_grant", "refresh_token is unknown, used, expired, or refused")
        return self._issue()

    def opens(self, session: str) -> bool:
        """Whether a token that was issued is still alive."""
        token = self._tokens.get(session)
        return token is not None and self._clock() < token.expires

    def writes(self, session: str) -> bool:
        """Whether a session may change something: all but those that were issued for reading only."""
        token = self._tokens.get(session)
        return token is None or token.writes

    def _issue(self) -> Mapping[str, object]:
        terms, now, access = self.terms, self._clock(), self._mint()
        self._tokens[access] = _Token(now + timedelta(seconds=terms.life), terms.writes)
        renewal: dict[str, object] = {"re_expires_in": 0}
        if terms.renewable:
            refresh = self._mint()
            self._renewals[refresh] = now + RENEWAL_LIFE
            renewal = {"refresh_token": refresh, "re_expires_in": int(RENEWAL_LIFE.total_seconds())}
        may_write = terms.life if terms.writes else 0
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": terms.life,
            **renewal,
            "r1_expires_in": terms.life,
            "r2_expires_in": terms.life,
            "w1_expires_in": may_write,
            "w2_expires_in": may_write,
            "taobao_user_id": str(USER_ID),
            "taobao_user_nick": quote(NICK),
        }


def _registered(redirect: str) -> bool:
    """Nowhere else is a code sent to, so that nobody is led astray by a link."""
    try:
        address = urlsplit(redirect)
        return redirect == OUT_OF_BAND or (address.scheme in ("http", "https") and address.hostname in LOOPBACK)
    except ValueError:
        return False
