"""What a well-behaved server can't do: a raw socket on this machine that drops, delays and garbles on order."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import parse_qsl, urlsplit

from sync.gateway.auth import FixedToken
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.log import LogLine
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.transport import Transport
from sync.limits import RateLimit
from sync.messages import Message
from sync.sandbox import batch
from tests.clocks import FakeClock
from tests.gateway.memory_ledger import MemoryLedger

SECRET = "the-app-secret"
SESSION = "the-session"
METHOD = "taobao.open.item.status.modify"
PARAMS = {"item_id": "7", "status": "0"}
CREDENTIALS = Credentials("12345678", SECRET, FixedToken(SESSION))

DROP = None
"""In a script: read the request, then close the connection without a word."""


class Silence(Enum):
    """In a script."""

    KEPT = "read the request, and answer nothing until the caller has given up"


SILENCE = Silence.KEPT


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came in."""

    path: str
    query: Mapping[str, str]
    head: str
    body: str

    @property
    def calls(self) -> list[dict[str, str]]:
        """The parameters of each of its calls, as the sandbox reads them: not with what the client writes with."""
        if self.path.endswith("/batch"):
            return batch.read(self.body, batch.SEPARATOR, self.query)
        return [dict(parse_qsl(self.body, keep_blank_values=True))]

    @property
    def items(self) -> list[str]:
        """Which items its calls are for."""
        return [call["item_id"] for call in self.calls]


Act = bytes | Silence | Iterable[bytes] | Callable[[Request], "Act"] | None
"""Bytes of an answer, whole or as they drip; or what depends on the request."""


@dataclass
class ScriptedServer:
    """The server's address, and the requests that reached it."""

    gateway: str
    requests: list[Request] = field(default_factory=list)

    @property
    def received(self) -> list[dict[str, str]]:
        """Each call's parameters, in the order of their coming."""
        return [call for request in self.requests for call in request.calls]


@contextmanager
def serving(*script: Act) -> Iterator[ScriptedServer]:
    """Serve one act a request, in their order, each over a connection of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen = ScriptedServer(f"http://127.0.0.1:{listener.getsockname()[1]}/router/rest")
        thread = threading.Thread(target=_serve, args=(listener, script, seen), daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()


def _serve(listener: socket.socket, script: Sequence[Act], seen: ScriptedServer) -> None:
    for act in script:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            request = _request(connection)
            seen.requests.append(request)
            _play(act(request) if callable(act) else act, connection)


def _play(act: Act, connection: socket.socket) -> None:
    if isinstance(act, bytes):
        connection.sendall(act)
    elif act is SILENCE:
        connection.settimeout(5)
        connection.recv(1)
    elif isinstance(act, Iterable):
        for drop in act:
            connection.sendall(drop)


def _request(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    sizes = (line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    size = int(next(sizes, b"0"))
    while len(body) < size:
        body += connection.recv(65536)
    target = urlsplit(head.split(b" ")[1].decode())
    return Request(target.path, dict(parse_qsl(target.query)), head.decode(), body.decode())


def raw(body: bytes | str, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """Return a whole HTTP answer; `length`: the Content-Length it claims, where that is a lie."""
    content = body if isinstance(body, bytes) else body.encode()
    size = len(content) if length is None else length
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def yes(method: str, **fields: object) -> str:
    """Return the body that says that a call of an open-item method, such as `status_modify`, succeeded."""
    return json.dumps({f"open_item_{method}_response": fields | {"request_id": "r-1"}})


def no(code: int, sub_code: str = "", sub_message: str = "", message: str = "no") -> str:
    """Return the body of an `error_response`."""
    words = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_message, "request_id": "r-2"}
    return json.dumps({"error_response": {name: word for name, word in words.items() if word}})


def said(method: str, **fields: object) -> bytes:
    """Return a success of an open-item method."""
    return raw(yes(method, **fields))


def whatever_was_called(**fields: object) -> Callable[[Request], bytes]:
    """Return an act that answers with a success of the method that was called."""
    return lambda request: said(
        request.calls[0]["method"].removeprefix("taobao.open.item.").replace(".", "_"), **fields
    )


def error(code: int, sub_code: str = "", sub_message: str = "", message: str = "no") -> bytes:
    """Return an `error_response`."""
    return raw(no(code, sub_code, sub_message, message))


def together(*bodies: str) -> bytes:
    """Return the answer to a batch."""
    return raw(batch.SEPARATOR.join(bodies))


def client(
    gateway: str,
    clock: FakeClock | None = None,
    *,
    timeout: float = 5.0,
    patience: float = 120.0,
    batch_size: int = 20,
    limits: Mapping[str, RateLimit] | None = None,
    credentials: Credentials = CREDENTIALS,
    pause: Callable[[float], object] | None = None,
    log: Callable[[LogLine], None] | None = None,
    notify: Callable[[Message], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> Client:
    """Return a client whose pauses cost no time."""
    clock = clock or FakeClock()
    limiter = Limiter(
        limits or {},
        MemoryLedger(),
        patience=patience,
        now=clock.now,
        monotonic=clock.monotonic,
        pause=pause or clock.pause,
    )
    return Client(
        gateway,
        credentials,
        limiter,
        transport=Transport(timeout),
        batch_size=batch_size,
        log=log,
        notify=notify,
        check=check,
    )


def call(over: Client, *, repeatable: bool) -> CallAnswer:
    """Send one call."""
    return over.send([OutgoingCall(METHOD, PARAMS, "7", repeatable=repeatable)])[0]


def channel(gateway: str, clock: FakeClock | None = None, *, timeout: float = 5.0) -> OpenItems:
    """Return an open-item channel over such a client."""
    return OpenItems(client(gateway, clock, timeout=timeout))
