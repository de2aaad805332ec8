"""Why a job ends before it is done: one class a reason, each with the words for a person.

A face maps the classes to its own answers, such as exit codes (`sync.cli.exits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sync.messages import Joined, Message, say

if TYPE_CHECKING:
    from sync.item import Row


class Refusal(Exception):
    """Something is wrong that a person can act on; nothing was done. The text never holds a secret.

    A bare Refusal: the command, the settings or the workbook is wrong. What is more than that has a class below.
    """

    def __init__(self, message: Message) -> None:
        super().__init__(message.code)
        self.message = message


class NeedsWorksheet(Refusal):
    """More than one worksheet could be meant; a person can be asked."""

    def __init__(self, message: Message, names: Sequence[str]) -> None:
        """`names`: the worksheets' names, in the workbook's order."""
        super().__init__(message)
        self.names = tuple(names)


class WrongShop(Refusal):
    """The settings lead to another shop than the one that this profile's state is of."""


class TrippedGuard(Protocol):
    """A guard that a plan trips: its name, the words that say why, and the rows that trip it."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def message(self) -> Message: ...  # noqa: D102
    @property
    def rows(self) -> Sequence[Row]: ...  # noqa: D102


class GuardTripped(Refusal):
    """A plan is unusual, and nobody consented to that; nothing was sent."""

    def __init__(self, guards: Sequence[TrippedGuard]) -> None:
        """`guards`: those that the consent doesn't name."""
        names = ",".join(guard.name for guard in guards)
        super().__init__(say("guard.tripped", reasons=Joined(tuple(guard.message for guard in guards)), names=names))
        self.guards = tuple(guards)


class GatewayDown(Refusal):
    """The gateway can't be reached, or refuses the credentials."""


class Unfinished(Refusal):
    """An earlier run isn't finished: resume it, or abandon it."""

    def __init__(self, run: int, sheet: str) -> None:
        """`run`: its number; `sheet`: the file that it is of."""
        super().__init__(say("run.unfinished", run=run, sheet=sheet))
        self.run = run


class Locked(Refusal):
    """Another process has the shop, the sheet or the state just now."""


class Overtaken(Refusal):
    """A run, or a save of the sheet, came between the plan and the consent: plan again."""


class StateDown(Refusal):
    """The state can't be read or written; what was sent is in the journal as far as it could be kept."""
