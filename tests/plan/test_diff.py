"""The table of docs/reference/three-way.md#the-table, line by line: v = cell now, c = last cell, r = remote now, r₀ =
last remote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, Item, LastCell, Opaque, Path, Status, Value, clock_face
from sync.messages import LANGUAGES
from sync.plan import diff
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, Change, Verdict
from tests.plan.builders import (
    BRAND,
    ITEM,
    LAST_WEEK,
    OPTIONS,
    SELLING,
    SHEET,
    SOLD_OUT,
    Cells,
    codes,
    decided,
    held,
    known,
    plan_all,
    plan_one,
    row,
)


@dataclass(frozen=True)
class Subject:
    """A kind of field, with what a cell of it says and two other values that it may have."""

    path: Path
    v: Cell
    other: Value
    third: Value


SUBJECTS = {
    "text": Subject(TITLE, "新标题", "旧标题", "别人的标题"),
    "price": Subject(PRICE, 1990, 2190, 2590),
    "status": Subject(STATUS, Status.ACTIVE, Status.INACTIVE, Status.ACTIVE),
    "category": Subject(CATEGORY, ("丽人", "美甲"), ("丽人", "美发"), ("餐饮美食", "酒吧")),
    "custom field": Subject(BRAND, "OPI", "CND", "Essie"),
    "system field": Subject("_sys@endpoint", "web", "default", "app"),
    "<清空>": Subject(BRAND, CLEAR, "CND", "Essie"),
}


@dataclass(frozen=True)
class DecisionCase:
    """One line of the table, as letters: v the cell's value, o another, t a third, - none."""

    words: str
    c: str
    r: str
    r0: str
    verdict: Verdict


LINES = (
    DecisionCase("v = r: in sync", "v", "v", "v", Verdict.IN_SYNC),
    DecisionCase("v = r: in sync, whatever the last cell was", "o", "v", "o", Verdict.IN_SYNC),
    DecisionCase("v = r: in sync, whatever the last remote was", "v", "v", "o", Verdict.IN_SYNC),
    DecisionCase("v = r: in sync, though no cell was there before", "-", "v", "o", Verdict.IN_SYNC),
    DecisionCase("v = c and r = r₀: nothing", "v", "o", "o", Verdict.KNOWN),
    DecisionCase("v = c and r ≠ r₀: drift", "v", "o", "v", Verdict.DRIFT),
    DecisionCase("v ≠ c and r = r₀: edit", "o", "o", "o", Verdict.EDIT),
    DecisionCase("v ≠ c and r = r₀: edit, no cell was there before", "-", "o", "o", Verdict.EDIT),
    DecisionCase("v ≠ c and r ≠ r₀: conflict", "o", "o", "t", Verdict.CONFLICT),
    DecisionCase("v ≠ c and r ≠ r₀: conflict, no cell was there before", "-", "o", "t", Verdict.CONFLICT),
)


def remembered(subject: Subject, line: DecisionCase) -> Baseline:
    values: dict[str, Cell] = {"v": subject.v, "o": subject.other, "t": subject.third}
    baseline = known(held({subject.path: diff.wanted(values[line.r0])}))
    if line.c == "-":
        return baseline
    last = LastCell(values[line.c], SHEET, LAST_WEEK)
    return replace(baseline, cells={**baseline.cells, subject.path: last})


def remote_of(subject: Subject, line: DecisionCase) -> Item:
    return held({subject.path: diff.wanted(subject.v) if line.r == "v" else subject.other})


@pytest.mark.parametrize("line", LINES, ids=[line.words for line in LINES])
@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_the_table(subject: Subject, line: DecisionCase) -> None:
    baseline, remote = remembered(subject, line), remote_of(subject, line)
    made = decided(subject.path, subject.v, baseline, remote)
    assert made.verdict is line.verdict
    assert (made.cell, made.remote) == (subject.v, remote.get(subject.path))
    assert (made.last, made.last_remote) == (baseline.cells.get(subject.path), baseline.remote.get(subject.path))
    assert not made.first_contact


@pytest.mark.parametrize("line", LINES, ids=[line.words for line in LINES])
@pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)
def test_the_sheet_wins_where_the_table_says_so(subject: Subject, line: DecisionCase) -> None:
    """Only `edit`, `drift` and `conflict` change anything, and they change it to what the cell says."""
    baseline, remote = remembered(subject, line), remote_of(subject, line)
    planned = plan_one(row({subject.path: subject.v}), baseline, remote)
    expected = Change(
        subject.path,
        remote.get(subject.path),
        diff.wanted(subject.v),
        line.verdict,
        planned.row.addresses[subject.path],
    )
    assert planned.changes == ((expected,) if line.verdict.changes else ())
    assert planned.action is (Action.UPDATE if line.verdict.changes else Action.NONE)
    assert planned.drifted is (line.verdict is Verdict.DRIFT)
    assert planned.conflicting is (line.verdict is Verdict.CONFLICT)


@pytest.mark.parametrize("subject", [*SUBJECTS.values(), Subject(INVENTORY, 12, 10, 8)], ids=[*SUBJECTS, "stock"])
@pytest.mark.parametrize("baseline", [None, Baseline(ITEM)], ids=["item unknown", "item never looked at"])
def test_no_baseline_is_an_edit_and_first_contact(subject: Subject, baseline: Baseline | None) -> None:
    made = decided(subject.path, subject.v, baseline, held({subject.path: subject.other}))
    assert (made.verdict, made.first_contact) == (Verdict.EDIT, True)


@pytest.mark.parametrize("path", [subject.path for subject in SUBJECTS.values()], ids=SUBJECTS)
def test_an_empty_cell_is_not_managed(path: Path) -> None:
    """Whatever the platform did to it, and whatever the sheet once said."""
    subject = next(subject for subject in SUBJECTS.values() if subject.path == path)
    baseline = remembered(subject, LINES[5])
    planned = plan_one(
        row({PRICE: 12800} if path != PRICE else {}, item_id=ITEM), baseline, held({path: subject.other})
    )
    assert path not in {decision.path for decision in planned.decisions}
    assert (planned.action, planned.changes, planned.problems) == (Action.NONE, (), ())


# --- --on-conflict, and what the preview tells ----------------------------------------------------------------


def test_on_conflict_skip_leaves_the_whole_row_for_a_person() -> None:
    baseline = known(held({PRICE: 2000}), {PRICE: 2000, TITLE: "猫眼美甲"})
    cells: Cells = {PRICE: 1990, TITLE: "新标题"}
    planned = plan_one(
        row(cells), baseline, held({PRICE: 2190}), Options(SHEET, choices=Choices(skip_conflicts=True))
    )
    assert (planned.action, planned.skipped) == (Action.BLOCKED, True)
    assert (planned.changes, planned.calls) == ((), ())
    assert planned.conflicting


def test_on_conflict_skip_leaves_drift_and_edits_to_the_sheet() -> None:
    planned = plan_one(
        row({PRICE: 1990, TITLE: "新标题"}),
        known(held({PRICE: 1990}), {PRICE: 1990, TITLE: "猫眼美甲"}),
        held({PRICE: 2190}),
        Options(SHEET, choices=Choices(skip_conflicts=True)),
    )
    assert [change.kind for change in planned.changes] == [Verdict.DRIFT, Verdict.EDIT]


def test_a_conflict_is_marked_with_who_set_the_value_when_and_with_both_values() -> None:
    planned = plan_one(row({PRICE: 1990}), known(held({PRICE: 2000}), {PRICE: 2000}), held({PRICE: 2190}))
    (note,) = planned.problems
    assert (note.code, note.cell) == ("conflict.both", "E2")
    for language in ("zh", "en"):
        words = note.message.words(language)
        assert all(part in words for part in (SHEET, "2026-11-14 18:00", "¥20.00", "¥21.90"))


def test_drift_shows_what_it_overrides() -> None:
    planned = plan_one(row({PRICE: 12800}), known(cells={PRICE: 12800}), held({PRICE: 9900}))
    (note,) = planned.problems
    assert note.code == "drift.overridden"
    assert all(part in note.message.words("zh") for part in ("¥128.00", "¥99.00", SHEET, "2026-11-14 18:00"))


def test_that_another_file_set_values_is_said_once_a_sheet_with_which_and_when() -> None:
    numbers = range(2, 5)
    cells: Cells = {PRICE: 12800, TITLE: "猫眼美甲"}
    rows = tuple(row({PRICE: 9900, TITLE: "新"}, code=f"C{number}", number=number) for number in numbers)
    memory = {one.outer_id: known(cells=cells, item_id=f"7{one.number}", code=one.outer_id) for one in rows}
    shop = {f"7{one.number}": held(code=one.outer_id) for one in rows}
    plan = plan_all(rows, memory, shop, Options("sale.xlsx"))
    assert [codes(one) for one in plan.rows] == [[], [], []]
    (note,) = plan.notes
    assert all(part in note.words("en") for part in (": 3 ", SHEET, "2026-11-14 18:00"))
    assert plan_all(rows, memory, shop).notes == ()


# --- stale: another value was carried out since the row was synced --------------------------------------------

SINCE, BEFORE = (clock_face(LAST_WEEK + timedelta(hours=hours)) for hours in (1, -1))
STALE = [
    ("older than the other value", BEFORE, {}, Verdict.STALE),
    ("it has seen the other value", SINCE, {}, Verdict.EDIT),
    ("of the very run that set it", clock_face(LAST_WEEK), {}, Verdict.EDIT),
    ("no stamp", None, {}, Verdict.EDIT),
    ("the platform moved too", BEFORE, {PRICE: 7700}, Verdict.CONFLICT),
    ("the platform has it so", BEFORE, {PRICE: 9900}, Verdict.IN_SYNC),
]


@pytest.mark.parametrize(("words", "stamp", "moved", "verdict"), STALE, ids=[words for words, *_ in STALE])
def test_an_old_cell_is_stale_and_no_edit(
    words: str, stamp: datetime | None, moved: Mapping[Path, Value], verdict: Verdict
) -> None:
    planned = plan_one(row({PRICE: 9900}, stamp=stamp), known(cells={PRICE: 12800}), held(moved))
    assert [one.verdict for one in planned.decisions if one.path == PRICE] == [verdict]
    assert planned.stale is (verdict is Verdict.STALE)


def test_a_cell_that_says_what_was_last_done_is_never_stale() -> None:
    planned = plan_one(row({PRICE: 12800}, stamp=BEFORE), known(cells={PRICE: 12800}), held())
    assert (planned.action, planned.stale, planned.behind) == (Action.NONE, False, False)


def test_a_stale_cell_wins_and_is_told_with_both_values_and_who_set_the_other_when() -> None:
    planned = plan_one(row({PRICE: 9900}, stamp=BEFORE), known(cells={PRICE: 12800}), held(), Options("sale.xlsx"))
    assert [(change.kind, change.after) for change in planned.changes] == [(Verdict.STALE, 9900)]
    (note,) = planned.problems
    assert note.code == "stale.cell"
    for language in LANGUAGES:
        assert all(part in note.message.words(language) for part in ("¥99", "¥128", SHEET, "2026-11-14 18:00"))


def test_on_conflict_skip_leaves_a_stale_row_for_a_person() -> None:
    options = Options(SHEET, choices=Choices(skip_conflicts=True))
    planned = plan_one(row({PRICE: 9900}, stamp=BEFORE), known(cells={PRICE: 12800}), held(), options)
    assert (planned.action, planned.skipped, planned.calls, codes(planned)) == (
        Action.BLOCKED,
        True,
        (),
        ["stale.left"],
    )
    assert planned.behind, "so that it doesn't look younger for having been left"


# --- --on-drift -----------------------------------------------------------------------------------------------

DRIFTS = [
    ("a price", {PRICE: 12800}, {PRICE: 9900}, True),
    ("taken down by hand", SELLING, {STATUS: Status.INACTIVE}, True),
    ("sold", SELLING, {INVENTORY: 7}, False),
    ("sold out", SELLING, SOLD_OUT, False),
    ("raised by hand, which is left alone anyway", SELLING, {INVENTORY: 15}, False),
    ("restocked", {STATUS: Status.ACTIVE, INVENTORY: 8}, SOLD_OUT, False),
]


@pytest.mark.parametrize(("words", "cells", "moved", "left"), DRIFTS, ids=[words for words, *_ in DRIFTS])
def test_on_drift_skip_leaves_what_somebody_changed_and_nothing_else(
    words: str, cells: Cells, moved: Mapping[Path, Value], left: bool
) -> None:
    baseline = known(cells={PRICE: 12800, **SELLING})
    planned = plan_one(row(cells), baseline, held(moved), Options(SHEET, choices=Choices(skip_drift=True)))
    assert planned.skipped is left
    assert ("drift.left" in codes(planned)) is left
    assert not left or planned.calls == ()
    assert plan_one(row(cells), baseline, held(moved)).skipped is False


def test_an_edit_of_the_same_file_says_nothing() -> None:
    assert codes(plan_one(row({PRICE: 9900}), known(cells={PRICE: 12800}), held())) == []


def test_a_remote_value_that_is_an_object_is_shown_never_edited() -> None:
    held_object = held({BRAND: Opaque('{"en":"OPI"}')})
    cells: tuple[Cell, ...] = ("OPI", CLEAR)
    for cell in cells:
        planned = plan_one(row({BRAND: cell}), known(held_object), held_object)
        assert (planned.action, planned.calls) == (Action.NONE, ())
        assert codes(planned) == ["custom.object"]


def test_a_custom_number_of_the_platform_is_the_text_of_the_cell() -> None:
    assert decided("层数", "5", None, held({"层数": Opaque("5")})).verdict is Verdict.IN_SYNC


def test_a_remote_without_an_outer_id_is_given_this_one() -> None:
    planned = plan_one(row({}, item_id=ITEM), None, held({OUTER_ID: None}), OPTIONS)
    assert [(change.path, change.after) for change in planned.changes] == [(OUTER_ID, "NAIL-001")]
