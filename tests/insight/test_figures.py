"""The formulas, one by one (docs/reference/insight.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.insight.figures import Period, figures, measured
from sync.insight.timeline import Looks
from tests.insight.year import BEGIN, changed, observed

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
HOUR = timedelta(hours=1)

Seen = Sequence[tuple[timedelta, int]]
"""When (since the beginning), and how many units stood there."""


def told(
    seen: Seen,
    moves: Seen = (),
    lost: Seen = (),
    *,
    now: timedelta = 13 * WEEK,
    since: timedelta = timedelta(),
    price: int = 1000,
    status: int = 1,
    looks: Sequence[timedelta] = (),
) -> dict[str, Any]:
    """What is said of one item."""
    observations = observed([("K1", BEGIN + at, price, stock, status) for at, stock in seen])
    ours = [("K1", BEGIN + at, by, "done") for at, by in moves] + [
        ("K1", BEGIN + at, by, "unknown") for at, by in lost
    ]
    period = Period(BEGIN + since, BEGIN + now)
    part = measured(observations, changed(ours), period, [Looks([BEGIN + at for at in looks])] if looks else ())
    (line,) = figures([part]).to_dict("records")
    return {str(name): value for name, value in line.items()}


def weekly(*stock: int) -> list[tuple[timedelta, int]]:
    return [(week * WEEK, units) for week, units in enumerate(stock)]


# --- sold -----------------------------------------------------------------------------------------------------------


def test_what_fell_is_presumed_sold() -> None:
    assert told(weekly(20, 15, 15, 11))["sold"] == 9


def test_sales_within_a_day_are_counted_observation_by_observation() -> None:
    assert told([(HOUR, 20), (2 * HOUR, 17), (3 * HOUR, 15)])["sold"] == 5


def test_what_we_added_or_took_is_no_sale() -> None:
    assert told(weekly(5, 40), moves=[(HOUR, 40)])["sold"] == 5
    assert told(weekly(40, 5), moves=[(HOUR, -30)])["sold"] == 5


def test_a_move_of_the_moment_of_a_reading_is_taken_to_show_in_it() -> None:
    assert told([(HOUR, 5), (2 * HOUR, 45)], moves=[(2 * HOUR, 40)])["sold"] == 0


def test_units_that_came_in_otherwise_are_no_negative_sale() -> None:
    line = told(weekly(20, 15, 18, 16))
    assert (line["sold"], line["came"], line["doubtful"]) == (7, 3, True)


@pytest.mark.parametrize(
    ("after", "sold", "most"),
    [(12, 0, 3), (15, 0, 0), (3, 2, 12)],
    ids=["it happened, and some were sold", "it happened", "nobody can tell"],
)
def test_a_lost_move_makes_sold_a_range(after: int, sold: int, most: int) -> None:
    line = told(weekly(5, after), lost=[(HOUR, 10)])
    assert (line["sold"], line["sold_most"], line["doubtful"]) == (sold, most, True)


def test_a_lost_move_that_would_have_taken_stock_makes_fewer_sold_certain() -> None:
    line = told(weekly(20, 8), lost=[(HOUR, -10)])
    assert (line["sold"], line["sold_most"], line["doubtful"]) == (2, 12, True)


def test_only_what_was_found_out_within_the_period_counts() -> None:
    assert told(weekly(20, 15, 11, 10), since=WEEK)["sold"] == 5
    assert told(weekly(20, 15, 11, 10), now=2 * WEEK)["sold"] == 9


@settings(max_examples=50)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("sell"), st.integers(0, 9)),
            st.tuples(st.just("move"), st.integers(-9, 30)),
            st.just(("look", 0)),
        ),
        max_size=40,
    )
)
def test_sold_is_exact_where_only_sales_and_our_moves_change_stock(happenings: list[tuple[str, int]]) -> None:
    stock, sold, counted = 50, 0, 0
    seen, moves = [(timedelta(), stock)], []
    for number, (what, units) in enumerate(happenings, start=1):
        at = number * HOUR
        if what == "sell":
            stock, sold = stock - min(units, stock), sold + min(units, stock)
        elif what == "move" and stock + units >= 0:
            stock += units
            moves.append((at, units))
        elif what == "look":
            seen.append((at, stock))
            counted = sold
    assert told(seen, moves)["sold"] == counted


# --- days -----------------------------------------------------------------------------------------------------------


def test_days_in_stock_leave_out_those_without_any() -> None:
    line = told(weekly(10, 0, 0, 10, 10), moves=[(3 * WEEK - HOUR, 10)])
    assert line["days_in_stock"] == pytest.approx(3.5 + 7 + 1 / 24)
    assert line["velocity"] == pytest.approx(10 / line["days_in_stock"])


def test_a_part_of_a_day_counts_as_one() -> None:
    line = told([(HOUR, 20), (2 * HOUR, 15)])
    assert (line["days_in_stock"], line["velocity"], line["days_of_cover"]) == (1, 5, 3)


def test_a_long_time_off_sale_is_no_time_in_stock_and_a_night_is() -> None:
    assert told(weekly(10, 10), status=0)["days_in_stock"] == 0
    assert told([(hours * HOUR, 10) for hours in (0, 10, 20)], status=0)["days_in_stock"] == 1


def test_a_look_that_found_nothing_new_is_a_day_observed() -> None:
    assert told(weekly(10), looks=[week * WEEK for week in range(5)])["days_observed"] == 28
    unseen = told([(timedelta(), 10), (5 * WEEK, 8)])
    assert (unseen["days_observed"], unseen["days_known"]) == (0, 35)


def test_a_look_at_other_items_tells_nothing_of_this_one() -> None:
    rows = observed([(code, BEGIN, 100, 5, 1) for code in ("K1", "K2")])
    part = measured(rows, changed([]), Period(BEGIN, BEGIN + WEEK), [Looks([BEGIN + 5 * DAY], ["K2"])])
    assert figures([part])["days_known"].tolist() == [0, 5]


def test_no_look_after_the_last_reading_tells_of_the_days_since() -> None:
    assert told(weekly(10, 8), now=9 * WEEK)["days_in_stock"] == 7


# --- what it means --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stock", "band"),
    [
        ((9, 5, 0), "out"),
        ((50, 40, 30), "low"),
        ((100, 90, 80), "healthy"),
        ((400, 390, 380), "excess"),
    ],
)
def test_the_band_is_that_of_the_cover(stock: tuple[int, ...], band: str) -> None:
    assert told(weekly(*stock))["band"] == band


def test_what_never_sold_is_excess_only_after_four_weeks() -> None:
    assert told(weekly(10, 10), now=WEEK)["band"] == "healthy"
    assert told(weekly(10, 10, 10, 10, 10))["band"] == "excess"


def test_slow_is_what_was_there_for_90_days_and_sold_nothing() -> None:
    looks = [week * WEEK for week in range(14)]
    assert told(weekly(10), looks=looks)["slow"]
    assert not told(weekly(10), looks=looks, now=12 * WEEK)["slow"]
    assert not told(weekly(10, 9), looks=looks)["slow"]
    assert not told(weekly(0), looks=looks)["slow"]


def test_sell_through_is_what_was_sold_of_what_was_there() -> None:
    assert told(weekly(20, 15))["sell_through"] == 0.25


def test_abc_is_by_turnover() -> None:
    rows = [(code, BEGIN + at, price, stock, 1) for code, price, sold in SOLD for at, stock in weekly(sold, 0)]
    frame = figures([measured(observed(rows), changed([]), Period(BEGIN, BEGIN + WEEK))])
    assert dict(zip(frame["outer_id"], frame["abc"], strict=True)) == {
        "dear": "A",
        "cheap": "B",
        "rest": "C",
        "none": "C",
    }


SOLD = [("cheap", 100, 15), ("dear", 1000, 8), ("rest", 100, 5), ("none", 100, 0)]


# --- restock --------------------------------------------------------------------------------------------------------


def test_a_restock_reaches_for_eight_weeks() -> None:
    line = told(weekly(*range(100, 9, -10)))
    assert (line["stock"], line["velocity"] * 7, line["suggest"]) == (10, pytest.approx(10), 70)


def test_a_restock_is_for_no_more_days_than_were_watched() -> None:
    assert told([(HOUR, 8), (2 * HOUR, 3)])["suggest"] == 2
    assert told([(HOUR, 8), (2 * HOUR, 3)], looks=[2 * WEEK])["suggest"] == 2


def test_a_second_restock_right_after_the_first_suggests_nothing() -> None:
    seen = weekly(*range(100, 9, -10))
    first = told(seen)["suggest"]
    assert first > 0
    assert told(seen, moves=[(9 * WEEK + HOUR, first)])["suggest"] == 0
    after = [*seen, (9 * WEEK + 2 * HOUR, 10 + first)]
    assert told(after, moves=[(9 * WEEK + HOUR, first)])["suggest"] == 0


def test_nothing_is_suggested_while_a_move_is_lost() -> None:
    assert told(weekly(20, 10), lost=[(WEEK + HOUR, 60)])["suggest"] == 0


def test_nothing_is_suggested_for_what_somebody_took_off_sale() -> None:
    assert told([(HOUR * each, 10 - each) for each in range(6)], status=0)["suggest"] == 0
    assert told([(HOUR * each, 5 - each) for each in range(6)], status=0)["suggest"] == 5


def test_nothing_is_suggested_for_what_does_not_sell() -> None:
    assert told(weekly(0, 0))["suggest"] == 0


# --- price ----------------------------------------------------------------------------------------------------------


def priced(before: int, after: int, weeks: int = 5) -> list[tuple[object, ...]]:
    """Readings of an item that sells so many a week before and after its price fell."""
    stock, rows = 1000, list[tuple[object, ...]]()
    for week in range(2 * weeks + 1):
        rows.append(("K1", BEGIN + week * WEEK, 2000 if week < weeks else 1500, stock, 1))
        stock -= before if week < weeks else after
    return rows


def effect(rows: list[tuple[object, ...]]) -> dict[str, Any]:
    (line,) = figures([measured(observed(rows), changed([]), Period(BEGIN, BEGIN + 20 * WEEK))]).to_dict("records")
    return {str(name): value for name, value in line.items()}


def test_the_effect_of_a_price_is_told_of_equal_windows() -> None:
    line = effect(priced(4, 6))
    assert (line["price_before"], line["price_after"]) == (2000, 1500)
    assert line["price_changed"] == pd.Timestamp(BEGIN + 5 * WEEK)
    assert line["price_effect"] == pytest.approx(0.5, abs=0.02)


def test_the_effect_is_not_told_of_less_than_four_weeks() -> None:
    assert pd.isna(effect(priced(4, 6, weeks=3))["price_effect"])


def test_the_effect_is_not_told_where_the_item_ran_out() -> None:
    rows = priced(4, 6)
    rows[7] = (*rows[7][:3], 0, 1)
    assert pd.isna(effect(rows)["price_effect"])


# --- items ----------------------------------------------------------------------------------------------------------


def shop(*codes: str) -> pd.DataFrame:
    return pd.DataFrame({"outer_id": codes, "sku": "", "stock": 7, "price_fen": 100, "off": False})


def test_items_that_nobody_observed_are_listed_as_they_were_last_known() -> None:
    part = measured(observed([("K1", BEGIN, 100, 5, 1)]), changed([]), Period(BEGIN, BEGIN + WEEK))
    frame = figures([part], shop("K0", "K1")).set_index("outer_id")
    assert frame["stock"].to_dict() == {"K0": 7, "K1": 5}
    assert frame["sold"].to_dict() == {"K0": 0, "K1": 0}
    assert frame.loc["K0", "band"] == "healthy"


def test_an_item_that_is_gone_is_not_listed() -> None:
    part = measured(observed([("K1", BEGIN, 100, 5, 1)]), changed([]), Period(BEGIN, BEGIN + WEEK))
    assert [*figures([part], shop("K0"), gone=["K1"])["outer_id"]] == ["K0"]


def test_an_item_that_was_only_ever_looked_at_is_listed_too() -> None:
    part = measured(observed([("K1", BEGIN, 100, 5, 1)]), changed([]), Period(BEGIN, BEGIN + WEEK))
    assert [*figures([part], shop("K0"))["outer_id"]] == ["K0", "K1"]


def test_an_item_seen_sku_by_sku_is_told_so_and_not_as_a_whole() -> None:
    rows = observed([("K1", BEGIN + at, 100, stock, 1) for at, stock in weekly(9, 6)] * 2)
    rows["sku"] = ["", "", "red", "red"]
    part = measured(rows, changed([]), Period(BEGIN, BEGIN + WEEK))
    frame = figures([part], shop("K1"))
    assert frame[["outer_id", "sku", "sold"]].to_numpy().tolist() == [["K1", "red", 3]]


def test_nothing_at_all_is_a_frame_without_rows() -> None:
    part = measured(observed([]), changed([]), Period(BEGIN, BEGIN + WEEK))
    assert figures([part]).empty
    assert [*figures([part], shop("K1"))["suggest"]] == [0]
