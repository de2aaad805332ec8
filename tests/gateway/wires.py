"""What a well-behaved server can't do: a raw socket on this machine that drops, delays and garbles on order."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sync.gateway.client import Client, Credentials
from sync.gateway.open_item import OpenItems
from tests.hours import Hours

SECRET = "the-app-secret"
SESSION = "the-session"
CREDENTIALS = Credentials("12345678", SECRET, SESSION)

DROP = None
"""In a script: read the request, then close the connection without a word."""


class SILENCE:
    """In a script: read the request, and answer nothing until the caller has given up."""


Act = bytes | type[SILENCE] | None


@dataclass
class Wire:
    """The server's address, and the calls that reached it."""

    gateway: str
    received: list[Mapping[str, str]] = field(default_factory=list)
    """Each call's parameters, in the order of their coming."""


@contextmanager
def wire(*script: Act) -> Iterator[Wire]:
    """Serve one act a request, in their order, each over a connection of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}/router/rest")
        thread = threading.Thread(target=_serve, args=(listener, script, seen), daemon=True)
        thread.start()
        try:
            yield seen
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()


def _serve(listener: socket.socket, script: Sequence[Act], seen: Wire) -> None:
    for act in script:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            seen.received.append(_request(connection))
            if isinstance(act, bytes):
                connection.sendall(act)
            elif act is SILENCE:
                connection.settimeout(5)
                connection.recv(1)


def _request(connection: socket.socket) -> dict[str, str]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    sizes = (line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < int(next(sizes, b"0")):
        body += connection.recv(65536)
    return dict(parse_qsl(body.decode()))


def raw(body: bytes | str, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """Return a whole HTTP answer; `length`: the Content-Length it claims, where that is a lie."""
    content = body if isinstance(body, bytes) else body.encode()
    size = len(content) if length is None else length
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def said(method: str, **fields: object) -> bytes:
    """Return a success of an open-item method, such as `status_modify`."""
    return raw(json.dumps({f"open_item_{method}_response": fields | {"request_id": "r-1"}}))


def error(code: int, sub_code: str = "", sub_message: str = "", message: str = "no") -> bytes:
    """Return an `error_response`."""
    words = {"code": code, "msg": message, "sub_code": sub_code, "sub_msg": sub_message, "request_id": "r-2"}
    return raw(json.dumps({"error_response": {name: word for name, word in words.items() if word}}))


def client(gateway: str, hours: Hours | None = None, *, timeout: float = 5.0, patience: float = 120.0) -> Client:
    """Return a client whose pauses cost no time."""
    clock = hours or Hours()
    return Client(gateway, CREDENTIALS, timeout=timeout, patience=patience, now=clock.now, pause=clock.pause)


def channel(gateway: str, hours: Hours | None = None, *, timeout: float = 5.0) -> OpenItems:
    """Return an open-item channel over such a client."""
    return OpenItems(client(gateway, hours, timeout=timeout))
