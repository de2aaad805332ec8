"""How many units a count really moved: what an undo has to take back (docs/reference/outcomes.md#undo).

A count says what should stand. Where one of its calls was lost, what is looked at tells whether that worked, and
another gap is closed. So the units that moved are neither those that were planned nor those of the last call.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.apply.recovery import Step
from sync.call import Op, Outcome, Reply
from sync.fields import INVENTORY
from sync.item import number


@dataclass
class Counted:
    """The account of one row's count."""

    moved: int = 0
    """Units that its calls added, less those that they took away."""
    _stands: int = 0
    """Units that stood when somebody looked last, with what was moved since."""
    _lost: list[int] = field(default_factory=list)
    """The moves that may have happened, or may yet."""

    def take(self, step: Step, reply: Reply) -> None:
        """Take account of a step that was answered."""
        call = step.call
        if call.op is Op.LOOK and reply.item is not None:
            self._look(number(reply.item.get(INVENTORY)) or 0)
        elif call.is_count:
            self._stands = number(step.before.get(INVENTORY)) or 0
            if reply.outcome is Outcome.DONE:
                self._happened(call.by)
            elif reply.outcome is Outcome.UNKNOWN:
                self._lost.append(call.by)

    def forget(self) -> None:
        """Nothing of it was made, whatever the platform said."""
        self.moved, self._lost = 0, []

    def _look(self, units: int) -> None:
        """Buyers only take stock away. So more than stood, or less by a whole lost move, shows that it happened."""
        for by in (*self._lost,):
            if units > self._stands if by > 0 else units <= self._stands + by:
                self._lost.remove(by)
                self._happened(by)
        self._stands = units

    def _happened(self, by: int) -> None:
        self.moved += by
        self._stands += by
