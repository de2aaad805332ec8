"""What to do with a call whose outcome is unknown: settle it by looking, never by hoping
(docs/reference/outcomes.md#settling-the-unknown)."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace
from enum import Enum

from sync.call import Call, Op, Outcome, Reply
from sync.fields import INVENTORY, STATUS
from sync.item import Item, Path, Status, Value, number, same
from sync.messages import say
from sync.plan.effect import stock_after
from sync.plan.normal import normal_form

ROUNDS = 3
"""How often a lost call is looked after and sent again before the row is left for the end of the run."""


class Earliest(Enum):
    """The earliest moment at which a step may be taken."""

    NOW = "now"
    SETTLED = "settled"
    """Once the time-out of this row's last call has surely passed: until then it may still take effect."""
    AT_END = "at end"
    """When every other row has ended: a lost call can take effect late."""
    CALLS_MADE = "calls made"
    """When no other row has a call to make for now: readings back ride together."""
    SOON = "soon"
    """Some seconds after this row's last write: most copies lag behind no longer."""
    SURE = "sure"
    """Once no reading can be older than this row's last write."""


@dataclass(frozen=True)
class Step:
    """A call that a row wants made."""

    call: Call
    when: Earliest = Earliest.NOW
    before: Item = field(default_factory=dict)
    """What the item is taken to be before the call: the journal's before-image."""


Judgement = Call | Outcome
"""What a look says of a lost call: it happened (`DONE`), nobody can know (`UNKNOWN`), it can't happen any more
(`FAILED`), or: send this call."""


def judge(call: Call, before: Item, seen: Item | None) -> Judgement:
    """Say what became of a lost `call` that found `before`, now that the platform holds `seen` (None: no item)."""
    if call.op is Op.PUBLISH:
        # The same id: should the lost call have worked after all, the platform recognises the repeat
        # (docs/explanation/platform.md#publishing).
        return call if seen is None else Outcome.DONE
    if seen is None and call.is_move:
        # A list leaves out silently what it doesn't find (docs/explanation/platform.md#ordinary-listings); once it
        # does, the move would be made again.
        return Outcome.UNKNOWN
    if seen is None:
        return Outcome.DONE if call.status is Status.DELETED else Outcome.FAILED
    match call.op:
        case Op.MODIFY:
            return Outcome.DONE if _as_wanted(call, before, seen) else call
        case Op.STATUS:
            return Outcome.DONE if _status_as_wanted(call, seen) else fitted(call, seen)
        case Op.STOCK if call.count is not None:
            units = number(seen.get(INVENTORY, 0))
            if units is None:
                return Outcome.UNKNOWN
            gap = call.count - units
            return replace(call, by=gap) if gap else Outcome.DONE
        case Op.STOCK:
            return Outcome.DONE if _proves(seen, call, before) else Outcome.UNKNOWN
    return call


def settle(call: Call, before: Item) -> Generator[Step, Reply, Reply]:
    """Look after a lost call until it is known what became of it, or the rounds are used up."""
    for _ in range(ROUNDS):
        if call.op is Op.GENERATE:
            # An id that nobody uses harms nobody, and there is nothing to look at.
            reply = yield Step(call)
        else:
            reply = yield from look_and_mend(call, before, Earliest.SETTLED)
        if reply.outcome is not Outcome.UNKNOWN or reply.item is not None:
            return reply
    return reply


def look_and_mend(call: Call, before: Item, when: Earliest) -> Generator[Step, Reply, Reply]:
    """Look once after a lost call, and send what the look asks for.

    Returns the reply that stands for the call: `UNKNOWN` with the item where the look can't tell, `UNKNOWN`
    without one where looking, or sending again, was lost too.
    """
    look = yield Step(Call(Op.LOOK, call.item_id), when, before)
    if look.outcome is not Outcome.DONE:
        return Reply(Outcome.UNKNOWN, error=look.error)
    judgement = judge(call, before, look.item)
    if isinstance(judgement, Call):
        return (yield Step(judgement, before=look.item or before))
    if judgement is Outcome.FAILED:
        return Reply(Outcome.FAILED, error=say("item.vanished"))
    return Reply(judgement, item=look.item)


def _proves(seen: Item, move: Call, before: Item) -> bool:
    """Tell whether a lost 库存增减 surely happened: a second one couldn't be taken back.

    Only the exact difference proves it; and where buyers could have taken just as many, not even that.
    """
    sellable = move.by < 0 and before.get(STATUS) != Status.INACTIVE
    return seen.get(INVENTORY, 0) == stock_after(move, before) and not sellable


def came_late(publish: Call, refused: Reply) -> Generator[Step, Reply, Reply]:
    """Look whether a publish was `refused` because the lost one before it has come through after all."""
    look = yield Step(Call(Op.LOOK, publish.item_id), Earliest.SETTLED)
    if look.outcome is not Outcome.DONE:
        return Reply(Outcome.UNKNOWN, error=look.error)
    return Reply(Outcome.DONE, item_id=publish.item_id) if look.item is not None else refused


def fitted(call: Call, held: Item) -> Call:
    """Fit a call to the stock that there is now.

    A count says what should stand, so it is reached from there. A status that goes up with its stock must not change
    it, so it states what there is. What there isn't yet, its SKUs' rows have brought by then.
    """
    stock = number(held.get(INVENTORY))
    if call.count is None or stock is None:
        return call
    return replace(call, by=call.count - stock) if call.op is Op.STOCK else replace(call, count=stock or call.count)


def _as_wanted(call: Call, before: Item, seen: Item) -> bool:
    if any(path in seen for path in call.remove):
        return False
    return all(_kept(path, value, before.get(path), seen.get(path)) for path, value in call.values.items())


def _kept(path: Path, sent: Value, before: Value | None, seen: Value | None) -> bool:
    """The platform may keep it in a form of its own; but what is as it was before shows no change."""
    return same(sent, seen) or (not same(before, seen) and normal_form(path, sent, seen))


def _status_as_wanted(call: Call, seen: Item) -> bool:
    if seen.get(STATUS) == call.status:
        return True
    # Sold out since: zero stock wins over a status that is to be active (docs/reference/calls.md#order-of-calls).
    return call.status is Status.ACTIVE and seen.get(INVENTORY, 0) == 0
