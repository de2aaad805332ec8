"""Who is logged in, for how long, and what the browser has of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from sync.web.sessions import EACH, IDLE, LONGEST, Sessions
from tests.clocks import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sessions(clock: HandClock) -> Sessions:
    return Sessions(clock.seconds, random=numbered())


def numbered() -> Callable[[], str]:
    numbers = count()
    return lambda: f"secret-{next(numbers)}"


def test_a_session_is_found_by_what_the_browser_keeps(sessions: Sessions) -> None:
    kept = sessions.begin("小林", "mark")
    found = sessions.find(kept)
    assert found
    assert (found.name, found.mark) == ("小林", "mark")


@pytest.mark.parametrize("kept", ["", ".", "secret-1", "secret-1.forged", "\ud800", "密.密", "a" * 10_000])
def test_what_was_not_signed_here_finds_nothing(sessions: Sessions, kept: str) -> None:
    sessions.begin("小林")
    assert sessions.find(kept) is None


def test_another_process_signs_otherwise() -> None:
    first, second = (Sessions(lambda: 0.0, random=numbered()) for _ in range(2))
    kept = Sessions(lambda: 0.0, random=lambda: "other").begin("小林")
    assert first.find(kept) is second.find(kept) is None


def test_a_session_that_nobody_uses_ends(sessions: Sessions, clock: HandClock) -> None:
    kept = sessions.begin("小林")
    clock.move(seconds=IDLE)
    assert sessions.find(kept), "just in time, and used by this"
    clock.move(seconds=IDLE + 1)
    assert sessions.find(kept) is None


def test_what_a_page_asks_for_by_itself_is_no_use(sessions: Sessions, clock: HandClock) -> None:
    kept = sessions.begin("小林")
    clock.move(seconds=IDLE)
    assert sessions.find(kept, used=False)
    clock.move(seconds=1)
    assert sessions.find(kept) is None


def test_a_busy_session_ends_too(sessions: Sessions, clock: HandClock) -> None:
    kept = sessions.begin("小林")
    for _ in range(int(LONGEST // IDLE)):
        clock.move(seconds=IDLE)
        assert sessions.find(kept)
    clock.move(seconds=1)
    assert sessions.find(kept) is None


def test_to_ask_whether_it_goes_on_does_not_keep_it_going(sessions: Sessions, clock: HandClock) -> None:
    kept = sessions.begin("小林")
    session = sessions.find(kept)
    assert session
    clock.move(seconds=IDLE)
    assert sessions.still(session)
    clock.move(seconds=1)
    assert not sessions.still(session)
    assert sessions.find(kept) is None


def test_logging_in_ends_what_the_browser_had(sessions: Sessions) -> None:
    planted = sessions.begin("stranger")
    kept = sessions.begin("小林", before=planted)
    assert kept != planted
    assert sessions.find(planted) is None


def test_a_session_that_was_ended_is_no_more(sessions: Sessions) -> None:
    kept, other = sessions.begin("小林"), sessions.begin("小林")
    sessions.end(kept)
    assert sessions.find(kept) is None
    assert sessions.find(other)
    sessions.end_all("小林")
    assert sessions.find(other) is None


def test_a_person_has_only_so_many(sessions: Sessions, clock: HandClock) -> None:
    other = sessions.begin("老王")
    first, second, *_ = [begun(sessions, clock) for _ in range(EACH)]
    assert sessions.find(first), "used last, so it stays"
    last = begun(sessions, clock)
    assert [bool(sessions.find(one)) for one in (first, second, last, other)] == [True, False, True, True]


def begun(sessions: Sessions, clock: HandClock) -> str:
    clock.move(seconds=1)
    return sessions.begin("小林")
