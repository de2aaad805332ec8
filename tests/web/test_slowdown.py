"""Whoever guesses passwords waits; whoever is guessed at gets in."""

from __future__ import annotations

import pytest

from sync.web.slowdown import (
    FORGOTTEN,
    FREE_BY_ADDRESS,
    FREE_BY_NAME,
    LONGEST_BY_ADDRESS,
    LONGEST_BY_NAME,
    MOST,
    Slowdown,
)
from tests.clocks import HandClock

HOME, STRANGER = "192.168.1.5", "192.168.1.66"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def slowdown(clock: HandClock) -> Slowdown:
    return Slowdown(clock.seconds)


def guess(slowdown: Slowdown, name: str, address: str, times: int) -> None:
    for _ in range(times):
        slowdown.tried(name, address)


def test_to_mistype_costs_nothing(slowdown: Slowdown) -> None:
    guess(slowdown, "小林", HOME, FREE_BY_NAME - 1)
    assert slowdown.wait("小林", HOME) == 0


def test_the_wait_grows_up_to_a_bound(slowdown: Slowdown, clock: HandClock) -> None:
    guess(slowdown, "小林", HOME, FREE_BY_NAME)
    waits = []
    for _ in range(6):
        waits.append(slowdown.wait("小林", HOME))
        clock.move(seconds=waits[-1])
        assert slowdown.wait("小林", HOME) == 0
        slowdown.tried("小林", HOME)
    assert waits == [1, 2, 4, 8, LONGEST_BY_NAME, LONGEST_BY_NAME]


def test_one_address_that_tries_many_names_waits_longer(slowdown: Slowdown) -> None:
    for number in range(100):
        slowdown.tried(f"name-{number}", STRANGER)
    assert slowdown.wait("小林", STRANGER) == LONGEST_BY_ADDRESS
    assert slowdown.wait("小林", HOME) == 0


def test_many_addresses_that_try_one_name_wait_too(slowdown: Slowdown) -> None:
    for number in range(100):
        slowdown.tried("小林", f"192.168.2.{number}")
    assert slowdown.wait("小林", STRANGER) == LONGEST_BY_NAME


def test_nobody_is_shut_out_from_where_they_log_in(slowdown: Slowdown) -> None:
    slowdown.succeeded("小林", HOME)
    guess(slowdown, "小林", STRANGER, 1000)
    assert slowdown.wait("小林", HOME) == 0
    assert slowdown.wait("小林", STRANGER) == LONGEST_BY_ADDRESS


def test_the_right_password_does_not_excuse_an_address(slowdown: Slowdown) -> None:
    """Or somebody with an account could guess another's, with a log-in of their own in between."""
    for _ in range(FREE_BY_ADDRESS):
        slowdown.tried("老王", STRANGER)
        slowdown.tried("小林", STRANGER)
        slowdown.succeeded("小林", STRANGER)
    assert slowdown.wait("小林", STRANGER) > 0


def test_to_log_in_often_costs_nothing(slowdown: Slowdown) -> None:
    for number in range(100):
        slowdown.tried(f"name-{number}", HOME)
        slowdown.succeeded(f"name-{number}", HOME)
    assert slowdown.wait("小林", HOME) == 0


def test_old_mistakes_are_forgotten(slowdown: Slowdown, clock: HandClock) -> None:
    guess(slowdown, "小林", HOME, FREE_BY_NAME - 1)
    clock.move(seconds=FORGOTTEN + 1)
    slowdown.tried("小林", HOME)
    assert slowdown.wait("小林", HOME) == 0


def test_the_networks_of_ipv6_count_as_one_address(slowdown: Slowdown) -> None:
    for number in range(FREE_BY_ADDRESS):
        slowdown.tried(f"name-{number}", f"2001:db8::{number}")
    assert slowdown.wait("小林", "2001:db8::ffff") > 0
    assert slowdown.wait("小林", "2001:db8:0:1::1") == 0


def test_memory_is_bounded_and_a_guesser_stays_in_it(slowdown: Slowdown) -> None:
    for number in range(MOST + 10):
        slowdown.tried(f"name-{number}", STRANGER)
    assert slowdown.wait("小林", STRANGER) == LONGEST_BY_ADDRESS
    assert len(slowdown._names._failures) == MOST
