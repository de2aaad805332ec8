"""Event streams: a few for each session, and none that outlives it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.types import Message, Send

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

EACH, ALL = 3, 64
"""Streams that one session, and all together, may have open. A browser has six connections to a page."""
ASKED_AGAIN = 10.0
"""Seconds after which a stream asks again whether its person may still see it."""
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class Streams:
    """Counts the streams that are open."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock`: seconds by a clock that nobody sets."""
        self.clock = clock
        self._open: Counter[str] = Counter()

    def take(self, session: str) -> bool:
        """Count one more; False: there are too many."""
        if self._open[session] >= EACH or self._open.total() >= ALL:
            return False
        self._open[session] += 1
        return True

    def give_back(self, session: str) -> None:
        """Count one less."""
        self._open[session] -= 1
        self._open += Counter()


class Answering:
    """Sends an answer on; where it is an event stream, only while there is room for it and somebody who may see it.

    One stream too many is answered 204: then the browser doesn't try again, and the page asks from time to time.
    A stream that is over is ended as if the browser had left, so that whoever feeds it stops.
    """

    def __init__(self, send: Send, streams: Streams, session: str, goes_on: Callable[[], Awaitable[bool]]) -> None:
        """`goes_on`: whether the session does."""
        self._send, self._streams, self._session, self._goes_on = send, streams, session, goes_on
        self._streaming = self._over = False
        self._asked = streams.clock()

    async def __call__(self, message: Message) -> None:
        """Send one part of the answer."""
        if self._over:
            return None
        if message["type"] == "http.response.start" and _is_stream(message):
            self._streaming = self._streams.take(self._session)
            if not self._streaming:
                self._over = True
                await self._send({"type": "http.response.start", "status": 204, "headers": []})
                return await self._send(_END)
        elif self._streaming and not await self._may_go_on():
            self._over = True
            return await self._send(_END)
        return await self._send(message)

    def close(self) -> None:
        """Give back what was taken; for the end of the request."""
        if self._streaming:
            self._streams.give_back(self._session)

    async def _may_go_on(self) -> bool:
        if self._streams.clock() - self._asked < ASKED_AGAIN:
            return True
        self._asked = self._streams.clock()
        return await self._goes_on()


def _is_stream(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")
