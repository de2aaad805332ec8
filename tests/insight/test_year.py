"""A year simulated: what insight says against what really was (docs/reference/insight.md#how-right-it-is)."""

from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from sync.insight.figures import Period, figures, measured
from sync.insight.timeline import Looks
from tests.insight.year import BEGIN, END, Habits, Year, year

WEEKLY = Habits()
RUNS_OUT = Habits(restock_to=25)
GAPS = Habits(gaps=(range(10, 16), range(30, 33)))
RETURNS = Habits(returns=0.05)
DAYS = (END - BEGIN).days


@cache
def lived(habits: Habits) -> Year:
    return year(habits)


def told(habits: Habits) -> pd.DataFrame:
    """What insight says of each item, with the truth beside it."""
    whole = lived(habits)
    frame = figures([measured(whole.observed, whole.changed, Period(BEGIN, END), [Looks(whole.looks)])]).set_index(
        "outer_id"
    )
    truth = pd.DataFrame({code: vars(one) for code, one in whole.truth.items()}).T.add_prefix("true_")
    frame = frame.join(truth)
    return frame.assign(
        true_days=frame["true_hours_in_stock"] / 24,
        true_velocity=frame["true_sold"] / (frame["true_hours_in_stock"] / 24),
    )


def error(said: pd.Series[float], truth: pd.Series[float]) -> float:
    """The mean error, as a share of the truth."""
    return float(((said - truth).abs() / truth.clip(lower=1e-9)).mean())


@pytest.mark.one_in(3)
@pytest.mark.parametrize("habits", [RUNS_OUT, WEEKLY, GAPS], ids=["runs out", "weekly", "gaps"])
def test_sold_is_exact_where_nothing_but_sales_and_our_own_moves_changed_stock(habits: Habits) -> None:
    frame = told(habits)
    assert (frame["sold"] == frame["true_sold"]).all()
    assert not frame["doubtful"].any()
    assert frame["true_sold"].sum() > 5_000


def test_units_that_came_back_make_sold_a_lower_bound() -> None:
    frame = told(RETURNS)
    assert (frame["sold"] <= frame["true_sold"]).all()
    assert error(frame["sold"], frame["true_sold"]) < 0.08
    assert (frame["sold"] < frame["true_sold"]).any()


@pytest.mark.parametrize(
    ("habits", "days", "velocity"),
    [(WEEKLY, 0.02, 0.02), (GAPS, 0.05, 0.05), (RUNS_OUT, 0.15, 0.15)],
    ids=["weekly", "gaps", "runs out"],
)
def test_the_error_of_each_figure_is_bounded(habits: Habits, days: float, velocity: float) -> None:
    frame = told(habits)
    errors = {
        "days in stock": error(frame["days_in_stock"], frame["true_days"]),
        "velocity": error(frame["velocity"], frame["true_velocity"]),
        "cover": error(frame["days_of_cover"], frame["true_stock"] / frame["true_velocity"]),
    }
    print(f"\n{errors}")
    assert errors["days in stock"] <= days
    assert errors["velocity"] <= velocity
    assert errors["cover"] <= velocity
    assert (frame["stock"] == frame["true_stock"]).all()


def test_the_share_of_days_observed_falls_by_the_gaps() -> None:
    assert told(WEEKLY)["days_observed"].tolist() == pytest.approx([DAYS] * 40)
    gaps = 7 * 7 + 4 * 7
    assert told(GAPS)["days_observed"].tolist() == pytest.approx([DAYS - gaps] * 40, abs=0.01)
