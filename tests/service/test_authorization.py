"""A token that can't be renewed, as a shop's own application gets one: told while there is time."""

from datetime import timedelta

import pytest

from sync.gateway.token import Token
from sync.service.authorization import days_left, lasting
from tests.clocks import START


@pytest.mark.parametrize(
    ("lived", "left", "days"),
    [(358, 7.5, None), (358, 7, 7), (364, 1.5, 1), (364, 0.5, 0), (0, 1, None), (2, 5, None)],
    ids=str,
)
def test_the_last_week_of_a_long_life_is_told(lived: float, left: float, days: int | None) -> None:
    token = Token("t", START - timedelta(days=lived), START + timedelta(days=left))
    assert days_left(token, START) == days


def test_one_that_renews_itself_is_not() -> None:
    until = START + timedelta(days=1)
    assert days_left(Token("t", START - timedelta(days=300), until, refresh="r"), START) is None


@pytest.mark.parametrize(("left", "code"), [(300, "auth.lasts_days"), (0.5, "auth.lasts"), (-1, "auth.ended")])
def test_how_long_it_lasts_is_said_in_days(left: float, code: str) -> None:
    told = lasting(Token("t", START - timedelta(days=30), START + timedelta(days=left)), START)
    assert told.code == code
