"""A token's times: what the server's answer says, until when it is good, and when it is to be renewed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.gateway.protocol import Garbled
from sync.gateway.token import Token, granted
from tests.clocks import START

WHOLE: dict[str, object] = {
    "access_token": "first-access",
    "token_type": "Bearer",
    "expires_in": 7200,
    "refresh_token": "first-refresh",
    "re_expires_in": 86_400,
    "r1_expires_in": 7200,
    "r2_expires_in": 3600,
    "w1_expires_in": 1800,
    "w2_expires_in": 0,
    "taobao_user_id": "263664221",
    "taobao_user_nick": "%E5%95%86%E5%AE%B6+A",
}


def test_all_that_is_told_is_kept() -> None:
    token = granted(WHOLE, START)
    assert (token.text, token.refresh, token.nick) == ("first-access", "first-refresh", "商家 A")
    assert (token.until - START, (token.refresh_until or START) - START) == (timedelta(hours=2), timedelta(days=1))
    levels = {level: (end - START).total_seconds() for level, end in token.levels.items()}
    assert levels == {"r1": 7200, "r2": 3600, "w1": 1800, "w2": 0}


def test_numbers_may_come_as_text() -> None:
    texts = {name: str(value) for name, value in WHOLE.items()}
    assert granted(texts, START) == granted(WHOLE, START)


def test_a_staff_member_who_said_yes_is_named() -> None:
    assert (
        granted({**WHOLE, "sub_taobao_user_nick": "%E5%95%86%E5%AE%B6A%3A%E5%B0%8F%E6%9E%97"}, START).nick
        == "商家A:小林"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_token": ""},
        {"access_token": None},
        {"expires_in": None},
        {"expires_in": "soon"},
        {"w1_expires_in": -1},
    ],
    ids=str,
)
def test_what_is_no_token_is_not_trusted(wrong: dict[str, object]) -> None:
    with pytest.raises(Garbled) as caught:
        granted({**WHOLE, **wrong}, START)
    assert "first" not in str(caught.value)


def test_a_token_shows_nothing_of_itself() -> None:
    assert "first-" not in repr(granted(WHOLE, START))


@pytest.mark.parametrize(
    ("change", "seconds", "expected"),
    [
        ({}, 0, "alive renewable writable"),
        ({}, 1499, "alive renewable writable"),
        # The right to write ends after half an hour, so five minutes before that.
        ({}, 1500, "alive renewable writable due"),
        ({}, 1800, "alive renewable due"),
        ({"w1_expires_in": None}, 6899, "alive renewable writable"),
        ({"w1_expires_in": None}, 6900, "alive renewable writable due"),
        ({"w1_expires_in": None}, 7200, "renewable writable due"),
        ({}, 86_400, "due"),
        # It never could write: a renewal brings nothing that the next one wouldn't.
        ({"w1_expires_in": 0}, 6899, "alive renewable"),
        ({"re_expires_in": 0}, 0, "alive writable"),
        ({"refresh_token": None}, 0, "alive writable"),
        ({"re_expires_in": None}, 86_400_000, "renewable due"),
        # A short life is renewed in its last quarter.
        ({"expires_in": 8, "w1_expires_in": 8}, 5.9, "alive renewable writable"),
        ({"expires_in": 8, "w1_expires_in": 8}, 6, "alive renewable writable due"),
        ({"expires_in": 0, "w1_expires_in": 0}, 0, "renewable due"),
    ],
)
def test_what_it_is_good_for_and_when(change: dict[str, object], seconds: float, expected: str) -> None:
    token, now = granted({**WHOLE, **change}, START), START + timedelta(seconds=seconds)
    words = ("alive", "renewable", "writable", "due")
    assert " ".join(word for word in words if getattr(token, word)(now)) == expected


def test_what_a_renewal_leaves_out_stays_as_it_was() -> None:
    first = granted(WHOLE, START)
    later = START + timedelta(hours=1)
    second = granted({"access_token": "second-access", "expires_in": 60}, later, first)
    assert (second.text, second.refresh, second.refresh_until) == (
        "second-access",
        first.refresh,
        first.refresh_until,
    )
    assert (second.nick, second.until) == ("商家 A", later + timedelta(minutes=1))
    third = granted({"access_token": "third-access", "expires_in": 60, "re_expires_in": 0}, later, second)
    assert (third.refresh, third.refresh_until) == (None, None)
    with pytest.raises(Garbled, match="another seller's"):
        granted({**WHOLE, "taobao_user_id": "999"}, later, third)


def test_a_token_of_which_little_is_told() -> None:
    bare = granted({"access_token": "first-access", "expires_in": 60}, START)
    assert bare == Token("first-access", START, START + timedelta(minutes=1))
    assert bare.writable(START) and not bare.renewable(START)
