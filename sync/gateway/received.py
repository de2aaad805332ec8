"""What came of one HTTP exchange."""

from __future__ import annotations

from dataclasses import dataclass

from sync.messages import Message


@dataclass(frozen=True)
class Received:
    """Something came back, be it the platform's answer or a proxy's page."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Unanswered:
    """No answer that is whole."""

    why: Message
    connected: bool
    """False: the connection was never made, so that nothing can have been executed."""
