"""Which cells `pull --into` may bring up to date: those that say what was last carried out, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import CLEAR, Cell, LastCell, Path, Row, Status, Value
from sync.plan.plan import Action, Decision, RowPlan, Verdict
from sync.plan.untouched import overtaken

AT = datetime(2026, 11, 21, tzinfo=UTC)


def fresh(path: Path, verdict: Verdict, v: Cell, c: Cell | None, r: Value | None) -> dict[Path, Value | None]:
    last = None if c is None else LastCell(c, "weekly.xlsx", AT)
    row = RowPlan(Row(2, "A"), Action.NONE, "1", decisions=(Decision(path, verdict, v, r, last),))
    return dict(overtaken(row))


@pytest.mark.parametrize(
    ("path", "verdict", "v", "c", "r"),
    [
        pytest.param(PRICE, Verdict.DRIFT, 2000, 2000, 2250, id="changed on the platform"),
        pytest.param(INVENTORY, Verdict.STOCK_DRIFT, 10, 10, 6, id="presumably sold"),
        pytest.param(INVENTORY, Verdict.KNOWN, 10, 10, 6, id="sold, and reported before"),
        pytest.param("品牌", Verdict.DRIFT, "甲", "甲", None, id="removed on the platform"),
        pytest.param("品牌", Verdict.DRIFT, CLEAR, CLEAR, "甲", id="filled in again"),
    ],
)
def test_an_untouched_cell_follows_the_platform(
    path: Path, verdict: Verdict, *, v: Cell, c: Cell, r: Value | None
) -> None:
    assert fresh(path, verdict, v, c, r) == {path: r}


@pytest.mark.parametrize(
    ("path", "verdict", "v", "c", "r"),
    [
        pytest.param(PRICE, Verdict.IN_SYNC, 2000, 2000, 2000, id="in sync"),
        pytest.param(PRICE, Verdict.EDIT, 3000, 2000, 2000, id="edited"),
        pytest.param(PRICE, Verdict.CONFLICT, 3000, 2000, 2250, id="edited on both sides"),
        pytest.param(PRICE, Verdict.EDIT, 3000, None, 2000, id="never carried out"),
        pytest.param(STATUS, Verdict.SOLD_OUT, Status.ACTIVE, Status.ACTIVE, Status.INACTIVE, id="waits for stock"),
    ],
)
def test_any_other_cell_is_the_staffs(path: Path, verdict: Verdict, *, v: Cell, c: Cell | None, r: Value) -> None:
    assert fresh(path, verdict, v, c, r) == {}
