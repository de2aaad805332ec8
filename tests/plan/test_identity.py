"""Which item a row means: docs/reference/three-way.md#identity, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from sync.abilities import SHOP
from sync.fields import OUTER_ID, PRICE, STATUS
from sync.item import Baseline, Item, Opaque, Row, Status
from sync.messages import Level, Problem, say
from sync.plan.build import build
from sync.plan.identity import FoundItem, LookedUp, Memory
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, RowPlan
from sync.plan.resolve import ids_to_read, resolve
from tests.plan.builders import (
    CODE,
    ITEM,
    OPTIONS,
    SHEET,
    codes,
    held,
    known,
    modify,
    new_row,
    plan_all,
    plan_one,
    row,
)

OTHER = "7627361700002"
REKEY = Options(SHEET, choices=Choices(rekey=True))
REPUBLISH = Options(SHEET, choices=Choices(republish=True))


def asked(one: Row, memory: dict[str, Baseline] | None = None, options: Options = OPTIONS) -> tuple[str, ...]:
    return ids_to_read(resolve((one,), Memory(memory or {}), options))


def first(one: Row, memory: dict[str, Baseline], shop: dict[str, Item], options: Options = OPTIONS) -> RowPlan:
    return plan_all((one,), memory, shop, options).rows[0]


# --- the id in the row; else the one state holds for this code; else it's new ---------------------------------


def test_the_id_in_the_row_comes_first() -> None:
    assert asked(row({}, item_id=OTHER), {CODE: known()}) == (OTHER,)


def test_else_the_id_that_state_holds_for_the_code() -> None:
    assert asked(row({}), {CODE: known()}) == (ITEM,)


def test_else_it_is_new() -> None:
    assert asked(new_row()) == ()
    assert plan_one(new_row()).action is Action.PUBLISH


def test_a_code_that_never_came_to_an_item_is_new() -> None:
    assert plan_one(new_row(), Baseline(None)).action is Action.PUBLISH


def test_an_id_that_state_does_not_know_is_a_first_contact() -> None:
    plan = plan_one(row({PRICE: 9900}, item_id=OTHER), known(), held())
    assert plan.calls
    assert all(decision.first_contact for decision in plan.decisions)


def test_an_invalid_row_is_not_read() -> None:
    assert asked(row({}, item_id=ITEM, problems=(Problem("E2", say("price.decimals", shown="1.999")),))) == ()


def test_the_same_item_is_never_read_twice() -> None:
    rows = (row({}, item_id=ITEM), row({}, code="B", number=3, item_id=OTHER))
    assert ids_to_read(resolve(rows, Memory(), OPTIONS)) == (ITEM, OTHER)


# --- a renamed code -------------------------------------------------------------------------------------------


def test_an_id_that_state_knows_under_another_code_is_an_error_that_names_rekey() -> None:
    plan = first(row({}, code="NEW-1", item_id=ITEM), {CODE: known()}, {ITEM: held()})
    (problem,) = plan.problems
    assert (plan.action, problem.code, problem.cell, problem.level) == (
        Action.INVALID, "id.other_code", "B2", Level.ERROR,
    )  # fmt: skip
    assert all(
        "--rekey" in problem.message.words(language) and CODE in problem.message.words(language)
        for language in ("zh", "en")
    )


def test_an_id_whose_remote_outer_id_is_another_is_an_error_that_names_rekey() -> None:
    plan = plan_one(row({}, item_id=ITEM), None, held(code="OTHER-9"))
    (problem,) = plan.problems
    assert (plan.action, problem.code, problem.cell) == (Action.INVALID, "id.other_outer_id", "B2")
    assert "--rekey" in problem.message.words("zh")
    assert "OTHER-9" in problem.message.words("en")


def test_a_remote_outer_id_that_was_changed_is_an_error_though_state_knows_the_item() -> None:
    without_id = replace(row({}), addresses={OUTER_ID: "A2"})
    (problem,) = plan_one(without_id, known(), held(code="OTHER-9")).problems
    assert (problem.code, problem.cell) == ("id.other_outer_id", "A2")


def test_a_remote_outer_id_that_is_no_text_is_shown_as_it_came() -> None:
    (problem,) = plan_one(row({}, item_id=ITEM), None, {**held(), OUTER_ID: Opaque("[5]")}).problems
    assert "[5]" in problem.message.words("en") and "Opaque" not in problem.message.words("en")


def test_rekey_renames_the_item_and_its_memory() -> None:
    plan = first(row({}, code="NEW-1", item_id=ITEM), {CODE: known()}, {ITEM: held()}, REKEY)
    assert (plan.renames, plan.calls) == (CODE, (modify({OUTER_ID: "NEW-1"}),))


def test_rekey_takes_an_item_whose_remote_outer_id_is_another() -> None:
    plan = plan_one(row({}, item_id=ITEM), None, held(code="OTHER-9"), REKEY)
    assert (plan.renames, plan.calls) == (None, (modify({OUTER_ID: CODE}),))


def test_rekey_changes_nothing_for_a_row_whose_code_is_its_own() -> None:
    plan = plan_one(row({}), known(), held(), REKEY)
    assert (plan.action, plan.renames) == (Action.NONE, None)


def test_a_remote_without_an_outer_id_is_adopted() -> None:
    plan = plan_one(row({}, item_id=ITEM), None, held({OUTER_ID: None}))
    assert (plan.action, plan.calls) == (Action.UPDATE, (modify({OUTER_ID: CODE}),))


# --- gone, deleted, republished -------------------------------------------------------------------------------


def test_a_known_item_that_is_not_found_is_reported_never_published_again() -> None:
    plan = plan_one(new_row(), known(), None)
    assert (plan.action, plan.calls, codes(plan)) == (Action.BLOCKED, (), ["item.gone"])
    assert "--republish" in plan.problems[0].message.words("zh")


def test_republish_publishes_what_the_platform_no_longer_finds() -> None:
    plan = plan_one(new_row(), known(), None, REPUBLISH)
    assert (plan.action, plan.item_id) == (Action.PUBLISH, None)


def test_republish_leaves_alone_what_the_platform_finds() -> None:
    assert plan_one(new_row(), known(), held(), REPUBLISH).action is Action.NONE


def test_an_id_that_nobody_knows_is_reported_as_not_found() -> None:
    plan = plan_one(new_row_with_id(), None, None)
    assert (plan.action, plan.calls, codes(plan)) == (Action.BLOCKED, (), ["item.not_found"])


def test_republish_is_no_licence_to_publish_under_a_mistyped_id() -> None:
    assert codes(plan_one(new_row_with_id(), None, None, REPUBLISH)) == ["item.not_found"]


def new_row_with_id() -> Row:
    return row(new_row().cells, item_id=ITEM)


def test_an_item_that_this_tool_deleted_is_reported_without_being_read() -> None:
    gone = known(deleted=True)
    for one in (new_row(), new_row_with_id()):
        assert asked(one, {CODE: gone}) == ()
        plan = plan_one(one, gone)
        assert (plan.action, codes(plan)) == (Action.BLOCKED, ["item.deleted"])


def test_republish_publishes_a_deleted_item_anew() -> None:
    for one in (new_row(), new_row_with_id()):
        assert plan_one(one, known(deleted=True), None, REPUBLISH).action is Action.PUBLISH


@pytest.mark.parametrize("options", [OPTIONS, REPUBLISH], ids=["plainly", "--republish"])
@pytest.mark.parametrize(
    "baseline", [known(deleted=True), known(), None], ids=["deleted by this tool", "gone", "never known"]
)
def test_a_row_to_delete_an_item_already_deleted_is_nothing(baseline: Baseline | None, options: Options) -> None:
    plan = plan_one(row({STATUS: Status.DELETED}, item_id=ITEM), baseline, None, options)
    assert (plan.action, plan.calls, codes(plan)) == (Action.NONE, (), ["delete.nothing"])
    assert all(problem.level is Level.NOTE for problem in plan.problems)


def test_a_row_to_delete_what_never_was_is_nothing() -> None:
    assert plan_one(row({STATUS: Status.DELETED})).action is Action.NONE


def test_an_item_that_could_not_be_read_is_held_back_and_not_taken_for_gone() -> None:
    failure = Problem(None, say("item.unreadable", reason="-"), Level.WARNING)
    for cells in ({}, {STATUS: Status.DELETED}):
        meant = resolve((row(cells),), Memory({CODE: known()}), REPUBLISH)
        (plan,) = build(meant, {ITEM: FoundItem(None, failure)}, REPUBLISH).rows
        assert (plan.action, plan.calls, codes(plan)) == (Action.BLOCKED, (), ["item.unreadable"])


# --- two rows, two sheets, part of a sheet --------------------------------------------------------------------


def test_two_rows_that_mean_one_item_are_both_refused_and_each_names_the_other() -> None:
    rows = (row({PRICE: 1}, item_id=ITEM), row({PRICE: 2}, code="B", number=3, item_id=ITEM))
    plan = plan_all(rows, {}, {ITEM: held()})
    assert [one.action for one in plan.rows] == [Action.INVALID, Action.INVALID]
    assert [one.problems[0].message.args for one in plan.rows] == [{"rows": "3"}, {"rows": "2"}]
    assert plan.reads == 0


def test_a_row_by_its_code_and_another_by_its_id_are_found_to_mean_one_item() -> None:
    rows = (row({PRICE: 1}), row({PRICE: 2}, code="B", number=3, item_id=ITEM))
    plan = plan_all(rows, {CODE: known()}, {ITEM: held()}, REKEY)
    assert [codes(one) for one in plan.rows] == [["id.same_item"], ["id.same_item"]]


def test_a_listing_that_names_its_item_means_it_though_its_code_was_looked_up() -> None:
    rows = (
        row(code="A", item_id="1", number=2),
        replace(row(code="A", number=3), sku="RED"),
        row(code="B", item_id="1", number=4),
    )
    meant = resolve(rows, Memory({}), replace(OPTIONS, abilities=SHOP), {"A": LookedUp()})
    said = {one.row.number: one.identity.problem.message.code for one in meant if one.identity.problem}
    assert said == {2: "id.same_item", 4: "id.same_item"}


@pytest.mark.parametrize(
    ("named", "memory", "found"),
    [
        ((None, ITEM), {}, {"A": (ITEM,)}),
        ((None, None), {}, {"A": (ITEM,), "B": (ITEM,)}),
        ((ITEM, ITEM), {}, {}),
        ((None, ITEM), {"A\u200b": known(code="A\u200b")}, {}),
    ],
    ids=["looked up and by its id", "both looked up", "both by their ids", "by an earlier spelling and by its id"],
)
def test_however_two_rows_mean_one_item_neither_is_carried_out(
    named: Sequence[str | None], memory: Mapping[str, Baseline], found: Mapping[str, tuple[str, ...]]
) -> None:
    rows = [row(code=code, number=n, item_id=one) for n, (code, one) in enumerate(zip("AB", named, strict=True), 2)]
    looked = {code: LookedUp(ids) for code, ids in found.items()}
    meant = resolve(rows, Memory(memory), replace(REKEY, abilities=SHOP), looked)
    assert [one.identity.problem and one.identity.problem.message.code for one in meant] == ["id.same_item"] * 2


def test_an_invalid_row_does_not_stop_the_valid_one_that_means_the_same_item() -> None:
    wrong = row({}, code="B", number=3, item_id=ITEM, problems=(Problem("E3", say("price.not_number", shown="x")),))
    plan = plan_all((row({PRICE: 9900}, item_id=ITEM), wrong), {}, {ITEM: held()})
    assert [one.action for one in plan.rows] == [Action.UPDATE, Action.INVALID]


def test_many_new_rows_do_not_mean_one_item() -> None:
    plan = plan_all((new_row(), new_row(code="B", number=3)), {}, {})
    assert [one.action for one in plan.rows] == [Action.PUBLISH, Action.PUBLISH]


def test_an_item_in_state_but_not_in_the_sheet_is_left_alone() -> None:
    plan = plan_all((row({}),), {CODE: known(), "B": known(item_id=OTHER, code="B")}, {ITEM: held(), OTHER: held()})
    assert [one.row.outer_id for one in plan.rows] == [CODE]
    assert plan.reads == 1
