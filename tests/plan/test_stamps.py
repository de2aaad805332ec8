"""What a row's stamp tells of what was made, to the second and around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import PRICE, TITLE
from sync.item import SHOP_TIME, LastCell, clock_face
from sync.plan.stamps import behind, later, repeated
from sync.remembered import Made
from tests.plan.builders import NOW, known, row

EPOCH = datetime(1899, 12, 30)
HOUR = timedelta(hours=1)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1)).map(lambda one: one.replace(tzinfo=SHOP_TIME))


def kept_by_excel(at: datetime) -> datetime:
    """A moment as it comes back from a cell: 15 digits of a day, read to the millisecond."""
    days = float(f"{(clock_face(at) - EPOCH) / timedelta(days=1):.15g}")
    return EPOCH + timedelta(milliseconds=round(days * 86_400_000))


@given(moments)
def test_a_row_has_seen_what_its_own_run_did_however_its_stamp_comes_back(at: datetime) -> None:
    face = clock_face(at)
    down = face.replace(microsecond=0)
    for stamp in (face, kept_by_excel(at), down, down + timedelta(seconds=1)):
        assert not later(at, stamp)


@given(moments, st.integers(10, 10**9))
def test_a_change_since_is_later_than_a_whole_stamp(at: datetime, milliseconds: int) -> None:
    stamp = kept_by_excel(at)
    since = at + timedelta(milliseconds=milliseconds)
    assert later(since, stamp) or stamp.microsecond == 0
    assert later(at + timedelta(seconds=2, milliseconds=milliseconds), stamp)


def made(*changes: int) -> list[Made]:
    """Changes of runs 1, 2, 3 …, an hour after each other, the last of them now."""
    return [Made(by, run, NOW - HOUR * (len(changes) - run)) for run, by in enumerate(changes, start=1)]


BEFORE, BETWEEN, AFTER = (clock_face(NOW + HOUR * hours) for hours in (-9, -0.5, 1))


@pytest.mark.parametrize(
    ("asks", "changes", "stamp", "run"),
    [
        (5, (), None, None),
        (5, (5,), None, 1),
        (5, (5, 3), None, None),
        (3, (5, 3), None, 2),
        (5, (5, 3), BEFORE, 1),
        (5, (5, 5), BEFORE, 2),
        (5, (5, 3), BETWEEN, None),
        (3, (5, 3), BETWEEN, 2),
        (3, (5, 3), AFTER, None),
        (-5, (5,), BEFORE, None),
        (None, (5,), BEFORE, None),
    ],
)
def test_which_change_a_row_says_again(
    asks: int | None, changes: tuple[int, ...], stamp: datetime | None, run: int | None
) -> None:
    found = repeated(row({}, change=asks, stamp=stamp), made(*changes))
    assert (found.run if found else None) == run


@pytest.mark.parametrize(
    ("asks", "sheet", "run"),
    [(5, "/shop/weekly.xlsx", 1), (5, "/shop/other.xlsx", None), (5, "", None), (3, "/shop/other.xlsx", 2)],
)
def test_a_copy_without_stamps_hides_nothing_that_its_own_sheet_asked_for(
    asks: int, sheet: str, run: int | None
) -> None:
    changes = [replace(one, sheet="/shop/weekly.xlsx") for one in made(5, 3)]
    found = repeated(row({}, change=asks, stamp=None), changes, sheet)
    assert (found.run if found else None) == run


@pytest.mark.parametrize(
    ("price", "stamp", "is_behind"),
    [
        (100, BEFORE, True),
        (200, BEFORE, False),
        (100, AFTER, False),
        (100, None, False),
        (100, clock_face(NOW), False),
    ],
)
def test_a_row_is_behind_what_was_carried_out_since(price: int, stamp: datetime | None, is_behind: bool) -> None:
    baseline = known(cells={PRICE: 200, TITLE: "猫眼美甲"})
    baseline = type(baseline)(baseline.item_id, {PRICE: LastCell(200, "other.xlsx", NOW)}, baseline.remote)
    assert behind(row({PRICE: price, TITLE: "新"}, stamp=stamp), baseline) is is_behind
    assert not behind(row({PRICE: price}, stamp=stamp), None)
