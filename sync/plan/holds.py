"""A stock move that must not happen twice holds its row back
(docs/reference/outcomes.md#inventory-changes-are-made-once)."""

from __future__ import annotations

from sync.codes import key_words
from sync.item import CHANGE_CELL, Row, clock_text
from sync.legible import answering
from sync.messages import Level, Message, Problem, say
from sync.plan.identity import RowIdentity
from sync.remembered import Hold


def held_back(row: Row, identity: RowIdentity, sheet: str) -> Problem | None:
    """Return why `row` waits, though nothing is wrong with it; None: it doesn't. `sheet`: the id of its sheet."""
    hold = identity.baseline.hold if identity.baseline else None
    if hold is None:
        return None
    cell = row.addresses.get(CHANGE_CELL)
    if hold.unknown:
        # What is asked for is answered under the code that state knows, until the row has been carried out.
        return Problem(cell, unanswered(hold, identity.renames or row.key), Level.WARNING)
    if row.stock_change is None or sheet in hold.cleared_in:
        return None
    return Problem(cell, say("hold.applied", by=f"{hold.by:+d}", at=clock_text(hold.at)), Level.WARNING)


def unanswered(hold: Hold, code: str) -> Message:
    """Say what is known of a stock move that got no answer, with both values, and what to do."""
    before, seen = ("?" if units is None else units for units in (hold.before, hold.seen))
    return say(
        "hold.unknown", by=f"{hold.by:+d}", before=before, seen=seen, run=hold.run, command=answering(key_words(code))
    )
