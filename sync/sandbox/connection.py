"""The part of a server that a framework hides: answers that never come, and connections that break."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.sandbox.fault_catalog import CannedReply


class Connection(H11Protocol):
    """One connection, as uvicorn has it, within reach of the application: `request.state.connection`."""

    _silent = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; each connection has a state of its own, of which every request gets a copy."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": self}

    async def answer(self, request: Request, reply: CannedReply) -> Response:
        """Return the answer to send. One to a client that has left, or was left, goes nowhere, and silently."""
        if reply.withheld:
            self._silent = True
            with suppress(TimeoutError):
                async with asyncio.timeout(reply.withheld):
                    await _gone(request)
            self._silent = False
        if reply.dropped:
            self.transport.abort()
            # Once the server has noticed, it throws away what is written to this connection.
            await _gone(request)
        return Response(reply.body, reply.status, media_type=reply.media_type)

    def shutdown(self) -> None:
        """End with the server, which must not wait for an answer that is withheld."""
        if self._silent:
            self.transport.abort()
        else:
            super().shutdown()


async def _gone(request: Request) -> None:
    """Wait until the connection is closed; its request was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
