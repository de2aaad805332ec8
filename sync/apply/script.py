"""One row's way through its calls, as a generator: it yields the next step and is sent the reply.

It is pure, so a run that was cut off goes on by sending the journal's replies to a new one, and every fault can be
tried without a network.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field, replace

from sync.apply.recovery import Step, When, came_late, judge, look_and_mend, settle
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, STATUS
from sync.item import Item, Status
from sync.messages import Message, say
from sync.plan.effect import after
from sync.plan.plan import RowPlan


@dataclass(frozen=True)
class LostMove:
    """A 库存增减 of which nobody knows whether it happened."""

    by: int
    before: int | None
    """Units before the call."""
    seen: int | None
    """Units at the last look; None: even looking failed."""


@dataclass(frozen=True)
class Ending:
    """How a row came out."""

    result: Result
    item_id: str | None = None
    done: tuple[Call, ...] = ()
    """The calls that surely worked, in their order."""
    note: tuple[Message, ...] = ()
    """Why it failed or is unknown, and what to do next."""
    lost_move: LostMove | None = None


@dataclass
class _Progress:
    item_id: str | None
    held: Item
    done: list[Call] = field(default_factory=list)
    doubtful: list[tuple[Call, Item]] = field(default_factory=list)
    note: list[Message] = field(default_factory=list)

    def take(self, call: Call, reply: Reply) -> None:
        """Record a call that worked."""
        if call.op is Op.PUBLISH and reply.item_id not in (None, self.item_id):
            self.note.append(say("publish.other_id", asked=self.item_id, given=reply.item_id))
        if call.op in (Op.GENERATE, Op.PUBLISH):
            self.item_id = reply.item_id or self.item_id
        self.held = after(call, self.held)
        self.done.append(call)

    def sent_before(self, publish: Call) -> bool:
        """Whether an earlier publish of this id was lost, in this run or in the one that left the id."""
        own_id = any(call.op is Op.GENERATE for call in self.done)
        return not own_id or any(call is publish for call, _ in self.doubtful)

    def end(self, result: Result, *note: Message | None, lost_move: LostMove | None = None) -> Ending:
        said = (*self.note, *(message for message in note if message))
        return Ending(result, self.item_id, tuple(self.done), said, lost_move)


Steps = Generator[Step, Reply, Ending]


def carry_out(plan: RowPlan) -> Steps:
    """Carry out one row's calls in their order, and settle what gets lost on the way.

    The row ends at the first call that the platform refuses, or that stays unknown. A reply `NOT_SENT` is never
    sent to it: the row then stands where it stood, and goes on later.
    """
    at = _Progress(plan.item_id, plan.remote)
    for planned in plan.calls:
        call = replace(planned, item_id=at.item_id)
        carry = _keep_off if call.op is Op.LOOK else _carry
        trouble = yield from carry(call, at)
        if trouble is not None:
            return trouble
    trouble = yield from _look_again(at)
    return trouble or at.end(Result.DONE)


def _carry(call: Call, at: _Progress) -> Generator[Step, Reply, Ending | None]:
    before = at.held
    reply = yield Step(call, before=before)
    if reply.outcome is Outcome.UNKNOWN:
        at.doubtful.append((call, before))
        reply = yield from settle(call, before)
        if reply.outcome is Outcome.UNKNOWN and call.op is not Op.GENERATE:
            reply = yield from look_and_mend(call, before, When.AT_END)
    if reply.outcome is Outcome.FAILED and call.op is Op.PUBLISH and at.sent_before(call):
        reply = yield from came_late(call, reply)
    if reply.outcome is Outcome.DONE:
        at.take(call, reply)
        return None
    if reply.outcome is Outcome.UNKNOWN:
        return _unknown(call, before, reply, at)
    if call.op is Op.PUBLISH and not at.sent_before(call):
        # An id whose publish was refused is no item's: kept, it would pass for one that has vanished.
        at.item_id = None
    return at.end(Result.FAILED, reply.error)


def _unknown(call: Call, before: Item, reply: Reply, at: _Progress) -> Ending:
    if call.op is not Op.STOCK or call.count is not None:
        return at.end(Result.UNKNOWN, say("call.unknown", op=call.op), reply.error)
    held, seen = before.get(INVENTORY), (reply.item or {}).get(INVENTORY)
    lost = LostMove(call.by, held if isinstance(held, int) else None, seen if isinstance(seen, int) else None)
    message = say(
        "move.unknown", by=f"{lost.by:+d}", before=lost.before, seen="?" if lost.seen is None else lost.seen
    )
    return at.end(Result.UNKNOWN, message, lost_move=lost)


def _keep_off(call: Call, at: _Progress) -> Generator[Step, Reply, Ending | None]:
    """Look whether the raised stock turned an item on that is to stay off, and turn it off again."""
    look = yield Step(replace(call, status=None), before=at.held)
    if look.outcome is not Outcome.DONE:
        return at.end(Result.UNKNOWN, say("call.unknown", op=call.op), look.error)
    if look.item is None or look.item.get(STATUS) != Status.ACTIVE:
        return None
    return (yield from _carry(Call(Op.STATUS, at.item_id, status=Status.INACTIVE), at))


def _look_again(at: _Progress) -> Generator[Step, Reply, Ending | None]:
    """At the end of the run, look once more after each call that was lost for a while: it may have come late.

    A stock move that was found done stays done: what the count is now may be sales.
    """
    late = [(call, before) for call, before in at.doubtful if _may_come_late(call)]
    if not late:
        return None
    look = yield Step(Call(Op.LOOK, at.item_id), When.AT_END, at.held)
    if look.outcome is not Outcome.DONE:
        return None
    for call, before in late:
        again = judge(call, before, look.item)
        if isinstance(again, Call):
            reply = yield Step(again, before=look.item or {})
            if reply.outcome is not Outcome.DONE:
                return at.end(Result.UNKNOWN, say("call.unknown", op=call.op), reply.error)
    return None


def _may_come_late(call: Call) -> bool:
    return call.op is not Op.GENERATE and (call.op is not Op.STOCK or call.count is not None)
