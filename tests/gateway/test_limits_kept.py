"""Our limiter against the sandbox's: both go by the same clock, and not one call is turned away."""

from __future__ import annotations

from collections import Counter

import pytest

from sync.gateway.auth import FixedToken
from sync.gateway.credentials import Credentials
from sync.gateway.log import LogLine
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import batch_size
from sync.limits import RateLimit
from sync.sandbox import limits
from sync.sandbox.server import Sandbox
from tests.clocks import START, FakeClock
from tests.gateway.scripted_server import client

A_SECOND = 50
CALLS = 2_000


def test_2000_calls_at_50_a_second_meet_no_limit() -> None:
    clock, lines = FakeClock(), list[LogLine]()
    limit = RateLimit(A_SECOND)
    batch = batch_size(20, limit)
    allowed = {limits.ALL_CALLS: limits.SandboxLimit(calls_per_second=A_SECOND, slack=batch)}
    with Sandbox(clock=lambda: clock.at, limits=allowed) as sandbox:
        credentials = Credentials(sandbox.app_key, sandbox.app_secret, FixedToken(sandbox.session))
        over = client(
            sandbox.gateway, clock, credentials=credentials, limits={"": limit}, batch_size=batch, log=lines.append
        )
        replies = OpenItems(over, connections=1).read([str(10**9 + n) for n in range(CALLS)], lambda _: None)
    assert Counter(line.code for line in lines) == {None: CALLS}
    assert len(replies) == CALLS
    assert (clock.at - START).total_seconds() == pytest.approx(CALLS / A_SECOND, rel=0.03)


def test_without_our_limiter_the_same_calls_are_turned_away() -> None:
    clock, lines = FakeClock(), list[LogLine]()
    allowed = {limits.ALL_CALLS: limits.SandboxLimit(calls_per_second=A_SECOND, slack=10)}
    with Sandbox(clock=lambda: clock.at, limits=allowed) as sandbox:
        credentials = Credentials(sandbox.app_key, sandbox.app_secret, FixedToken(sandbox.session))
        over = client(sandbox.gateway, clock, credentials=credentials, log=lines.append)
        OpenItems(over, connections=1).read([str(10**9 + n) for n in range(200)], lambda _: None)
    assert any((line.code or "").startswith("7:") for line in lines)
