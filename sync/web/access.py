"""Who may see the page: this machine's one person by a one-time token, or people with accounts by their passwords."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from math import ceil
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection
from starlette.responses import Response

from sync.errors import Refusal
from sync.messages import say
from sync.service.people import Accounts, Person, key_of, local_person
from sync.web.sessions import Session, Sessions
from sync.web.slowdown import Slowdown

if TYPE_CHECKING:
    from sync.service.context import Context
    from sync.web.address import PageAddress

TOKEN_LASTS = 600.0
"""Seconds for which the one-time token of the printed address may be used."""
LOCAL_LASTS = 7 * 86_400.0
"""Seconds that a session lasts on this machine, where a new one takes a new start of the program."""
GLANCE = "/glance"
"""What the page of all shops asks for again and again."""
AT_ONCE = 2
"""Passwords that are looked at at the same time: each takes 64 MB and a core for a moment."""


class PageAccess:
    """Lets people in, knows them again, and lets them go."""

    def __init__(
        self,
        address: PageAddress,
        accounts: Accounts | None,
        *,
        clock: Callable[[], float],
        random: Callable[[], str] = token_urlsafe,
    ) -> None:
        """`accounts`: None: only this machine reaches the page, and its one person needs none.

        `clock`: seconds by a clock that nobody sets. `random`: makes what is secret.
        """
        self.address, self._accounts = address, accounts
        self.clock = clock
        limits = {} if accounts else {"idle": LOCAL_LASTS, "longest": LOCAL_LASTS}
        self._sessions = Sessions(clock, random=random, **limits)
        self._slowdown = Slowdown(clock)
        self._looking = CapacityLimiter(AT_ONCE)
        self._token = "" if accounts else random()
        self._token_ends = clock() + TOKEN_LASTS
        prefix = "__Host-" if address.secure else ""
        # Cookies don't tell ports apart: two shops' pages on one machine must not take each other's.
        self.cookie = f"{prefix}itemsync-{address.port}"

    @classmethod
    def open(cls, context: Context, address: PageAddress) -> PageAccess:
        """Make ready. Raises Refusal for an address that others reach, where nobody has an account."""
        clock = context.clock.monotonic
        if address.local:
            return cls(address, None, clock=clock)
        accounts = Accounts(context)
        if not accounts.all():
            raise Refusal(say("web.no_accounts", address=address.address))
        accounts.make_ready()
        return cls(address, accounts, clock=clock)

    @property
    def local(self) -> bool:
        """Whether the page has one person and no accounts."""
        return self._accounts is None

    @property
    def accounts(self) -> Accounts:
        """The accounts; for pages that only such a page has."""
        assert self._accounts is not None  # noqa: S101
        return self._accounts

    @property
    def url(self) -> str:
        """The address to open; with the one-time token, where the page has one."""
        return f"{self.address.address}/?token={self._token}" if self._token else self.address.address

    def use_token(self, given: str) -> bool:
        """Whether this is the one-time token, in time and for the first time; from then on it is worth nothing."""
        right = bool(self._token) and hmac.compare_digest(given.encode(), self._token.encode())
        if not right or self.clock() > self._token_ends:
            return False
        self._token = ""
        return True

    async def log_in(self, name: str, password: str, address: str) -> Person | int:
        """Return the person whose password it is; else the seconds to wait before the next try, 0: none.

        `address`: where the try comes from.
        """
        key = key_of(name)
        if wait := self._slowdown.wait(key, address):
            return ceil(wait)
        self._slowdown.tried(key, address)
        found = await to_thread.run_sync(self.accounts.check, name, password, limiter=self._looking)
        if found is None:
            return ceil(self._slowdown.wait(key, address))
        self._slowdown.succeeded(key, address)
        return found.person

    async def change_password(self, name: str, now: str, new: str, address: str) -> int | None:
        """Give a person another password; None: done. Else it wasn't the one they have, and how long to wait.

        Raises Refusal for a new one that is too short.
        """
        found = await self.log_in(name, now, address)
        if isinstance(found, int):
            return found
        await to_thread.run_sync(self.accounts.set_password, name, new, limiter=self._looking)
        self._sessions.end_all(name)
        return None

    async def person(self, session: Session | None) -> Person | None:
        """Return whose session it is, with the role that the person has now; None: nobody's any more."""
        if session is None or self._accounts is None:
            return local_person() if session else None
        account = await to_thread.run_sync(self._accounts.account, session.name)
        if account is None or account.mark != session.mark:
            self._sessions.end_all(session.name)
            return None
        return account.person

    def session(self, request: HTTPConnection) -> Session | None:
        """Return the session that a request's cookie is of, and note that it is in use.

        What a page that nobody looks at asks for by itself is no use of it.
        """
        used = request.scope["path"] != GLANCE
        return self._sessions.find(request.cookies.get(self.cookie, ""), used=used)

    def still(self, session: Session) -> bool:
        """Whether a session goes on; to ask is no use of it."""
        return self._sessions.still(session)

    async def begin(self, request: HTTPConnection, response: Response, name: str) -> None:
        """Open a session for a person with an account; the one that the browser had until now ends."""
        account = await to_thread.run_sync(self.accounts.account, name)
        self._begin(request, response, name, account.mark if account else "")

    async def begin_local(self, request: HTTPConnection, response: Response) -> None:
        """Open a session for this machine's one person."""
        self._begin(request, response, local_person().name, "")

    def _begin(self, request: HTTPConnection, response: Response, name: str, mark: str) -> None:
        kept = self._sessions.begin(name, mark, request.cookies.get(self.cookie, ""))
        response.set_cookie(self.cookie, kept, httponly=True, samesite="strict", secure=self.address.secure)

    def end(self, request: HTTPConnection, response: Response) -> None:
        """End the session of a request, here and in the browser."""
        self._sessions.end(request.cookies.get(self.cookie, ""))
        response.delete_cookie(self.cookie, httponly=True, samesite="strict", secure=self.address.secure)
