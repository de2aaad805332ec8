"""A connection that nobody can keep open by saying next to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

WITHIN: Mapping[Any, float] = {h11.IDLE: 10.0, h11.SEND_BODY: 300.0}
"""Seconds in which a request's head must be there, and in which its body must."""


class BoundedConnection(H11Protocol):
    """A connection, as uvicorn has it, whose requests arrive in time or not at all."""

    within = WITHIN
    _awaited: Any = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin: the first request must come."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._stop_timer()

    def _watch(self) -> None:
        """Set the time anew whenever another part of a request is awaited, and only then."""
        awaited = self.conn.their_state
        if awaited is self._awaited:
            return
        self._awaited = awaited
        self._stop_timer()
        if awaited in self.within and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.within[awaited], self.transport.abort)

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
