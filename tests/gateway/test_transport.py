"""One HTTP exchange over a real socket: it ends in time, takes no more than it can hold, and keeps connections."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Thread
from time import monotonic, sleep

import pytest

from sync.gateway.received import Received, Unanswered
from sync.gateway.transport import Transport
from sync.gateway.wire import LONGEST_ANSWER
from sync.sandbox.server import Sandbox
from tests.clocks import START
from tests.gateway.scripted_server import DROP, Act, raw, serving

FORM = "application/x-www-form-urlencoded"
WAITS = 0.3
"""Seconds."""
MIB = b"x" * 1024 * 1024


def post(act: Act, timeout: float = 5.0) -> Received | Unanswered:
    with serving(act) as server:
        return Transport(timeout).post(server.gateway, b"a=1", FORM)


def dripping(answer: bytes, *, every: float) -> Iterator[bytes]:
    for byte in answer:
        yield bytes([byte])
        sleep(every)


def flooding(status: str, *headers: str) -> Iterator[bytes]:
    """An answer that is as long as anybody likes to read."""
    yield raw(b"", status, *headers, length=1 << 40)
    for _ in range(2 * LONGEST_ANSWER // len(MIB)):
        yield MIB


@pytest.mark.parametrize("status", [200, 302, 404, 502])
def test_whatever_comes_back_is_an_answer(status: int) -> None:
    assert post(raw("x" * 99, f"{status} Whatever")) == Received(status, b"x" * 99)


@pytest.mark.parametrize(
    ("date", "time"),
    [
        ("Sat, 21 Nov 2026 01:00:00 GMT", START),
        ("Sat, 21 Nov 2026 09:00:00 +0800", START),
        ("Sat, 21 Nov 2026 01:00:00 -0000", START),
        ("Sat, 21 Nov 2026 01:00:00 +99999999999999", None),
        ("yesterday", None),
    ],
)
def test_what_time_a_server_says_it_is(date: str, time: datetime | None) -> None:
    with serving(raw("", "404 Not Found", f"Date: {date}")) as server:
        assert Transport().server_time(server.gateway) == time


def test_a_long_answer_is_read_whole() -> None:
    body = MIB * 9
    assert post(raw(body)) == Received(200, body)


def test_an_answer_that_drips_has_no_more_time_than_another() -> None:
    began = monotonic()
    answer = post(dripping(raw("x" * 9999), every=WAITS / 200), WAITS)
    assert isinstance(answer, Unanswered) and answer.connected
    assert monotonic() - began < 4 * WAITS


@pytest.mark.parametrize("answer", [("200 OK",), ("302 Found", "Location: /elsewhere")], ids=["answer", "redirect"])
def test_an_answer_that_is_too_long_is_not_held(answer: tuple[str, ...]) -> None:
    flood = flooding(*answer)
    answered = post(flood)
    assert isinstance(answered, Unanswered) and answered.why.code == "gateway.lost"
    assert next(flood, b"") == MIB, "it wasn't read to its end"


def test_a_dropped_connection_was_a_connection() -> None:
    answer = post(DROP)
    assert isinstance(answer, Unanswered) and answer.connected


def test_connections_are_kept_alive(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    over = Transport()
    with Sandbox() as sandbox:
        for _ in range(3):
            answer = over.post(sandbox.gateway, b"a=1", FORM)
            assert isinstance(answer, Received) and answer.body
    assert caplog.text.count("POST /router/rest") == 3
    assert caplog.text.count("Starting new HTTP connection") == 1


def test_no_query_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(raw("x")) as server:
        Transport().post(f"{server.gateway}?session=hunter2", b"", FORM)
    assert "POST /router/rest" in caplog.text and "hunter2" not in caplog.text


ENDLESS = {
    "endless 100 Continue": (b"HTTP/1.1 100 Continue\r\n\r\n" for _ in range(9999)),
    "a status line byte by byte": (bytes([byte]) for byte in b"HTTP/1.1 200 " + b"O" * 9999),
    "headers byte by byte": (bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 9999),
    "header after header": (b"HTTP/1.1 200 OK\r\n" if n == 0 else b"X-%d: x\r\n" % n for n in range(99)),
    "a body byte by byte": (raw("", length=9999) if n == 0 else b"x" for n in range(9999)),
    "chunks without end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" if n == 0 else b"1\r\nx\r\n" for n in range(9999)
    ),
    "trailers without end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" if n == 0 else b"X: x\r\n" for n in range(9999)
    ),
    "the size of a chunk without end": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" if n == 0 else b"x" for n in range(9999)
    ),
}  # fmt: skip


def slowly(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        sleep(WAITS / 20)


@pytest.mark.parametrize("name", ENDLESS)
def test_a_whole_request_has_one_deadline(name: str) -> None:
    """As long as something comes in, a time-out of the socket's own never ends."""
    began = monotonic()
    answer = post(slowly(ENDLESS[name]), WAITS)
    assert isinstance(answer, Unanswered) and answer.connected and answer.why.code == "gateway.lost"
    assert WAITS <= monotonic() - began < 4 * WAITS


def test_a_gateway_that_takes_nothing_in_ends_too() -> None:
    """More than both machines hold for one another, to a server that reads none of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = monotonic()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/router/rest"
        answer = Transport(WAITS).post(address, MIB * 32, FORM)
        assert isinstance(answer, Unanswered) and answer.connected
        assert monotonic() - began < 4 * WAITS


def test_what_connects_too_late_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sender has given it up by then, and looks whether it has happened."""
    now = [0.0]
    connect = socket.create_connection

    def slow(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        now[0] += 31.0
        return connect(address)

    monkeypatch.setattr("urllib3.util.connection.create_connection", slow)
    with taking() as (address, taken):
        answer = Transport(30.0, lambda: now[0]).post(f"http://{address}/router/rest", b"a=1", FORM)
    assert isinstance(answer, Unanswered) and not answer.connected
    assert taken == b""


@contextmanager
def taking(answer: bytes = b"") -> Iterator[tuple[str, bytearray]]:
    """Take one connection, say `answer` at once, and keep what comes in until it is closed."""
    taken = bytearray()

    def take(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)
            with suppress(OSError):
                while piece := connection.recv(65536):
                    taken.extend(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=take, args=[listener], daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", taken
        thread.join(5)
        assert not thread.is_alive()


def post_to(address: str, over: Transport) -> Received | Unanswered:
    return over.post(address, b"a=1", FORM)


def with_addresses(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> tuple[Transport, list[float]]:
    """Return a transport to a host of whose addresses only this machine's answers, and the waits for others."""
    now, waits = [0.0], list[float]()

    class Socket(socket.socket):
        def connect(self, address: object) -> None:
            if isinstance(address, tuple) and address[0] != "127.0.0.1":
                waits.append(self.gettimeout() or 0)
                now[0] += waits[-1]
                raise TimeoutError
            super().connect(address)  # type: ignore[arg-type]

    def found(_: str, port: int, *__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr("socket.socket", Socket)
    monkeypatch.setattr("socket.getaddrinfo", found)
    monkeypatch.setenv("no_proxy", "gateway.invalid")
    return Transport(30.0, lambda: now[0]), waits


@pytest.mark.parametrize(("dead", "waited"), [(0, []), (1, [15.0]), (2, [10.0, 10.0])])
def test_each_of_a_hosts_addresses_has_its_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, dead: int, waited: list[float]
) -> None:
    """As on a network whose IPv6 leads nowhere: the time isn't used up before the address that answers."""
    with serving(raw("x")) as server:
        over, waits = with_addresses(monkeypatch, *(f"10.0.0.{n}" for n in range(dead)), "127.0.0.1")
        answer = post_to(server.gateway.replace("127.0.0.1", "gateway.invalid"), over)
    assert (answer, waits) == (Received(200, b"x"), waited)
    assert "host: gateway.invalid:" in server.requests[0].head.lower()


def test_a_host_none_of_whose_addresses_answers_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    over, waits = with_addresses(monkeypatch, *(f"10.0.0.{n}" for n in range(5)))
    answer = post_to("https://gateway.invalid/router/rest", over)
    assert isinstance(answer, Unanswered) and not answer.connected
    assert sum(waits) == pytest.approx(30.0)


def test_each_request_has_its_own_time_over_one_connection() -> None:
    now = [0.0]
    over = Transport(30.0, lambda: now[0])
    with Sandbox() as sandbox:
        for _ in range(3):
            assert isinstance(post_to(sandbox.gateway, over), Received)
            now[0] += 29.0


PROXIES = {
    "socks5://10.0.0.1:1080": "socks5://10.0.0.1:1080",
    "socks5h://user:hunter2@proxy.invalid:1080": "socks5h://proxy.invalid:1080",
    "socks4://proxy.invalid": "socks4://proxy.invalid",
    "http://user:hunter2@127.0.0.1:9": "http://127.0.0.1:9",
    "https://user:hunter2@127.0.0.1:9/hunter2": "https://127.0.0.1:9",
    "user:hunter2@127.0.0.1:9": "127.0.0.1:9",
    "http://u:hun@ter2/x@127.0.0.1:9": "http://127.0.0.1:9",
    "ftp://user:hunter2@127.0.0.1:9": "ftp://127.0.0.1:9",
    "http://user:hunter2@127.0.0.1:port": "http://127.0.0.1:port",
    "http://user:hunter2@proxy.invalid:8080": "http://proxy.invalid:8080",
}


@pytest.mark.parametrize("variable", ["ALL_PROXY", "https_proxy"])
@pytest.mark.parametrize("proxy", PROXIES)
def test_what_no_proxy_let_out_never_left_and_the_proxy_is_named(
    monkeypatch: pytest.MonkeyPatch, proxy: str, variable: str
) -> None:
    for name in ("no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, proxy)
    answer = post_to("https://gateway.invalid/router/rest", Transport(5.0))
    assert isinstance(answer, Unanswered) and not answer.connected
    assert answer.why.code == "gateway.unreachable"
    for words in (answer.why.words("zh"), answer.why.words("en")):
        assert f" {PROXIES[proxy]} " in words and "hunter2" not in words and "hun" not in words


@pytest.mark.parametrize(
    "act",
    [raw("", "407 Proxy Authentication Required"), DROP, b"HTTP/1.1 200 OK\r\n\r\n", b"SSH-2.0\r\n"],
    ids=["refused", "dropped", "dropped once connected", "no HTTP"],
)
def test_a_proxy_that_does_not_connect_let_nothing_out(monkeypatch: pytest.MonkeyPatch, act: Act) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(act) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.gateway.removesuffix("/router/rest"))
        answer = post_to("https://gateway.invalid/router/rest", Transport(5.0))
    assert isinstance(answer, Unanswered) and not answer.connected


def test_encryption_that_never_began_let_nothing_out() -> None:
    with taking(b"HTTP/1.1 400 Bad Request\r\n\r\n") as (address, taken):
        answer = post_to(f"https://{address}/router/rest", Transport(5.0))
    assert isinstance(answer, Unanswered) and not answer.connected
    assert b"a=1" not in taken
