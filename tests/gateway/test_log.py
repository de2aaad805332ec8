"""The log of calls: a line each time that one left, and nothing that anybody must not know."""

import json
from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.gateway.log import CallLog
from tests.clocks import FakeClock
from tests.gateway.scripted_server import DROP, SECRET, SESSION, client, error, no, raw, serving, together, yes
from tests.gateway.test_batches import each, reads, told, writes

YES = yes("modify", success=True)


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_a_line_for_each_time_that_a_call_left(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    log = CallLog(file)
    early = no(7, "accesscontrol.limited-by-app-access-count", "This ban will last for 3 more seconds")
    with serving(together(YES, early, "{", yes("modify", success=False, message="不行")), raw(YES)) as server:
        client(server.gateway, FakeClock(), log=log.write).send(writes(4))
    log.close()
    at, method = "2026-11-21T01:00:00.000+00:00", "taobao.open.item.modify"
    first = {"time": at, "method": method, "seconds": 0.0, "attempt": 1, "batch": 4}
    limited = "7:accesscontrol.limited-by-app-access-count"
    assert lines(file) == [
        {**first, "item": "0", "outcome": "done", "code": None, "request_id": "r-1"},
        {**first, "item": "1", "outcome": "refused", "code": limited, "request_id": "r-2"},
        {**first, "item": "2", "outcome": "lost", "code": None, "request_id": None},
        {**first, "item": "3", "outcome": "refused", "code": None, "request_id": "r-1"},
        {**first, "item": "1", "outcome": "done", "code": None, "request_id": "r-1"}
        | {"time": at.replace("00.000", "03.000"), "attempt": 2, "batch": 1},
    ]


def test_what_may_have_been_done_is_not_called_refused(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    log = CallLog(file)
    with serving(together(no(50, "isp.top-remote-connection-timeout"), no(50, "isv.item-not-exist"))) as server:
        client(server.gateway, log=log.write).send(writes(2))
    log.close()
    assert [(line["outcome"], line["code"]) for line in lines(file)] == [
        ("lost", "50:isp.top-remote-connection-timeout"),
        ("refused", "50:isv.item-not-exist"),
    ]


def test_a_log_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    for _ in range(2):
        log = CallLog(file)
        with serving(each()) as server:
            client(server.gateway, log=log.write).send(writes(3))
        assert len(lines(file)) % 3 == 0, "it can be followed while the run goes on"
        log.close()
    assert len(lines(file)) == 6


@pytest.mark.parametrize("act", [DROP, error(27), together(YES, no(25)), raw(f"<html>{SECRET} {SESSION}")])
def test_no_secret_is_logged(tmp_path: Path, act: bytes | None) -> None:
    file = tmp_path / "calls.jsonl"
    log = CallLog(file)
    with serving(act) as server:
        client(server.gateway, log=log.write).send(writes(2))
        sign = server.requests[0].query["sign"]
    log.close()
    assert len(lines(file)) == 2
    assert not any(secret in file.read_text(encoding="utf-8") for secret in (SECRET, SESSION, sign))


def test_a_log_that_cannot_be_written_is_refused_by_its_option(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        CallLog(tmp_path / "missing" / "calls.jsonl")
    assert "--log" in refused.value.message.words("zh")


def test_a_full_disk_stops_no_call() -> None:
    log = CallLog(Path("/dev/full"))
    with serving(each()) as server:
        assert told(client(server.gateway, log=log.write).send(reads(3))) == {"success": 3}
    log.close()
