"""The nouns: money without a float, values that say the same, the shop's clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import HIGHEST_PRICE, PRICE
from sync.item import CLEAR, Cell, Clear, Opaque, Row, Status, Value, clock_text, fen, opaque, same, yuan
from sync.messages import Level, Problem, say
from sync.values import from_wire, to_wire

FEN = st.integers(0, HIGHEST_PRICE)


# --- money --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (10, "0.10"),
        (1990, "19.90"),
        (-5, "-0.05"),
        (-1990, "-19.90"),
        (10**10, "100000000.00"),
    ],
)
def test_fen_are_written_as_yuan_with_two_decimals(amount: int, text: str) -> None:
    assert yuan(amount) == text


@pytest.mark.parametrize(
    ("text", "amount"),
    [("19.9", 1990), ("19", 1900), ("0.01", 1), ("19.904", 1990), ("19.905", 1991), ("-0.005", -1), ("1e2", 10000)],
)
def test_yuan_are_read_as_fen_and_half_a_fen_goes_up(text: str, amount: int) -> None:
    assert fen(text) == fen(Decimal(text)) == amount


@pytest.mark.parametrize("nonsense", ["", "abc", "NaN", "sNaN", "Infinity", "-Infinity", "1,000"])
def test_what_is_no_finite_number_is_no_money(nonsense: str) -> None:
    with pytest.raises(ArithmeticError):
        fen(nonsense)


@given(st.integers(-HIGHEST_PRICE, HIGHEST_PRICE))
def test_fen_and_yuan_are_a_round_trip(amount: int) -> None:
    assert fen(yuan(amount)) == amount


@given(FEN)
def test_the_one_float_of_the_program_is_exact_over_all_prices(amount: int) -> None:
    """Through JSON and back, read by a careful reader and by a careless one."""
    text = json.dumps(to_wire(PRICE, amount))
    assert from_wire(PRICE, json.loads(text, parse_float=Decimal)) == amount
    assert round(float(text) * 100) == amount
    assert Decimal(text) * 100 == amount, "no decimals that a person didn't type"


# --- values that say the same -------------------------------------------------------------------------------------

SAME: list[tuple[Cell | None, Cell | None, bool]] = [
    ("5", "5", True),
    ("5", Opaque("5"), True),
    (Opaque("5"), "5", True),
    ("true", Opaque("true"), True),
    ("1.5", Opaque("1.5"), True),
    (1, Status.ACTIVE, True),
    (("丽人", "美甲"), ("丽人", "美甲"), True),
    (Opaque('{"a": 1}'), Opaque('{"a": 1}'), True),
    (CLEAR, Clear(True), True),
    (None, None, True),
    ("5", "6", False),
    ("5", 5, False),
    ("5", None, False),
    ("", None, False),
    ("05", Opaque("5"), False),
    ('{"a": 1}', Opaque('{"a": 1}'), False),
    ("[1]", Opaque("[1]"), False),
    (("丽人", "美甲"), ("美甲", "丽人"), False),
    (0, None, False),
    (Status.INACTIVE, None, False),
    (CLEAR, None, False),
]


@pytest.mark.parametrize(("ours", "theirs", "answer"), SAME, ids=[f"{a!r} and {b!r}" for a, b, _ in SAME])
def test_same(ours: Cell | None, theirs: Cell | None, answer: bool) -> None:
    assert same(ours, theirs) is answer
    assert same(theirs, ours) is answer


VALUES: st.SearchStrategy[Value] = st.one_of(
    st.text(),
    st.integers(),
    st.sampled_from(Status),
    st.tuples(st.text(), st.text()),
    st.builds(opaque, st.integers()),
)


@given(VALUES, VALUES)
def test_same_is_symmetric_and_every_value_is_the_same_as_itself(one: Value, other: Value) -> None:
    assert same(one, one)
    assert same(one, other) is same(other, one)


@given(st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans(), st.none())))
def test_opaque_values_are_the_same_in_whatever_order_they_came(document: dict[str, object]) -> None:
    turned = dict(reversed(document.items()))
    assert opaque(document) == opaque(turned)
    assert json.loads(opaque(document).text) == document


# --- rows, statuses, moments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "invalid"),
    [((), False), ((Level.NOTE, Level.WARNING), False), ((Level.WARNING, Level.ERROR), True)],
    ids=["no problem", "warned", "wrong"],
)
def test_only_an_error_makes_a_row_invalid(levels: tuple[Level, ...], invalid: bool) -> None:
    problems = tuple(Problem("E2", say("code.missing"), level) for level in levels)
    assert Row(2, "A", problems=problems).invalid is invalid


def test_a_status_is_said_as_staff_say_it() -> None:
    assert [status.words("zh") for status in (Status.ACTIVE, Status.INACTIVE, Status.DELETED)] == [
        "有效",
        "失效",
        "删除",
    ]
    assert [int(status) for status in (Status.ACTIVE, Status.INACTIVE, Status.DELETED)] == [1, 0, -1]


def test_a_moment_is_told_on_the_shops_clock() -> None:
    assert clock_text(datetime(2026, 11, 20, 17, 30, tzinfo=UTC)) == "2026-11-21 01:30"
