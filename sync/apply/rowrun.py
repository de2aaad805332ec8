"""One row under way: its script, where it stands, and how it is taken up again from the journal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sync.apply.recovery import Step
from sync.apply.script import Ending, carry_out
from sync.call import Op, Reply
from sync.plan.plan import RowPlan


class RowRun:
    """A planned row on its way through its calls."""

    def __init__(self, plan: RowPlan, replies: Iterable[Reply] = (), *, stale: bool = False) -> None:
        """Start `plan`, or take it up after the `replies` that the journal holds; `stale`: see `carry_out`."""
        self.plan = plan
        self.seq = 0
        """How many of its calls were answered."""
        self.ending: Ending | None = None
        self.left_at: datetime | None = None
        """A moment by which its last call had surely left."""
        self._steps = carry_out(plan, stale=stale)
        self._step: Step | None = None
        try:
            self._step = next(self._steps)
        except StopIteration as stop:
            self.ending = stop.value
        for reply in replies:
            self.feed(reply)

    @property
    def step(self) -> Step:
        """The next step; raises LookupError once the row has ended."""
        if self._step is None:
            raise LookupError(self.plan.row.number)
        return self._step

    @property
    def irreversible(self) -> bool:
        """Whether the next call is one that could never be settled by sending it again."""
        call = self.step.call
        return call.op is Op.STOCK and call.count is None

    def feed(self, reply: Reply) -> None:
        """Take the reply to the current step, and go on to the next."""
        self.seq += 1
        try:
            self._step = self._steps.send(reply)
        except StopIteration as stop:
            self._step, self.ending = None, stop.value
