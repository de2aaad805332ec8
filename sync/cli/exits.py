"""How a refusal ends a command: its exit code (docs/reference/exit-codes.md), and its words where a terminal has
better ones."""

from __future__ import annotations

from sync.errors import GatewayDown, GuardTripped, Locked, Overtaken, Refusal, StateDown, Unfinished
from sync.messages import Joined, Message, say

WRONG, GUARD, GATEWAY, UNFINISHED = 2, 3, 4, 5

BUG = 70
"""A defect in itemsync itself (`EX_SOFTWARE`), which the documented codes don't speak of."""

INTERRUPTED = 130
"""What a program ends with that Ctrl-C ended; the command line library uses it too."""


def exit_of(refusal: Refusal) -> int:
    """Return the exit code of a command that ends with `refusal`."""
    if isinstance(refusal, GuardTripped):
        return GUARD
    if isinstance(refusal, GatewayDown):
        return GATEWAY
    return UNFINISHED if isinstance(refusal, Unfinished | Locked | Overtaken | StateDown) else WRONG


def worded(refusal: Refusal) -> Message:
    """Return what to say of `refusal`: a person at the command line consents to guards by an option."""
    if not isinstance(refusal, GuardTripped):
        return refusal.message
    reasons = Joined(tuple(guard.message for guard in refusal.guards))
    return say("cli.guarded", reasons=reasons, names=names_of(refusal))


def names_of(refusal: GuardTripped) -> str:
    """Return the guards as `--force` takes them."""
    return ",".join(guard.name for guard in refusal.guards)
