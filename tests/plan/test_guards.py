"""What a person must confirm: each guard of docs/reference/guards.md by name, at its number and on both sides of
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from sync.call import Result
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Baseline, Item, Opaque, Path, Row, Status, Value
from sync.limits import Limits
from sync.messages import Message, Problem, say
from sync.plan.guards import FREEZE, NAMES, GuardWatch, hold_back, refused, tripped, unknown_names
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, Guard, Plan
from sync.remembered import Made
from tests.plan.builders import NOW, SHEET, Cells, ended, held, known, new_row, plan_all, row

INACTIVE = {STATUS: Status.INACTIVE}
WRONG = (Problem("E2", say("price.not_number", shown="x")),)


class GuardedSheet:
    """A sheet in the making: each `add` is a row and the item it means."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.memory: dict[str, Baseline] = {}
        self.items: dict[str, Item] = {}
        self.moves: dict[str, tuple[Made, ...]] = {}

    def add(
        self,
        count: int,
        cells: Cells | None = None,
        remote: Mapping[Path, Value] | None = None,
        *,
        change: int | None = None,
        first: bool = False,
        last_count: int | None = None,
        sold: int = 0,
        made: int | None = None,
    ) -> GuardedSheet:
        for _ in range(count):
            number = len(self.rows) + 2
            code, item_id = f"C{number}", str(7_000_000 + number)
            self.items[item_id] = held(remote, code=code)
            if not first:
                seen = {INVENTORY: last_count} if last_count is not None else {}
                self.memory[code] = known(self.items[item_id], seen, item_id=item_id, code=code)
                stock = self.items[item_id].get(INVENTORY, 0)
                self.items[item_id] = {**self.items[item_id], INVENTORY: int(str(stock)) - sold}
            self.rows.append(row(cells, code=code, number=number, item_id=item_id, change=change))
            if made is not None:
                self.moves[code] = (Made(made, 7, NOW),)
        return self

    def new(self, count: int, cells: Cells | None = None) -> GuardedSheet:
        start = len(self.rows) + 2
        self.rows += [new_row(cells, code=f"N{n}", number=n) for n in range(start, start + count)]
        return self

    def wrong(self, count: int) -> GuardedSheet:
        start = len(self.rows) + 2
        self.rows += [row({}, code=f"W{n}", number=n, problems=WRONG) for n in range(start, start + count)]
        return self

    def plan(self, limits: Limits | None = None) -> Plan:
        options = Options(SHEET, limits=limits or Limits())
        return plan_all(tuple(self.rows), self.memory, self.items, options, self.moves)


def shop() -> GuardedSheet:
    return GuardedSheet()


def names(plan: Plan) -> list[str]:
    return [guard.name for guard in plan.guards]


def words(plan: Plan) -> str:
    return plan.guards[0].message.words("en")


TRIPS: list[tuple[str, str, GuardedSheet, bool]] = [
    ("takedown", "30% of the live items", shop().add(6, INACTIVE).add(14), False),
    ("takedown", "more than 30%", shop().add(7, INACTIVE).add(13), True),
    ("takedown", "just over 30%", shop().add(31, INACTIVE).add(69), True),
    ("takedown", "4 of 4", shop().add(4, INACTIVE), False),
    ("takedown", "5 of 5", shop().add(5, INACTIVE), True),
    ("takedown", "sold out by the sheet goes off too", shop().add(5, {INVENTORY: 0}), True),
    ("takedown", "stock taken to 0 goes off too", shop().add(5, change=-10), True),
    ("takedown", "deleted goes off too", shop().add(5, {STATUS: Status.DELETED}), True),
    ("takedown", "what is off already doesn't count", shop().add(5, {STATUS: Status.DELETED}, INACTIVE), False),
    ("takedown", "live items are counted, not rows", shop().add(5, INACTIVE).add(11).add(9, {}, INACTIVE), True),
    ("takedown", "new items aren't live yet", shop().add(5, INACTIVE).add(11).new(9), True),
    ("price", "just half", shop().add(1, {PRICE: 500}, {PRICE: 1000}), False),
    ("price", "below half by a fen", shop().add(1, {PRICE: 499}, {PRICE: 1000}), True),
    ("price", "half of an odd price", shop().add(1, {PRICE: 501}, {PRICE: 1001}), False),
    ("price", "below half of an odd price", shop().add(1, {PRICE: 500}, {PRICE: 1001}), True),
    ("price", "just double", shop().add(1, {PRICE: 2000}, {PRICE: 1000}), False),
    ("price", "above double by a fen", shop().add(1, {PRICE: 2001}, {PRICE: 1000}), True),
    ("price", "it was given away", shop().add(1, {PRICE: 500}, {PRICE: 0}), False),
    ("price", "what is there is no price", shop().add(1, {PRICE: 500}, {PRICE: Opaque('"cheap"')}), True),
    ("price", "a new item has no price to compare", shop().new(1, {PRICE: 1}), False),
    ("price", "an invalid row's price isn't sent", shop().wrong(1), False),
    ("delete", "20", shop().add(20, {STATUS: Status.DELETED}, INACTIVE).add(60), False),
    ("delete", "21", shop().add(21, {STATUS: Status.DELETED}, INACTIVE).add(60), True),
    ("invalid", "30% of rows", shop().wrong(6).add(14), False),
    ("invalid", "more than 30%", shop().wrong(7).add(13), True),
    ("invalid", "4 of 4", shop().wrong(4), False),
    ("invalid", "5 of 5", shop().wrong(5), True),
    ("first-stock", "never synced", shop().add(1, {INVENTORY: 12}, first=True), True),
    ("first-stock", "never synced, the same count", shop().add(1, {INVENTORY: 10}, first=True), False),
    ("first-stock", "never synced, stock not in the sheet", shop().add(1, {TITLE: "新"}, first=True), False),
    ("first-stock", "never synced, but moved and not overwritten", shop().add(1, change=2, first=True), False),
    ("first-stock", "synced before", shop().add(1, {INVENTORY: 12}), False),
    ("first-stock", "a new item", shop().new(1, {INVENTORY: 12}), False),
    ("publish", "20 of 20", shop().new(20), False),
    ("publish", "21 of 21", shop().new(21), True),
    ("publish", "21 of 70: just 30%", shop().new(21).add(49), False),
    ("publish", "21 of 69: more than 30%", shop().new(21).add(48), True),
    ("stock", "just tenfold", shop().add(1, {INVENTORY: 120}, {INVENTORY: 12}), False),
    ("stock", "more than tenfold", shop().add(1, {INVENTORY: 121}, {INVENTORY: 12}), True),
    ("stock", "more than tenfold, raised by 99", shop().add(1, {INVENTORY: 108}, {INVENTORY: 9}), False),
    ("stock", "more than tenfold, raised by 100", shop().add(1, {INVENTORY: 109}, {INVENTORY: 9}), True),
    ("stock", "by 库存增减", shop().add(1, {}, {INVENTORY: 11}, change=100), True),
    ("stock", "by 库存增减, tenfold", shop().add(1, {}, {INVENTORY: 12}, change=108), False),
    ("stock", "sold out and never counted", shop().add(1, {INVENTORY: 100}, {INVENTORY: 0}), True),
    ("stock", "sold out, an ordinary restock", shop().add(1, {INVENTORY: 120}, {INVENTORY: 0}, last_count=12), False),
    ("stock", "sold out, tenfold of the last", shop().add(1, {INVENTORY: 121}, {INVENTORY: 0}, last_count=12), True),
    ("stock", "sold out, a restock by 库存增减", shop().add(1, {}, {INVENTORY: 12}, sold=12, change=120), False),
    ("stock", "sold out, tenfold by 库存增减", shop().add(1, {}, {INVENTORY: 12}, sold=12, change=121), True),
    ("stock", "a new item", shop().new(1, {INVENTORY: 100_000}), False),
    ("repeat", "made already", shop().add(1, change=5, made=5), True),
    ("repeat", "the other way", shop().add(1, change=-5, made=5), False),
    ("repeat", "never made", shop().add(1, change=5), False),
    ("repeat", "an item that goes is not moved", shop().add(1, {STATUS: Status.DELETED}, change=5, made=5), False),
    ("repeat", "a row that is held back", shop().add(1, {}, {INVENTORY: 2}, change=-5, made=-5), False),
]


@pytest.mark.parametrize(
    ("name", "sheet", "trips"),
    [(name, sheet, trips) for name, _, sheet, trips in TRIPS],
    ids=[f"{name}: {case}" for name, case, _, _ in TRIPS],
)
def test_a_guard(name: str, sheet: GuardedSheet, trips: bool) -> None:
    assert (name in names(sheet.plan())) is trips


SETTINGS: list[tuple[str, Limits, GuardedSheet, bool]] = [
    ("takedown", Limits(share=0.5), shop().add(10, INACTIVE).add(10), False),
    ("takedown", Limits(share=0.5), shop().add(11, INACTIVE).add(9), True),
    ("takedown", Limits(at_least=2), shop().add(2, INACTIVE), True),
    ("delete", Limits(deletions=0), shop().add(1, {STATUS: Status.DELETED}), True),
    ("publish", Limits(new_items=2), shop().new(3), True),
    ("price", Limits(price_floor=1000), shop().new(1, {PRICE: 999}), True),
    ("price", Limits(price_floor=1000), shop().new(1, {PRICE: 1000}), False),
    ("price", Limits(price_floor=1000), shop().add(1, {PRICE: 999}, {PRICE: 999}), False),
    ("price", Limits(price_drop=0.9), shop().add(1, {PRICE: 899}, {PRICE: 1000}), True),
    ("price", Limits(price_rise=1.1), shop().add(1, {PRICE: 1101}, {PRICE: 1000}), True),
    ("stock", Limits(stock_rise=2, stock_rise_units=1), shop().add(1, {INVENTORY: 21}, {INVENTORY: 10}), True),
]


@pytest.mark.parametrize(("name", "limits", "sheet", "trips"), SETTINGS)
def test_the_numbers_are_settings(name: str, limits: Limits, sheet: GuardedSheet, trips: bool) -> None:
    assert (name in names(sheet.plan(limits))) is trips


def test_a_forced_first_row_is_asked_for_again_only_if_nothing_worked() -> None:
    sheet = shop().add(1, {PRICE: 9900, INVENTORY: 12}, first=True)
    first = sheet.plan()
    assert names(first) == ["first-stock"]
    (planned,) = first.rows
    for worked, asked in ((1, []), (0, ["first-stock"])):
        baseline = ended(planned, None, Result.FAILED, planned.calls[:worked], item_id=planned.item_id)
        sheet.memory = {"C2": baseline}
        assert names(sheet.plan()) == asked


def test_a_conflict_that_is_left_for_a_person_trips_nothing() -> None:
    sheet = shop().add(1, {PRICE: 1}, {PRICE: 1000})
    sheet.memory = {"C2": known(held({PRICE: 900}, code="C2"), {PRICE: 900}, item_id="7000002", code="C2")}
    plan = plan_all(
        tuple(sheet.rows), sheet.memory, sheet.items, Options(SHEET, choices=Choices(skip_conflicts=True))
    )
    assert names(plan) == []


@pytest.mark.parametrize(
    ("part", "rest"),
    [(shop().wrong(6), shop().add(14)), (shop().new(21), shop().add(49))],
    ids=["invalid", "publish"],
)
def test_a_part_is_measured_by_its_whole_sheet(part: GuardedSheet, rest: GuardedSheet) -> None:
    assert not tripped(part.plan().rows, Limits(), rest.plan().rows)


def test_a_row_that_does_nothing_is_not_held_back() -> None:
    plan = hold_back(shop().wrong(5).plan(), ())
    assert ({row.action for row in plan.rows}, plan.guards) == ({Action.INVALID}, ())


def test_few_rows_of_a_guard_are_kept_as_it_looks_at_them() -> None:
    plan = shop().add(3, {PRICE: 1}).plan()
    watch = GuardWatch(Limits())
    for one in plan.rows:
        watch.look(one)
    (price,) = watch.tripped((), plan.rows, ())
    assert [*price.rows] == [one.row for one in plan.rows]


def test_guards_are_told_in_one_order() -> None:
    sheet = shop().wrong(40).add(21, {STATUS: Status.DELETED}).new(60, {PRICE: 1, INVENTORY: 1})
    sheet.add(1, {INVENTORY: 500, PRICE: 1}, first=True).add(1, change=5, made=5)
    assert [*names(sheet.plan()), FREEZE] == list(NAMES)


@pytest.mark.parametrize(
    ("sheet", "told"),
    [
        (shop().add(7, INACTIVE).add(13), ("7", "20")),
        (shop().add(2, {PRICE: 499}, {PRICE: 1000}), ("2", "C2", "¥10.00", "¥4.99")),
        (shop().add(21, {STATUS: Status.DELETED}, INACTIVE), ("21", "20")),
        (shop().wrong(7).add(13), ("7", "20")),
        (shop().add(1, {INVENTORY: 12}, first=True), ("1", "C2", "10", "12")),
        (shop().new(21), ("21",)),
        (shop().add(3, {INVENTORY: 500}), ("3", "C2", "10", "500")),
        (shop().add(2, change=-5, made=-5), ("2", "C2", "-5", "run 7", "2026-11-21 09:30")),
    ],
    ids=NAMES[:-1],
)
def test_a_guard_says_how_many_and_shows_the_first(sheet: GuardedSheet, told: Sequence[str]) -> None:
    plan = sheet.plan()
    assert len(plan.guards) == 1
    assert all(part in words(plan) for part in told)


def tripping(*given: str) -> Plan:
    return Plan((), tuple(Guard(name, Message("guard.delete")) for name in given))


@pytest.mark.parametrize(
    ("forced", "left"),
    [
        ((), ["takedown", "price"]),
        (("price",), ["takedown"]),
        (("takedown", "price"), []),
        (("delete",), ["takedown", "price"]),
        (("all",), []),
        (("delete", "all"), []),
    ],
    ids=str,
)
def test_force_names_what_may_pass(forced: Sequence[str], left: Sequence[str]) -> None:
    assert [guard.name for guard in refused(tripping("takedown", "price"), forced)] == left


@pytest.mark.parametrize(
    ("forced", "unknown"),
    [
        ((), ()),
        ((*NAMES, "all"), ()),
        (("price", "prize"), ("prize",)),
        (("ALL", "first_stock"), ("ALL", "first_stock")),
    ],
    ids=str,
)
def test_a_name_that_no_guard_has_is_found_out(forced: Sequence[str], unknown: Sequence[str]) -> None:
    assert unknown_names(forced) == tuple(unknown)
