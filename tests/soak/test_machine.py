"""Whatever staff, buyers, the platform and the power supply do: nothing lost, nothing twice
(docs/reference/outcomes.md)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import CLEAR, Status
from sync.sandbox.fault_catalog import KINDS
from sync.sandbox.faults import Faults
from sync.sandbox.open_items import OPEN_ITEMS
from sync.sandbox.shop import Refused
from sync.sandbox.spec import PREFIX
from tests.soak.history_shop import HAND
from tests.soak.process import TIMEOUT
from tests.soak.staff import PRICES, TypedChange
from tests.soak.world import CODES, World

CODE = st.sampled_from(CODES)
BRAND = "品牌"
CELLS = st.one_of(
    st.tuples(st.just(PRICE), st.sampled_from([1990, 2090, 2190])),
    st.tuples(st.just(TITLE), st.sampled_from(["甲", "乙", "甲  乙", "甲&丙"])),
    st.tuples(st.just(STATUS), st.sampled_from([Status.ACTIVE, Status.INACTIVE])),
    st.tuples(st.just(INVENTORY), st.integers(0, 5)),
    st.tuples(st.just(BRAND), st.sampled_from(["OPI", "CND", CLEAR])),
)
BY = st.integers(-2, 3).filter(bool)
KIND = st.sampled_from([kind for kind in KINDS if kind != "session-expired"])
WRITES = [name.removeprefix(PREFIX) for name, method in OPEN_ITEMS.items() if method.writes]
LOST = st.sampled_from(["drop-late", "drop-before", "drop-after", "http-404-before", "http-404-after"])
FAULTS = st.lists(st.tuples(KIND, st.integers(1, 14)), min_size=1, max_size=4)


class Weeks(RuleBasedStateMachine):
    """Staff edit, buyers buy, calls get lost, the plug is pulled, and somebody presses the button again."""

    sells = False
    batch_size = 1
    place: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.world = World(batch_size=self.batch_size, place=self.place)

    def teardown(self) -> None:
        try:
            self.world.settle()
            self.world.check()
        finally:
            self.world.close()

    @rule(code=CODE, cell=CELLS)
    def staff_edit_a_cell(self, code: str, cell: tuple[str, object]) -> None:
        line = self.world.lines[code]
        if cell[0] != INVENTORY or line.change is None:
            line.cells[cell[0]] = cell[1]  # type: ignore[assignment]

    @rule(code=CODE, path=st.sampled_from([STATUS, INVENTORY, BRAND, TITLE]))
    def staff_empty_a_cell(self, code: str, path: str) -> None:
        if path != TITLE or code in self.world.store.baselines():
            self.world.lines[code].cells.pop(path, None)

    @rule(code=CODE, by=BY)
    def staff_type_a_stock_change(self, code: str, by: int) -> None:
        line = self.world.lines[code]
        if line.change is None and self.world.item_of(code) and line.cells.get(STATUS) != Status.DELETED:
            line.cells.pop(INVENTORY, None)
            line.change = TypedChange(code, by)
            self.world.moves.append(line.change)

    @rule(code=CODE)
    def staff_delete_an_item(self, code: str) -> None:
        if self.world.lines[code].change is None:
            self.world.lines[code].cells[STATUS] = Status.DELETED

    @rule(code=CODE, price=st.sampled_from([1990, 2090, 5000]))
    def somebody_edits_a_price_on_the_platform(self, code: str, price: int) -> None:
        if item_id := self.world.item_of(code):
            with self.world.shop.by(HAND):
                self.world.shop.modify(item_id, json.dumps({"_sys": {"price": price / 100}}))

    @rule(code=CODE, status=st.sampled_from([0, 1]))
    def somebody_changes_a_status_on_the_platform(self, code: str, status: int) -> None:
        if item_id := self.world.item_of(code):
            with self.world.shop.by(HAND):
                self.world.shop.set_status(item_id, status)

    @precondition(lambda self: self.sells)
    @rule(code=CODE, units=st.integers(1, 2))
    def a_buyer_buys(self, code: str, units: int) -> None:
        if item_id := self.world.item_of(code):
            try:
                self.world.shop.sell(item_id, units)
            except Refused:
                return

    @rule(faults=FAULTS, sales=st.lists(st.integers(1, 14), max_size=3))
    def there_will_be_trouble(self, faults: list[tuple[str, int]], sales: list[int]) -> None:
        spec = [f"{kind}@{number}" for kind, number in faults]
        spec += [f"sales@{number}" for number in sales if self.sells]
        self.world.adapter.platform.faults = Faults(",".join([*spec, "ban-for=1"]))

    @rule(code=CODE, cell=CELLS, kind=LOST, pauses=st.integers(0, 3))
    def each_first_write_is_lost(self, code: str, cell: tuple[str, object], kind: str, pauses: int) -> None:
        """An edit, and a run in which the first call of every method is lost; it may come late, or too late."""
        self.staff_edit_a_cell(code, cell)
        self.world.late_pauses = pauses
        self.world.adapter.platform.faults = Faults(",".join(f"{kind}@{method}:1" for method in WRITES))
        self.world.apply()

    @rule(lag=st.sampled_from([0.0, TIMEOUT / 10, TIMEOUT * 0.9]))
    def readings_are_old_copies(self, lag: float) -> None:
        self.world.turn(lag=lag)

    @rule(own_ways=st.booleans())
    def the_platform_keeps_texts_in_its_own_way(self, own_ways: bool) -> None:
        self.world.turn(folds_spaces=own_ways, escapes_entities=own_ways)

    @rule()
    def late_effects_happen(self) -> None:
        self.world.adapter.late.let_happen()

    @rule(points=st.integers(0, 25))
    def the_plug_will_be_pulled(self, points: int) -> None:
        self.world.lives = points

    @rule()
    def the_network_is_cut(self) -> None:
        self.world.adapter.cut = True

    @rule()
    def all_is_well(self) -> None:
        self.world.adapter.platform.faults, self.world.adapter.cut, self.world.lives = Faults(), False, None

    @rule(is_open=st.booleans())
    def excel_holds_the_sheet(self, is_open: bool) -> None:
        self.world.excel_open = is_open

    @rule(asked=st.booleans())
    def a_person_is_asked(self, asked: bool) -> None:
        self.world.asked = asked

    @rule(back=st.integers(0, 3), skips=st.booleans())
    def staff_put_back_an_old_copy(self, back: int, skips: bool) -> None:
        self.world.put_back(back)
        self.world.skips_stale = skips

    @rule(code=CODE, by=BY, cell=CELLS)
    def a_change_is_made_and_its_old_copy_put_back(self, code: str, by: int, cell: tuple[str, object]) -> None:
        self.staff_type_a_stock_change(code, by)
        self.world.apply()
        self.world.put_back(0)
        self.staff_edit_a_cell(code, cell)

    @rule()
    def apply(self) -> None:
        self.world.apply()

    @rule()
    def apply_the_other_sheet(self) -> None:
        self.world.apply(PRICES)

    @rule()
    def save_a_plan(self) -> None:
        self.world.save_plan()

    @rule()
    def apply_the_saved_plan(self) -> None:
        self.world.apply_saved()

    @rule()
    def resume(self) -> None:
        self.world.resume()

    @rule(points=st.integers(3, 25))
    def a_run_is_cut_off_and_abandoned(self, points: int) -> None:
        self.world.lives = points
        self.world.apply()
        self.world.lives = None
        self.world.abandon()

    @rule(code=CODE, gives_up=st.booleans())
    def a_person_answers(self, code: str, gives_up: bool) -> None:
        self.world.answer(code, "skip" if gives_up else None)

    @rule(back=st.integers(0, 2))
    def undo(self, back: int) -> None:
        finished = [run for run in self.world.store.runs() if run.finished_at]
        if back < len(finished):
            self.world.undo(finished[back])

    @invariant()
    def nothing_twice(self) -> None:
        self.world.check()


class WeeksWithSales(Weeks):
    """The same, with buyers, also while a run goes on."""

    sells = True


class WeeksInBatches(WeeksWithSales):
    """The same, with many calls in a request, so that trouble meets them together."""

    batch_size = 20


MACHINES = pytest.mark.parametrize("machine", [Weeks, WeeksWithSales, WeeksInBatches])


def _run(machine: type[Weeks], examples: int, steps: int) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=checks,
        # To explain a failure takes far longer than to find it.
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    run_state_machine_as_test(machine, settings=how)


@MACHINES
def test_a_few_weeks(machine: type[Weeks]) -> None:
    """A look at each change of the code; the soak sweeps seven hundred of each, twice as long (`test_many_weeks`)."""
    _run(machine, 4, 20)


def _sharing(machine: type[Weeks], place: str) -> type[Weeks]:
    """The same with a state in PostgreSQL."""
    return type(f"{machine.__name__}Shared", (machine,), {"place": place})


def test_a_few_weeks_with_a_shared_state(postgres_server: str) -> None:
    _run(_sharing(WeeksWithSales, postgres_server), 3, 15)


# Each is a few minutes long at most, so that the workers share them out.
@pytest.mark.soak
@MACHINES
@pytest.mark.parametrize("part", range(2))
def test_many_weeks_with_a_shared_state(machine: type[Weeks], part: int, postgres_server: str) -> None:
    _run(_sharing(machine, postgres_server), 75, 45)


@pytest.mark.soak
@MACHINES
@pytest.mark.parametrize("part", range(4))
def test_many_weeks(machine: type[Weeks], part: int) -> None:
    _run(machine, 175, 45)
