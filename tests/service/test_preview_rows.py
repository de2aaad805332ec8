"""The rows of a waiting plan: paged, filtered, searched and decided about, whatever they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from sync.call import Call, Op
from sync.errors import Refusal
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Row, Status
from sync.messages import Level, Problem, say
from sync.plan.plan import Action, Change, Guard, Plan, RowPlan, Verdict
from sync.plan.saved_plan import PlanSource
from sync.service.job_files import file_name
from sync.service.preview_rows import PreviewRows
from sync.state.fleet_tables import PLAN_ROWS

SOURCE = PlanSource("default:open", "http://127.0.0.1/router/rest", "/sheets/week.xlsx")
MODIFY = Call(Op.MODIFY, "1", values={PRICE: 2100})


def planned(number: int, *changes: Change, title: str = "猫眼美甲", action: Action = Action.UPDATE) -> RowPlan:
    """A row that changes something, or nothing."""
    row = Row(number, f"A-{number}", str(number), {TITLE: title})
    calls = (MODIFY,) if changes else ()
    return RowPlan(row, action if changes else Action.NONE, str(number), changes, calls)


def price(kind: Verdict = Verdict.EDIT) -> Change:
    return Change(PRICE, 2000, 2100, kind, "F2")


@pytest.fixture
def rows(connection: Connection) -> PreviewRows:
    """One row of each kind, in no order."""
    wrong = replace(planned(5), action=Action.INVALID, problems=(Problem("F5", say("status.sold_out")),))
    held = replace(planned(6), action=Action.BLOCKED)
    plan = Plan(
        (
            planned(2),
            planned(3, price()),
            planned(4, price(Verdict.CONFLICT), Change(TITLE, "旧", "新", Verdict.EDIT)),
            wrong,
            held,
            planned(7, Change(INVENTORY, 1, 5, Verdict.EDIT)),
            planned(8, Change(STATUS, Status.ACTIVE, Status.INACTIVE, Verdict.EDIT)),
            planned(9, price(), action=Action.PUBLISH),
            planned(10, Change(STATUS, Status.ACTIVE, Status.DELETED, Verdict.EDIT), action=Action.DELETE),
        ),
        (Guard("price", say("guard.tripped", names="price", reasons="-"), (Row(3, "A-3"),)),),
    )
    plan = replace(plan, rows=tuple(replace(row, decisions=()) for row in plan.rows))
    made = PreviewRows(connection, "job")
    made.fill(plan, SOURCE)
    another = PreviewRows(connection, "another job")
    another.fill(plan, SOURCE)
    another.tick(3, "小林", included=False)
    return made


def numbers(rows: PreviewRows, tab: str, search: str = "", page: int = 1) -> list[int]:
    return [one.row.row.number for one in rows.page(tab, search, page).rows]


def test_what_needs_a_person_comes_first_and_what_is_as_it_was_last(rows: PreviewRows) -> None:
    assert numbers(rows, "all") == [5, 6, 3, 4, 7, 8, 9, 10, 2]


@pytest.mark.parametrize(
    ("tab", "found"),
    [
        ("needs", [5, 6]),
        ("price", [3, 4]),
        ("stock", [7]),
        ("status", [8]),
        ("other", [4]),
        ("publish", [9]),
        ("delete", [10]),
        ("changes", [3, 4, 7, 8, 9, 10]),
        ("none", [2]),
        ("guard-price", [3]),
        ("no such tab", []),
    ],
)
def test_each_tab_has_its_rows(rows: PreviewRows, tab: str, found: list[int]) -> None:
    assert numbers(rows, tab) == found
    assert rows.tabs().get(tab, 0) == len(found)


@pytest.mark.parametrize(("search", "found"), [("a-10", [10]), ("  A-3 ", [3]), ("美甲", 9), ("%", []), ("_", [])])
def test_a_search_is_for_a_code_or_a_title_and_for_no_pattern(
    rows: PreviewRows, search: str, found: list[int] | int
) -> None:
    shown = numbers(rows, "all", search)
    assert (len(shown) if isinstance(found, int) else shown) == found


def test_a_row_comes_back_as_it_is_shown(rows: PreviewRows) -> None:
    (shown,) = rows.page("all", "A-5", 1).rows
    assert shown.row.problems[0].level is Level.ERROR
    assert shown.row.problems[0].message.words("zh") == say("status.sold_out").words("zh")
    (still,) = rows.page("all", "A-2", 1).rows
    assert (still.row.row.outer_id, still.row.row.cells[TITLE]) == ("A-2", "猫眼美甲")


def test_a_page_has_200_rows_and_a_wrong_number_is_the_last(connection: Connection) -> None:
    made = PreviewRows(connection, "job")
    made.fill(Plan(tuple(planned(number, price()) for number in range(2, 452))), SOURCE)
    sizes = [len(numbers(made, "all", page=page)) for page in (1, 2, 3, 4, 10**9, 0, -5)]
    assert sizes == [200, 200, 50, 50, 50, 200, 200]


def test_decisions_change_what_will_be_done(rows: PreviewRows) -> None:
    before = rows.tally()
    assert (before.publish, before.update, before.delete) == (1, 4, 1)
    rows.tick(3, "小林", included=False)
    rows.tick(3, "老王", included=False)
    rows.settle(4, PRICE, "platform", "老王")
    assert rows.tally().update == 3, "the conflict's row still has its title"
    decided = {one.row: one for one in rows.decided()}
    assert (decided[3].left_out_by, decided[4].settled, decided[4].settled_by) == (
        "小林",
        {PRICE: "platform"},
        "老王",
    )
    rows.tick(3, "小林", included=True)
    rows.settle(4, PRICE, "sheet", "老王")
    after = rows.tally()
    assert (after.publish, after.update, after.delete, [*rows.decided()]) == (1, 4, 1, [])


@pytest.mark.parametrize(("row", "path"), [(3, PRICE), (4, TITLE), (4, "no such path"), (99, PRICE)])
def test_only_what_the_platform_changed_too_is_settled(rows: PreviewRows, row: int, path: str) -> None:
    rows.settle(row, path, "platform", "小林")
    assert [*rows.decided()] == []


def test_a_plan_is_kept_as_it_was_shown_and_one_that_was_edited_is_refused(
    rows: PreviewRows, connection: Connection
) -> None:
    saved = rows.saved()
    assert saved.source == SOURCE
    assert [row.row.number for row in saved.rows] == [3, 4, 7, 8, 9, 10], "those that do something, in their order"
    assert saved.rows[0].calls == (MODIFY,)
    kept = connection.execute(select(PLAN_ROWS.c.plan).where(PLAN_ROWS.c.row == 3)).scalars().first()
    edited = update(PLAN_ROWS).where(PLAN_ROWS.c.row == 3).values(plan=str(kept).replace("2100", "100"))
    connection.execute(edited)
    with pytest.raises(Refusal):
        rows.saved()


def test_the_same_plan_of_another_job_has_another_checksum(connection: Connection) -> None:
    plan = Plan((planned(2, price()),))
    sums = {PreviewRows(connection, job).fill(plan, SOURCE) for job in ("one", "two", "one")}
    assert len(sums) == 2


def test_what_is_forgotten_leaves_nothing_but_another_jobs(rows: PreviewRows, connection: Connection) -> None:
    rows.tick(3, "小林", included=False)
    rows.remove()
    assert (rows.tabs(), [*rows.decided()], rows.tally().decision) == ({"all": 0}, [], 0)
    assert [one.row for one in PreviewRows(connection, "another job").decided()] == [3]


@pytest.mark.parametrize(
    ("given", "called"),
    [
        ("周表.xlsx", "周表.xlsx"),
        ("C:\\Users\\小林\\周表.xlsx", "周表.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..", "sheet.xlsx"),
        ("", "sheet.xlsx"),
        ("a\x00b\u202e.xlsx", "ab.xlsx"),
        ("con.xlsx", "_con.xlsx"),
        ("x" * 300 + ".xlsx", "x" * 200 + ".xlsx"),
    ],
)
def test_an_upload_has_a_name_that_a_file_can_have(given: str, called: str) -> None:
    assert file_name(given) == called


@given(st.text(max_size=200))
def test_no_name_leads_out_of_its_folder(given: str) -> None:
    name = file_name(given)
    assert name not in ("", ".", "..")
    assert not set(name) & set("/\\\0")
    assert len(name.encode()) <= 255
