"""The platform's addresses: what comes over HTTP, and what goes back."""

from __future__ import annotations

from collections import Counter

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.sandbox import batch, forms
from sync.sandbox.connection import Connection
from sync.sandbox.consent import ConsentPage
from sync.sandbox.fault_catalog import CannedReply
from sync.sandbox.gate import Rejected
from sync.sandbox.platform import Platform

REST, BATCH = "/router/rest", "/router/batch"
ANY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Web:
    """The application: gateway, authorization server, and counts for who wants to know what a command did."""

    def __init__(self, platform: Platform) -> None:
        self.requests: Counter[str] = Counter()
        """HTTP requests to the gateway, by path."""
        self._platform = platform
        self.asgi = Starlette(
            routes=[
                Route(REST, self._gateway, methods=ANY_METHOD),
                Route(BATCH, self._gateway, methods=ANY_METHOD),
                Route("/sandbox/calls", self._calls),
                Route("/sandbox/requests", self._requests),
                *ConsentPage(platform).routes,
            ]
        )

    async def _gateway(self, request: Request) -> Response:
        self.requests[request.url.path] += 1
        connection: Connection = request.state.connection
        return await connection.answer(request, await self._reply(request))

    async def _calls(self, request: Request) -> Response:
        return JSONResponse(dict(self._platform.calls))

    async def _requests(self, request: Request) -> Response:
        return JSONResponse(dict(self.requests))

    async def _reply(self, request: Request) -> CannedReply:
        batched = request.url.path == BATCH
        if request.method not in (("POST",) if batched else ("GET", "POST")):
            return self._platform.reject(Rejected(9, "Http Action Not Allowed"))
        try:
            query, body = forms.query(request), await forms.body(request)
            if batched:
                return self._platform.answer_batch(query, body, _separator(request))
            # Query and body are one set (docs/explanation/platform.md#one-call).
            return self._platform.answer(query | forms.pairs(body))
        except UnicodeDecodeError:
            return self._platform.reject(Rejected(41, "Invalid arguments:not UTF-8"))
        except ClientDisconnect:
            # A client that was killed half-way through its own call waits for nothing.
            return CannedReply(dropped=True)


def _separator(request: Request) -> str:
    """Read the header that names another separator; an empty one names none. Raises UnicodeDecodeError."""
    named = request.headers.get(batch.SEPARATOR_HEADER, "")
    return named.encode("latin-1").decode() or batch.SEPARATOR
