"""What a count really moved, whatever of it was lost, came late, or was sold on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from sync.apply.progress import Ending
from sync.apply.row_script import Steps
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY
from tests.apply.rows import HELD, updated
from tests.apply.script_driver import script_of

LATE, LOST, NEVER, YES = "late", "lost, but made", "lost, never made", "yes"
BEFORE = 10
"""Units."""


@dataclass
class OneItemPlatform:
    """A platform that holds one item."""

    units: int = BEFORE
    moved: int = 0
    late: list[int] = field(default_factory=list)
    """Moves that are still on their way."""

    def move(self, by: int) -> None:
        if self.units + by >= 0:
            self.units, self.moved = self.units + by, self.moved + by

    def send(self, call: Call, fate: str) -> Reply:
        """Take a call, as `fate` has it."""
        if fate in (LOST, YES):
            self.move(call.by)
        if fate == LATE:
            self.late.append(call.by)
        return Reply(Outcome.DONE if fate == YES else Outcome.UNKNOWN)

    def look(self) -> Reply:
        """Say what there is."""
        return Reply(Outcome.DONE, item={**HELD, INVENTORY: self.units})


def driven(script: Steps, stock: OneItemPlatform, fates: list[str], before_look: Callable[[], None]) -> Ending:
    """Carry a script out; each call has the next of `fates`, and then a yes."""
    step = next(script)
    while True:
        if step.call.op is Op.LOOK:
            before_look()
            reply = stock.look()
        else:
            assert step.call.is_count
            reply = stock.send(step.call, fates.pop(0) if fates else YES)
        try:
            step = script.send(reply)
        except StopIteration as stop:
            ending: Ending = stop.value
            return ending


FATES = st.lists(st.sampled_from([LATE, LOST, NEVER, YES]), min_size=1, max_size=6)


@given(count=st.integers(0, 30).filter(lambda n: n != BEFORE), fates=FATES, data=st.data(), reads_back=st.booleans())
def test_an_undo_takes_back_what_was_moved(
    count: int, fates: list[str], data: st.DataObject, *, reads_back: bool
) -> None:
    stock = OneItemPlatform()

    def some_come() -> None:
        for _ in range(data.draw(st.integers(0, len(stock.late)), label="come now")):
            stock.move(stock.late.pop(0))

    script = script_of(replace(updated({INVENTORY: count}), reads_back=reads_back))
    ending = driven(script, stock, [*fates], some_come)
    event(str(ending.result))
    if ending.result is Result.DONE and not stock.late:
        (made,) = ending.done
        assert made.by == stock.moved


@pytest.mark.parametrize(
    ("count", "fates", "sold", "moved"),
    [
        (50, [LOST], 5, 45),
        (50, [NEVER], 3, 43),
        (50, [LOST, LOST], 5, 45),
        (50, [LOST, NEVER], 5, 45),
        (4, [LOST], 2, -4),
        (4, [NEVER], 2, -4),
        (50, [YES], 0, 40),
        (50, [], 0, 40),
    ],
)
def test_what_is_sold_meanwhile_is_made_up_for(count: int, fates: list[str], sold: int, moved: int) -> None:
    stock, to_sell = OneItemPlatform(), [sold]

    def all_are_sold_before_the_first_look() -> None:
        stock.units -= to_sell.pop() if to_sell else 0

    ending = driven(script_of(updated({INVENTORY: count})), stock, [*fates], all_are_sold_before_the_first_look)
    assert (ending.result, [call.by for call in ending.done], stock.moved) == (Result.DONE, [moved], moved)
