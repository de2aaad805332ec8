"""The client over real sockets: what it sends, what it believes, what it sends again, and what it never shows."""

import gzip
import logging
import socket
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, SSLError

from sync.errors import Refusal
from sync.gateway.client import SHORTEST_ANNOUNCED
from sync.gateway.errors import FailureKind
from sync.gateway.protocol import SignMethod, sign
from sync.gateway.retry import ATTEMPTS, BANS, CallAnswer
from sync.messages import Message
from tests.clocks import START, FakeClock
from tests.gateway.scripted_server import (
    CREDENTIALS,
    DROP,
    METHOD,
    PARAMS,
    SECRET,
    SESSION,
    SILENCE,
    Act,
    call,
    client,
    error,
    raw,
    said,
    serving,
)

OK = said("status_modify", success=True)
BAN = "This ban will last for {} more seconds"
LOST: list[tuple[str, Act]] = [
    ("dropped", DROP),
    ("silent past the time-out", SILENCE),
    ("a proxy's page", raw("<html><body>502 Bad Gateway</body></html>", "502 Bad Gateway")),
    ("an empty body", raw("")),
    ("truncated JSON", raw('{"open_item_status_modify_response": {"success": tr')),
    ("cut off half-way", raw('{"open_item_status_modify_response": {}}', length=4000)),
    ("no headers at all", b"HTTP/1.1 200 OK\r\n\r\n"),
    ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n"),
    ("zipped nonsense", raw(b"\x1f\x8bnonsense", "200 OK", "Content-Encoding: gzip")),
    ("a redirection", raw("", "302 Found", "Location: http://127.0.0.1:9/router/rest")),
    ("a list", raw("[]")),
    ("two envelopes", raw('{"a_response": {}, "b_response": {}}')),
    ("an error without a code", raw('{"error_response": {"msg": "no"}}')),
    ("no UTF-8", raw(b'{"a_response": {"message": "\xff"}}')),
]
LOST_CASES = [pytest.param(act, id=name) for name, act in LOST]


@pytest.mark.parametrize("act", LOST_CASES)
def test_a_lost_write_is_sent_once_and_called_lost(act: Act) -> None:
    with serving(act, OK) as server:
        answer = call(client(server.gateway, timeout=0.2), repeatable=False)
    assert answer.lost is not None
    assert len(server.received) == 1


@pytest.mark.parametrize("act", LOST_CASES)
def test_a_lost_read_is_sent_again_after_a_pause(act: Act) -> None:
    clock = FakeClock()
    with serving(act, OK) as server:
        answer = call(client(server.gateway, clock, timeout=0.2), repeatable=True)
    assert answer.success is not None
    assert len(server.received) == 2
    assert len(clock.pauses) == 1 and clock.pauses[0] > 0


def test_a_read_that_stays_lost_is_given_up() -> None:
    clock = FakeClock()
    with serving(*[DROP] * ATTEMPTS) as server:
        answer = call(client(server.gateway, clock), repeatable=True)
    assert answer.lost is not None and answer.lost.code == "gateway.lost"
    assert len(server.received) == ATTEMPTS
    assert len(clock.pauses) == ATTEMPTS - 1


@pytest.mark.parametrize(
    "act",
    [
        raw('{"open_item_status_modify_response": {"success": true, "message": "a\tb\x01c\nd"}}'),
        raw(
            gzip.compress(b'{"open_item_status_modify_response": {"success": true}}'),
            "200 OK",
            "Content-Encoding: gzip",
        ),
        raw('\ufeff{"open_item_status_modify_response": {"success": true}}'),
        raw('{"open_item_status_modify_response": {"success": true}}', "500 Internal Server Error"),
    ],
    ids=["raw control characters", "gzip", "a byte order mark", "a strange HTTP status"],
)
def test_what_is_believed_all_the_same(act: Act) -> None:
    with serving(act) as server:
        answer = call(client(server.gateway), repeatable=False)
    assert answer.success is not None and answer.success.success is True


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("repeatable", [True, False], ids=["read", "write"])
def test_a_refused_connection_never_left(repeatable: bool) -> None:
    clock = FakeClock()
    answer = call(client(f"http://127.0.0.1:{closed_port()}/router/rest", clock), repeatable=repeatable)
    assert answer.unsent is not None and answer.unsent.code == "gateway.unreachable"
    assert clock.pauses == []


def test_a_proxy_that_is_not_there_never_let_it_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert call(client("https://gateway.invalid/router/rest"), repeatable=False).unsent is not None


def test_the_environments_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    with serving(OK) as server:
        assert call(client(server.gateway), repeatable=False).success is not None


def broken(cause: ssl.SSLError) -> requests.exceptions.SSLError:
    """Return what requests raises for trouble with encryption, whether it came in the handshake or afterwards."""
    return requests.exceptions.SSLError(MaxRetryError(None, "/router/rest", SSLError(cause)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cause", "unreachable", "code"),
    [
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), True, "gateway.certificate"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), False, "gateway.lost"),
    ],
    ids=["a certificate is refused before anything is sent", "encryption breaks down, nobody knows when"],
)
def test_encryption(cause: ssl.SSLError, unreachable: bool, code: str) -> None:
    with responses.RequestsMock() as mock:
        mock.post("https://eco.taobao.com/router/rest", body=broken(cause))
        answer = call(client("https://eco.taobao.com/router/rest"), repeatable=False)
    message = answer.unsent if unreachable else answer.lost
    assert message is not None and message.code == code


@pytest.mark.parametrize("repeatable", [True, False], ids=["read", "write"])
@pytest.mark.parametrize("seconds", [0, 1, 7, 120])
def test_a_ban_is_waited_for(seconds: int, repeatable: bool) -> None:
    clock = FakeClock()
    with serving(error(7, "accesscontrol.limited-by-app-access-count", BAN.format(seconds)), OK) as server:
        answer = call(client(server.gateway, clock, patience=120), repeatable=repeatable)
    assert answer.success is not None
    assert clock.pauses == [seconds] * (seconds > 0)
    assert len(server.received) == 2


@pytest.mark.parametrize("repeatable", [True, False], ids=["read", "write"])
def test_a_ban_that_is_too_long_is_not_waited_for(repeatable: bool) -> None:
    clock = FakeClock()
    with serving(error(7, "accesscontrol.limited-by-app-access-count", BAN.format(121)), OK) as server:
        over = client(server.gateway, clock, patience=120)
        answer = call(over, repeatable=repeatable)
        assert answer.refused is not None and answer.refused.kind is FailureKind.WAIT
        assert call(over, repeatable=repeatable).success is not None
    assert clock.pauses == []


@pytest.mark.parametrize("seconds", ["99999", "99999999999999", "9" * 400], ids=["a day", "ages", "a lie"])
def test_a_ban_that_no_clock_sees_the_end_of_stops_cleanly(seconds: str) -> None:
    with serving(error(7, "", BAN.format(seconds))) as server:
        answer = call(client(server.gateway), repeatable=False)
    assert answer.stops_all is not None and answer.stops_all.code == "gateway.banned"


def test_that_a_ban_is_waited_for_is_told_once() -> None:
    heard: list[Message] = []
    bans = [error(7, "", BAN.format(seconds)) for seconds in (90, 90, 88)]
    with serving(bans[0], OK, bans[1], bans[2], OK) as server:
        over = client(server.gateway, notify=heard.append)
        assert call(over, repeatable=False).success is not None
        assert call(over, repeatable=False).success is not None
    assert [message.code for message in heard] == ["gateway.waiting"] * 3
    assert "09:01:30" in heard[0].words("zh") and "Ctrl-C" in heard[0].words("zh")


def test_a_ban_that_many_requests_hear_of_is_told_once() -> None:
    heard: list[Message] = []
    with serving(*[error(7, "", BAN.format(seconds)) for seconds in (90, 89)], OK, OK) as server:
        over = client(server.gateway, batch_size=1, notify=heard.append, pause=lambda _: None)
        for _ in range(2):
            call(over, repeatable=False)
    assert [message.code for message in heard] == ["gateway.waiting"]


def test_a_ban_that_is_over_at_once_is_not_worth_a_line() -> None:
    heard: list[Message] = []
    with serving(error(7, "", BAN.format(SHORTEST_ANNOUNCED - 1)), OK) as server:
        assert call(client(server.gateway, notify=heard.append), repeatable=False).success is not None
    assert heard == []


def test_bans_without_an_end_are_given_up() -> None:
    clock = FakeClock()
    with serving(*[error(7, "", BAN.format(3))] * BANS) as server:
        answer = call(client(server.gateway, clock), repeatable=False)
    assert answer.refused is not None and answer.refused.kind is not FailureKind.LATER
    assert clock.pauses == [3.0] * (BANS - 1)


def test_a_ban_stops_every_call_of_this_client() -> None:
    clock = FakeClock()
    with serving(error(7, "", BAN.format(60)), OK, OK) as server, ThreadPoolExecutor(1) as other_thread:
        others: list[Future[CallAnswer]] = []

        def pause(seconds: float) -> None:
            others.append(other_thread.submit(call, shared, repeatable=False))
            FakeClock.pause(clock, seconds)

        shared = client(server.gateway, clock, pause=pause)
        call(shared, repeatable=False)
        assert [other.result(5).success is not None for other in others] == [True]
    assert [one["timestamp"][-8:] for one in server.received] == ["09:00:00", "09:01:00", "09:01:00"]


@pytest.mark.parametrize(
    ("repeatable", "sent"), [(True, ATTEMPTS), (False, 1)], ids=["a read is repeated", "a write is not"]
)
@pytest.mark.parametrize(
    "act",
    [error(10), error(15, "isp.service-error"), error(15, "isp.call-limited"), error(15)],
    ids=["unavailable", "isp", "isp limit", "unsaid"],
)
def test_the_platforms_own_trouble(act: Act, repeatable: bool, sent: int) -> None:
    clock = FakeClock()
    with serving(*[act] * sent) as server:
        answer = call(client(server.gateway, clock), repeatable=repeatable)
    assert answer.refused is not None and answer.refused.kind is FailureKind.LATER
    assert len(server.received) == sent
    assert all(pause > 0 for pause in clock.pauses)


@pytest.mark.parametrize("code", [11, 25, 27, 40, 501])
def test_a_no_is_not_asked_for_twice(code: int) -> None:
    with serving(error(code), OK) as server:
        answer = call(client(server.gateway), repeatable=True)
    assert answer.refused is not None and answer.request_id == "r-2"
    assert len(server.received) == 1


@pytest.mark.parametrize("method", SignMethod, ids=str)
def test_what_is_sent(method: SignMethod) -> None:
    credentials = replace(CREDENTIALS, sign_method=method)
    with serving(OK) as server:
        call(client(server.gateway, credentials=credentials), repeatable=False)
    sent = dict(server.received[0])
    assert sent.pop("sign") == sign(sent, SECRET, method)
    public = {"method": METHOD, "app_key": "12345678", "session": SESSION, "format": "json", "v": "2.0"}
    assert sent == {**PARAMS, **public, "sign_method": method.value, "timestamp": "2026-11-21 09:00:00"}


def test_each_try_carries_a_timestamp_and_a_signature_of_its_own() -> None:
    clock = FakeClock()
    with serving(error(7, "", BAN.format(100)), OK) as server:
        call(client(server.gateway, clock), repeatable=False)
    first, second = server.received
    assert clock.at == START + timedelta(seconds=100)
    assert (first["timestamp"], second["timestamp"]) == ("2026-11-21 09:00:00", "2026-11-21 09:01:40")
    assert first["sign"] != second["sign"]


@pytest.mark.parametrize(
    "gateway",
    [
        "https://eco.taobao.com/router/rest",
        "https://gw.example.com:8443/router/rest",
        "http://127.0.0.1:8080/router/rest",
        "http://localhost/router/rest",
        "http://[::1]:8080/router/rest",
        "http://gw.api.tbsandbox.com/router/rest",
    ],
)
def test_an_address_that_will_do(gateway: str) -> None:
    client(gateway)


@pytest.mark.parametrize(
    "gateway",
    [
        "http://eco.taobao.com/router/rest",
        "http://gw.api.tbsandbox.com.example.com/router/rest",
        "http://example.com#@127.0.0.1/router/rest",
        "http://127.0.0.1.example.com/router/rest",
        "http://127.0.0.1@example.com/router/rest",
        "http://me:hunter2@example.com/router/rest",
        "http://example.com/router/rest?session=hunter2",
        "ftp://127.0.0.1/router/rest",
        "eco.taobao.com/router/rest",
        "https:///router/rest",
        "https://eco.taobao.com",
        "https://eco.taobao.com/router/rest/",
        "https://eco.taobao.com/router/rest?session=hunter2",
        "https://eco.taobao.com/router/batch",
        "https://eco.taobao.com/?next=/router/rest",
        "https://[::1/router/rest",
        "https://eco.taobao.com:99999/router/rest",
        "https://eco.taobao.com:port/router/rest",
        "",
    ],
)
def test_an_address_that_will_not_do(gateway: str) -> None:
    with pytest.raises(Refusal) as refused:
        client(gateway)
    assert refused.value.message.code == "gateway.address"
    assert "hunter2" not in refused.value.message.words("zh")


def shown(answer: CallAnswer) -> str:
    words = answer.refused.message if answer.refused else answer.lost or answer.unsent
    return f"{answer!r} {words.words('zh') + words.words('en') if words else ''}"


@pytest.mark.parametrize(
    "act",
    [
        *LOST_CASES,
        pytest.param(error(27), id="session"),
        pytest.param(error(25), id="sign"),
        pytest.param(OK, id="ok"),
    ],
)
def test_secrets_are_shown_nowhere(act: Act, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")
    with serving(act) as server:
        over = client(server.gateway, timeout=0.2)
        answer = call(over, repeatable=False)
    seen = f"{shown(answer)} {over!r} {CREDENTIALS!r} {caplog.text}"
    assert "urllib3" in caplog.text
    for secret in (SECRET, SESSION, server.received[0]["sign"]):
        assert secret not in seen


@pytest.mark.parametrize(
    ("secret", "echo", "read"),
    [
        ("test", '"a test"', "a test"),
        ("a-long-secret", '"a a-long-secret"', "a ***"),
        ("a/long+secret=", '"a/long+secret= a%2Flong%2Bsecret%3D a\\/long+secret="', "*** *** ***"),
    ],
)
def test_only_what_can_be_a_secret_is_taken_out_of_an_answer(secret: str, echo: str, read: str) -> None:
    with serving(raw(f'{{"open_item_status_modify_response": {{"success": false, "message": {echo}}}}}')) as server:
        answer = call(client(server.gateway, credentials=replace(CREDENTIALS, app_secret=secret)), repeatable=False)
    assert answer.success is not None and answer.success.fields["message"] == read


def test_secrets_are_not_shown_of_a_connection_that_failed(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = call(client(f"http://127.0.0.1:{closed_port()}/router/rest"), repeatable=False)
    assert SECRET not in shown(answer) + caplog.text
    assert SESSION not in shown(answer) + caplog.text
