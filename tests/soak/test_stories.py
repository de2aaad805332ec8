"""What the machine of `test_machine.py` found, or was feared, told as it happened: each was a loss or a doubling."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sync.apply.answers import open_questions
from sync.call import Result
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.sandbox.document import Document, system
from sync.sandbox.faults import Faults
from tests.soak.staff import PRICES, TypedChange
from tests.soak.world import LOADED, World

CODE, NEW = "A-1", "A-3"


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.settle()
    made.check()
    made.close()


def _type(world: World, by: int) -> TypedChange:
    move = TypedChange(CODE, by)
    world.lines[CODE].change = move
    world.moves.append(move)
    return move


def _trouble(world: World, spec: str) -> None:
    world.adapter.platform.faults = Faults(spec)


def _results(world: World) -> list[Result]:
    return [record.result for record in world.store.rows(world.store.runs()[0].id) if record.result]


def _held(world: World, code: str = CODE) -> Document:
    item_id = world.item_of(code)
    assert item_id is not None
    return world.shop.at(item_id, world.shop.tick) or {}


def test_another_sheet_does_not_confirm_that_a_cell_was_cleared(world: World) -> None:
    move = _type(world, 1)
    world.excel_open = True
    world.apply()
    world.apply(PRICES)
    world.apply()
    assert world.times(move) == 1


def test_an_undo_does_not_confirm_that_a_cell_was_cleared(world: World) -> None:
    move = _type(world, 2)
    world.excel_open = True
    world.apply()
    world.undo(world.store.runs()[0])
    world.apply()
    assert world.times(move) == 1
    assert system(_held(world))["inventory"] == 3


def test_a_publish_that_comes_late_into_the_next_run_makes_no_second_item(world: World) -> None:
    _trouble(world, "drop-late@publish:1,drop-before@publish:2,drop-before@publish:3,drop-before@publish:4,"
                    "drop-before@publish:5,drop-before@publish:6,drop-before@publish:7,drop-before@publish:8,"
                    "drop-before@publish:9,drop-before@publish:10")  # fmt: skip
    world.late_pauses = 99
    world.apply()
    assert Result.UNKNOWN in _results(world)
    _trouble(world, "")
    world.apply()
    world.adapter.late.let_happen()
    world.check()


def test_an_undo_that_ended_half_way_is_finished_and_moves_no_stock_twice(world: World) -> None:
    _type(world, 2)
    world.lines[CODE].cells[STATUS] = Status.INACTIVE
    world.apply()
    run = world.store.runs()[0]
    _trouble(world, "drop-before@status.modify=1")
    world.undo(run)
    assert Result.UNKNOWN in _results(world)
    _trouble(world, "")
    world.undo(run)
    assert (system(_held(world))["inventory"], system(_held(world))["status"]) == (3, 1)


def test_an_undo_leaves_a_row_alone_of_which_nobody_knows(world: World) -> None:
    move = _type(world, 2)
    world.lines[CODE].cells[PRICE] = 2590
    world.late_pauses = 99
    _trouble(world, "drop-late@inventory.incr:1")
    world.apply()
    assert CODE in open_questions(world.store)
    world.undo(world.store.runs()[0])
    assert _results(world)[0] is Result.BLOCKED
    assert world.times(move, pending=True) == 1


@pytest.mark.parametrize(("status", "result"), [(1, Result.UNKNOWN), (0, Result.DONE)], ids=["for sale", "off"])
def test_where_buyers_could_have_taken_as_many_nobody_says_done(world: World, status: int, result: Result) -> None:
    world.apply()
    item_id = world.item_of(CODE)
    assert item_id is not None
    world.shop.set_status(item_id, status)
    move = _type(world, -1)
    _trouble(world, "drop-after@inventory.decr:1")
    world.apply()
    assert (_results(world)[0], world.times(move)) == (result, 1)


def test_an_old_runs_results_written_again_clear_no_new_cell_and_lift_no_new_hold(world: World) -> None:
    _type(world, 1)
    world.apply()
    first = world.store.runs()[0]
    move = _type(world, 1)
    world.show_write(first)
    assert world.lines[CODE].change is move
    _trouble(world, "drop-after@inventory.incr:1")
    world.excel_open = True
    world.apply()
    world.show_write(first)
    world.apply()
    assert world.times(move) == 1


def test_results_of_a_run_that_died_before_its_sheet_are_written_by_resume(world: World) -> None:
    move = _type(world, 1)
    world.dies_at = "write-back"
    world.apply()
    assert world.lines[CODE].change is move
    world.resume()
    assert world.lines[CODE].change is None
    assert system(_held(world))["inventory"] == 4


def test_the_same_change_typed_after_a_death_that_nobody_heard_of_is_a_new_one(world: World) -> None:
    first = _type(world, 1)
    world.dies_at = "written"
    world.apply()
    assert world.lines[CODE].change is None
    second = _type(world, 1)
    world.resume()
    assert world.lines[CODE].change is second
    world.apply()
    assert (world.times(first), world.times(second)) == (1, 1)


@pytest.mark.parametrize("commits_before_death", range(3))
def test_nor_is_it_lost_where_state_heard_only_half_of_it(world: World, commits_before_death: int) -> None:
    _type(world, 1)
    world.dies_at = "write-back"
    world.apply()
    world.lives = 2 + commits_before_death
    world.resume()
    world.lives = None
    assert world.lines[CODE].change is None
    second = _type(world, 1)
    world.resume()
    world.apply()
    assert world.times(second) == 1


@pytest.mark.parametrize("count", [1, 5])
def test_a_count_that_was_lost_and_comes_late_is_put_right_at_the_end_of_the_run(world: World, count: int) -> None:
    world.lines[CODE].cells[INVENTORY] = count
    world.late_pauses = 1
    _trouble(world, "drop-late@inventory.incr:1,drop-late@inventory.decr:1")
    world.apply()
    world.adapter.late.let_happen()
    assert _results(world)[0] is Result.DONE
    assert system(_held(world))["inventory"] == count


def test_an_old_copy_that_is_put_back_moves_nothing_again(world: World) -> None:
    move = _type(world, 1)
    world.apply()
    world.put_back(0)
    assert world.lines[CODE].change is move
    world.apply()
    assert world.times(move) == 1


def test_what_is_typed_into_an_old_copy_is_told_as_made_just_now(world: World) -> None:
    world.apply()
    first = _type(world, 1)
    world.dies_at = "write-back"
    world.apply()
    world.put_back(1)
    again = _type(world, 1)
    world.resume()
    assert world.lines[CODE].change is None
    assert (world.times(first), world.times(again)) == (1, 0)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_page_in_answer_to_a_batch_of_changes_tells_nothing(when: str) -> None:
    world = World(batch_size=20)
    for code in LOADED:
        world.lines[code].cells[INVENTORY] = 5
    _trouble(world, f"http-404-{when}@inventory.incr:1")
    world.apply()
    assert [len(world.shop.events(item_id)) for item_id in map(world.item_of, LOADED) if item_id] == [2, 2]
    world.settle()
    world.close()
