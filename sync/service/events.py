"""What a job says while it is at work. A face shows it as it likes; nobody has to listen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sync.call import RowResult
    from sync.messages import Worded
    from sync.service.sheet_port import Delivery


class Event:
    """Something that a job says. The classes below are all there are."""


@dataclass(frozen=True)
class Warned(Event):
    """What a person should know, beside the result."""

    message: Worded


@dataclass(frozen=True)
class Progressed(Event):
    """How far the calls under way are: `done` of about `total`. The first of a kind has 0 `done`."""

    done: int
    total: int
    ended: bool = False
    """True: no more of these come."""


class Reading(Progressed):
    """Items are read."""


class Sent(Progressed):
    """A run's calls are made. A call that got lost is looked after, so `done` may come to more than `total`."""


@dataclass(frozen=True)
class RowEnded(Event):
    """A row of a run came to its end."""

    run: int
    result: RowResult


@dataclass(frozen=True)
class Delivered(Event):
    """The results of a run were put where staff find them, or couldn't be."""

    run: int
    delivery: Delivery


Listener = Callable[[Event], object]
"""Told of each event, in the order in which they happen, but from any thread."""
