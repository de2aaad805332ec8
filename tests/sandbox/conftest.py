"""A sandbox for the tests of faults, which must stay quiet whatever its clients see."""

import logging
from collections.abc import Iterator

import pytest

from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.sandbox.caller import CLOCK
from tests.sandbox.items import item


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=CLOCK) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox, caplog: pytest.LogCaptureFixture) -> Iterator[Sandbox]:
    running.shop, running.faults = OpenItemShop(clock=CLOCK), Faults()
    running.calls.clear()
    running.requests.clear()
    yield running
    running.release_late()
    # What the client sees as trouble is none for the server.
    assert [record for record in caplog.get_records("call") if record.levelno >= logging.WARNING] == []


@pytest.fixture
def item_id(sandbox: Sandbox) -> int:
    return sandbox.shop.publish(item(inventory=5))
