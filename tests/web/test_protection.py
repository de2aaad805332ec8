"""What stands before every handler, over real HTTP, with a page behind it that does whatever it is asked."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from sync.web.access import TOKEN_LASTS, PageAccess
from sync.web.address import PageAddress
from sync.web.connection import BoundedConnection
from sync.web.protection import protected, way_back
from sync.web.security import BODY, LONGEST_PATH, UPLOAD
from sync.web.stream_limit import ASKED_AGAIN, EACH
from tests.clocks import HandClock
from tests.web.served import Caller, free_port, serving


class BehindPage:
    """The page behind, and what it did."""

    def __init__(self, folder: str) -> None:
        self.done: list[str] = []
        self.had = 0
        self.streams = 0
        self.app = Starlette(
            routes=[
                Route("/", self.show),
                Route("/login", self.login),
                Route("/jobs/{job}/approve", self.approve, methods=["POST"]),
                Route("/sheets", self.take, methods=["POST"]),
                Route("/events", self.events),
                Mount("/static", StaticFiles(directory=folder)),
            ]
        )

    async def show(self, request: Request) -> Response:
        return PlainTextResponse(request.scope["person"].name)

    async def login(self, request: Request) -> Response:
        return PlainTextResponse("log in")

    async def approve(self, request: Request) -> Response:
        await request.body()
        self.done.append(request.path_params["job"])
        return PlainTextResponse("done")

    async def take(self, request: Request) -> Response:
        async for chunk in request.stream():
            self.had += len(chunk)
        return PlainTextResponse("taken")

    async def events(self, request: Request) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        self.streams += 1
        try:
            while True:
                yield "data: -\n\n"
                await asyncio.sleep(0.01)
        finally:
            self.streams -= 1


class Protected:
    """A page that is served, its clock, and one who opened the printed address."""

    def __init__(self, folder: str, listener: socket.socket) -> None:
        self.clock = HandClock()
        self.page = BehindPage(folder)
        self.access = PageAccess(PageAddress(port=listener.getsockname()[1]), None, clock=self.clock.seconds)
        self.app = protected(self.page.app, self.access)

    @property
    def stranger(self) -> Caller:
        return Caller(self.access.address.port)

    def let_in(self) -> Caller:
        caller = self.stranger
        assert caller.open(self.access.url).status == 303
        return caller


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("page")
    (place / "secret.txt").write_text("secret")
    (place / "static").mkdir()
    (place / "static" / "page.css").write_text("body {}")
    return str(place / "static")


@pytest.fixture
def world(folder: str) -> Iterator[Protected]:
    with free_port() as listener:
        world = Protected(folder, listener)
        with serving(world.app, listener):
            yield world


@pytest.fixture(scope="module")
def shared(folder: str) -> Iterator[tuple[Protected, Caller]]:
    """For tests that leave nothing behind."""
    with free_port() as listener:
        world = Protected(folder, listener)
        with serving(world.app, listener):
            yield world, world.let_in()


@pytest.fixture
def caller(shared: tuple[Protected, Caller]) -> Caller:
    return shared[1]


@pytest.fixture
def done(shared: tuple[Protected, Caller]) -> list[str]:
    """What the page did in this test."""
    shared[0].page.done.clear()
    return shared[0].page.done


# --- the one-time token and the session ---------------------------------------------------------------------------


def test_the_printed_address_lets_one_browser_in_once(world: Protected) -> None:
    url, me, thief = world.access.url, world.stranger, world.stranger
    assert thief.get("/").status == 401
    answer = me.open(url)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert answer.headers["set-cookie"].endswith("HttpOnly; Path=/; SameSite=strict")
    assert me.get("/").status == 200
    assert thief.open(url).status == 401
    assert thief.cookie == ""
    assert me.open(url).status == 303, "the same address again, in the browser that it let in"
    assert "token" not in world.access.url


@pytest.mark.parametrize("url", ["/?token=", "/?token=wrong", "/?token=%00", "/?token=密", "/?tokens={token}"])
def test_no_other_token_lets_anybody_in(world: Protected, url: str) -> None:
    token = world.access.url.partition("=")[2]
    assert world.stranger.get(url.format(token=token).replace("密", "%E5%AF%86")).status == 401
    assert world.let_in().get("/").status == 200, "and the right one still does"


def test_a_look_ahead_does_not_use_the_token_up(world: Protected) -> None:
    path = world.access.url.removeprefix(world.access.address.address)
    assert world.stranger.send("HEAD", path, None, {}).status == 401
    assert world.stranger.post(path).status == 401
    assert world.stranger.get(f"/login{path[1:]}").status == 200
    assert world.let_in().get("/").status == 200


def test_a_token_is_worth_nothing_after_some_minutes(world: Protected) -> None:
    world.clock.move(seconds=TOKEN_LASTS + 1)
    assert world.stranger.open(world.access.url).status == 401


def test_a_planted_cookie_is_replaced(world: Protected) -> None:
    me = world.stranger
    me.cookie = f"{world.access.cookie}=planted.by-somebody"
    planted = me.cookie
    me.open(world.access.url)
    assert me.cookie != planted
    assert me.get("/").status == 200
    me.cookie = planted
    assert me.get("/").status == 401


def test_a_stranger_is_led_to_the_login_and_back(world: Protected) -> None:
    answer = world.stranger.get("/jobs/7?tab=a%26b")
    assert (answer.status, "url=/login?next=%2Fjobs%2F7" in answer.text) == (401, True)
    assert world.stranger.get("/jobs/7", HX_Request="true").headers["hx-redirect"] == "/login"
    assert world.stranger.get("/login").text == "log in"
    assert world.stranger.get("/static/page.css").status == 200
    assert world.stranger.post("/jobs/7/approve").status == 401
    assert world.page.done == []


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/jobs/7", "/jobs/7"),
        ("/jobs/7?tab=new", "/jobs/7?tab=new"),
        ("", "/"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/login?next=/login", "/"),
    ],
)
def test_the_way_back_is_to_a_page_of_our_own(asked: str, goes: str) -> None:
    assert way_back(asked) == goes


# --- who sends a request ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "", "Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": ""}, 403),
        ({"Origin": "", "Referer": "http://127.0.0.1:{port}/"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://localhost:{port}"}, 403),
        ({"Origin": "http://127.0.0.1:{port}.evil.example"}, 403),
        ({"Origin": "http://evil.example", "Sec_Fetch_Site": "same-origin"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Origin": "", "Sec_Fetch_Site": "none"}, 403),
        ({"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, 421),
        ({"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}, 421),
    ],
)
def test_a_form_comes_from_our_own_page(
    caller: Caller, done: list[str], headers: dict[str, str], status: int
) -> None:
    named = {name: value.format(port=caller.port) for name, value in headers.items()}
    assert caller.post("/jobs/7/approve", None, **named).status == status
    assert done == ["7"] * (status == 200)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),
        ({"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate"}, 200),
        ({"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        ({"Sec_Fetch_Site": "same-site", "Sec_Fetch_Mode": "cors"}, 403),
        ({"Host": "evil.example:{port}"}, 421),
        ({"Host": "192.168.1.5:{port}"}, 421),
    ],
)
def test_other_sites_may_link_to_us_and_embed_nothing(caller: Caller, headers: dict[str, str], status: int) -> None:
    named = {name: value.format(port=caller.port) for name, value in headers.items()}
    assert caller.get("/", **named).status == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "APPROVE"])
def test_other_methods_are_refused(caller: Caller, done: list[str], method: str) -> None:
    assert caller.send(method, "/jobs/7/approve", b"", {"Origin": caller.origin}).status == 405
    assert done == []


def test_a_form_in_a_link_does_nothing(caller: Caller, done: list[str]) -> None:
    assert caller.get("/jobs/7/approve").status == 405
    assert done == []


@pytest.mark.parametrize(
    "head",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "POST /jobs/7/approve HTTP/1.1\r\nHost: {host}\r\nOrigin: {origin}\r\nOrigin: http://evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : {host}\r\n\r\n",
        "POST /sheets HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /sheets HTTP/1.1\r\nHost: {host}\r\nContent-Length: -5\r\n\r\n",
        "\x16\x03\x01\x02\x00",
        "\0" * 20_000,
    ],
)
def test_odd_requests_get_nothing(caller: Caller, done: list[str], head: str) -> None:
    text = head.replace("{host}", caller.host).replace("{origin}", caller.origin).replace("{long}", "x" * 70_000)
    cookie = f"\r\nCookie: {caller.cookie}\r\n\r\n"
    answer = caller.raw(text.replace("\r\n\r\n", cookie, 1).encode("latin-1"))
    assert not answer.startswith(b"HTTP/1.1 200")
    assert done == []
    assert caller.get("/").status == 200


PATHS = {
    "/static/../secret.txt": 400,
    "/static/%2e%2e/secret.txt": 400,
    "/static/..%2fsecret.txt": 400,
    "/static/..%5csecret.txt": 400,
    "/static/%252e%252e/secret.txt": 404,
    "/static/%00page.css": 400,
    "/static/page.css%0d%0aSet-Cookie:a=b": 400,
    "/static//etc/passwd": 404,
    "//etc/passwd": 400,
    "/static/C:/Windows/win.ini": 404,
    "/static/C:%5cWindows%5cwin.ini": 400,
    "/static/%c0%ae%c0%ae/secret.txt": 404,
    "/static/%ff%fe": 404,
    "/static": 404,
    "/static/": 404,
    "/%0aX: y": 400,
    "/" + "a" * LONGEST_PATH: 414,
    "/" + "%61" * 2_000: 414,
    "/?q=" + "a" * 5_000: 414,
    "*": 400,
}


@pytest.mark.parametrize(("path", "status"), PATHS.items(), ids=[path[:40] for path in PATHS])
def test_no_path_leads_out_of_the_page(caller: Caller, path: str, status: int) -> None:
    raw = caller.raw(f"GET {path.replace(' ', '%20')} HTTP/1.1\r\nHost: {caller.host}\r\n\r\n".encode("latin-1"))
    answered = int(raw.split(b" ", 2)[1])
    # Who isn't logged in doesn't even learn what isn't there.
    assert answered == (401 if status == 404 and not path.startswith("/static/") else status)
    assert b"secret" not in raw.partition(b"\r\n\r\n")[2]


def test_every_answer_has_its_headers(caller: Caller) -> None:
    stranger = Caller(caller.port)
    answers = [caller.get("/"), caller.get("/nothing"), stranger.get("/"), stranger.get("/", Host="evil.example")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
    assert "no-store" not in caller.get("/static/page.css").headers.get("cache-control", "")


# --- how much, and how slowly -------------------------------------------------------------------------------------


def test_a_body_is_counted_as_it_comes(shared: tuple[Protected, Caller], done: list[str]) -> None:
    """Not by what it says of itself: a stream of chunks says nothing."""
    world, caller = shared
    world.page.had = 0
    assert chunked(caller, "/sheets", 300 << 20) == 413
    assert world.page.had <= UPLOAD
    assert chunked(caller, "/sheets", UPLOAD) == 200
    assert chunked(caller, "/jobs/7/approve", BODY + 1) == 413
    assert done == []
    assert chunked(caller, "/jobs/7/approve", BODY) == 200


def test_a_body_that_says_it_is_too_long_is_not_read(shared: tuple[Protected, Caller]) -> None:
    world, caller = shared
    world.page.had = 0
    for said in (UPLOAD + 1, 10**15, 10**19):
        raw = caller.raw(
            f"POST /sheets HTTP/1.1\r\nHost: {caller.host}\r\nOrigin: {caller.origin}\r\nCookie: {caller.cookie}\r\n"
            f"Content-Length: {said}\r\n\r\n".encode()
        )
        assert raw.startswith(b"HTTP/1.1 413")
    assert world.page.had == 0


def chunked(caller: Caller, path: str, size: int) -> int:
    """Send a body of that size in chunks, as long as the page takes it; return the status of the answer."""
    piece = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    with caller.connected() as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {caller.host}\r\nOrigin: {caller.origin}\r\nCookie: {caller.cookie}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        for _ in range(size >> 20):
            connection.sendall(piece)
        if rest := size % (1 << 20):
            connection.sendall(b"%x\r\n" % rest + bytes(rest) + b"\r\n")
        connection.sendall(b"0\r\n\r\n")
        return int(connection.recv(65_536).split(b" ", 2)[1])


def test_a_session_has_a_few_streams_and_the_page_goes_on(world: Protected) -> None:
    me = world.let_in()
    with ExitStack() as tabs:
        opened = [tabs.enter_context(stream(me)) for _ in range(200)]
        assert sorted(opened) == [200] * EACH + [204] * (200 - EACH)
        assert me.get("/").status == 200
    wait_until(lambda: world.page.streams == 0)
    with stream(me) as status:
        assert status == 200, "what was closed is there for others"


def test_a_stream_ends_with_its_session(world: Protected) -> None:
    me = world.let_in()
    with stream(me):
        wait_until(lambda: world.page.streams == 1)
        session = world.access._sessions.find(me.cookie.partition("=")[2])
        assert session
        world.access._sessions.end_all(session.name)
        world.clock.move(seconds=ASKED_AGAIN)
        wait_until(lambda: world.page.streams == 0)


@contextmanager
def stream(caller: Caller) -> Iterator[int]:
    """Open a stream, and yield its status."""
    connection = HTTPConnection("127.0.0.1", caller.port, timeout=20)
    connection.request("GET", "/events", headers={"Host": caller.host, "Cookie": caller.cookie})
    try:
        yield connection.getresponse().status
    finally:
        connection.close()


def wait_until(so: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(1000):
        if so():
            return
        time.sleep(0.005)
    raise AssertionError("it never came to that")


class HastyConnection(BoundedConnection):
    """One that waits for less."""

    within = dict.fromkeys(BoundedConnection.within, 0.1)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x",
        b"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\nabc",
    ],
)
def test_who_says_next_to_nothing_is_hung_up_on(folder: str, begun: bytes) -> None:
    with free_port() as listener:
        world = Protected(folder, listener)
        with serving(world.app, listener, HastyConnection), world.stranger.connected() as connection:
            connection.sendall(begun.replace(b"{host}", world.stranger.host.encode()))
            ended(connection)


def ended(connection: socket.socket) -> None:
    """Read until the other side hangs up. Raises TimeoutError if it doesn't."""
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        pass
