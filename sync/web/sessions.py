"""Who is logged in: sessions are kept in this process, and the browser has the signed number of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_urlsafe

from itsdangerous import BadSignature, Signer

IDLE = 4 * 3600.0
"""Seconds without a request after which a session ends."""
LONGEST = 16 * 3600.0
"""Seconds after which a session ends, however busy it is: a working day."""
EACH = 20
"""Sessions that one person may have; the oldest ends for one more."""


@dataclass
class Session:
    """One browser of one person."""

    id: str
    name: str
    """The person's."""
    mark: str
    """Of the password that opened it: with another password, or after the account was removed, it is over."""
    began: float
    """Seconds by the clock of `Sessions`."""
    seen: float
    """When the last request came."""


class Sessions:
    """The sessions of a page. They end by log-out, by time, and with this process."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        idle: float = IDLE,
        longest: float = LONGEST,
        random: Callable[[], str] = token_urlsafe,
    ) -> None:
        """`clock`: seconds by a clock that nobody sets. `idle`, `longest`: seconds. `random` makes what is secret."""
        self._clock, self._random = clock, random
        self._idle, self._longest = idle, longest
        self._signer = Signer(random())
        self._open: dict[str, Session] = {}

    def begin(self, name: str, mark: str = "", before: str = "") -> str:
        """Open a session, and return what the browser keeps; `before`: what it kept until now, which ends.

        Its number is always new: one that somebody planted in the browser is worth nothing.
        """
        self.end(before)
        self._drop_old()
        mine = sorted((one for one in self._open.values() if one.name == name), key=lambda one: one.seen)
        for one in mine[: max(0, len(mine) - EACH + 1)]:
            del self._open[one.id]
        session = Session(self._random(), name, mark, self._clock(), self._clock())
        self._open[session.id] = session
        return self._signer.sign(session.id).decode()

    def find(self, kept: str, *, used: bool = True) -> Session | None:
        """Return the session that a browser's cookie is of; None: there is none. `used`: note that it is in use."""
        session = self._open.get(self._number(kept))
        if session is None:
            return None
        if self._over(session):
            del self._open[session.id]
            return None
        if used:
            session.seen = self._clock()
        return session

    def still(self, session: Session) -> bool:
        """Whether a session goes on; to ask is no use of it."""
        return self._open.get(session.id) is session and not self._over(session)

    def end(self, kept: str) -> None:
        """End the session of a browser's cookie, if there is one."""
        self._open.pop(self._number(kept), None)

    def end_all(self, name: str) -> None:
        """End all sessions of a person."""
        for one in [one for one in self._open.values() if one.name == name]:
            del self._open[one.id]

    def _number(self, kept: str) -> str:
        try:
            return self._signer.unsign(kept.encode()).decode()
        except (BadSignature, UnicodeError):
            return ""

    def _over(self, session: Session) -> bool:
        now = self._clock()
        return now - session.seen > self._idle or now - session.began > self._longest

    def _drop_old(self) -> None:
        for one in [one for one in self._open.values() if self._over(one)]:
            del self._open[one.id]
