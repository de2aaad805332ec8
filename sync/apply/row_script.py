"""One row's way through its calls, as a generator: it yields the next step and is sent the reply.

It is pure, so a run that was cut off goes on by sending the journal's replies to a new one, and every fault can be
tried without a network.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from enum import Enum
from typing import NamedTuple

from sync.apply.count_account import Counted
from sync.apply.progress import Ending, LostMove, Progress
from sync.apply.readback import read_back
from sync.apply.recovery import ROUNDS, Earliest, Step, came_late, fitted, judge, look_and_mend, settle
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, STATUS, Name
from sync.item import Item, Status, same
from sync.messages import say
from sync.plan.effect import after
from sync.plan.effort import looked_at_again
from sync.plan.normal import normal_form
from sync.plan.plan import Action, RowPlan

Steps = Generator[Step, Reply, Ending]


def carry_out(plan: RowPlan, at: Progress, *, aged: bool = False) -> Steps:
    """Carry out one row's calls in their order, and settle what gets lost on the way.

    `at` is where the row stands, at its beginning. Whoever cuts a row short ends it by `left`, `strayed` or
    `readback.unread`, and takes no further step. `aged`: time has passed since the plan was made (a person read the
    preview, or the run was cut off), so the item is looked at once more before its first call.

    The row ends at the first call that the platform refuses, or that stays unknown. A reply `NOT_SENT` is never
    sent to it: the row then stands where it stood, and goes on later.
    """
    return _counting(_calls(plan, at, aged=aged), at.counted)


def left(lost: Step | None, at: Progress) -> Ending:
    """End a row whose run was given up; `lost`: the call that left and was never heard of; None: there is none."""
    if lost is None or any(call is lost.call for call in at.done):
        return at.end(Result.SKIPPED, say("abandon.row"))
    return _unknown(lost.call, lost.before, Reply(Outcome.UNKNOWN), at)


def strayed(plan: RowPlan, at: Progress) -> Ending:
    """End a row whose journal holds other calls than it would make.

    A 库存增减 that may have been made is held until a person answers.
    """
    why = say("replay.other_call")
    move = next((call for call in plan.calls if call.is_move), None)
    if move is None or any(call.op is Op.STOCK for call in at.done):
        return at.end(Result.UNKNOWN, why, unreadable=True)
    lost = LostMove.of(move, plan.remote.get(INVENTORY), None)
    return at.end(Result.UNKNOWN, why, lost_move=lost, unreadable=True)


def _counting(steps: Steps, counted: Counted) -> Steps:
    """Pass on `steps` and their replies, and take account of what a count moves by them."""
    try:
        step = next(steps)
        while True:
            reply = yield step
            counted.take(step, reply)
            step = steps.send(reply)
    except StopIteration as ended:
        ending: Ending = ended.value
        return ending


def _calls(plan: RowPlan, at: Progress, *, aged: bool) -> Steps:
    if aged and looked_at_again(plan):
        trouble = yield from _as_shown(plan, at)
        if trouble is not None:
            return trouble
    for planned in plan.calls:
        call = fitted(replace(planned, item_id=at.item_id), at.held)
        if call.op is Op.STOCK and call.by == 0:
            at.take(call, Reply(Outcome.DONE))
            continue
        carry = _keep_off if call.op is Op.LOOK else _carry
        trouble = yield from carry(call, at)
        if trouble is not None:
            return trouble
    trouble = yield from _look_again(at)
    if trouble is not None:
        return trouble
    return (yield from read_back(at, _carry)) if plan.reads_back and _readable(at) else at.end(Result.DONE)


def _readable(at: Progress) -> bool:
    """Whether there is something to read back: what is deleted, the platform keeps in no form."""
    return at.wrote and not any(call.status is Status.DELETED for call in at.done)


def _as_shown(plan: RowPlan, at: Progress) -> Generator[Step, Reply, Ending | None]:
    """Look at the item again; a row of which a planned path changed since it was shown is left for a new plan.

    The stock may have moved: a count says what should stand, and a change counts from whatever there is.
    """
    look = yield Step(Call(Op.LOOK, at.item_id), before=at.held)
    if look.outcome is not Outcome.DONE:
        return at.end(Result.SKIPPED, say("item.unreadable", reason=look.error))
    if plan.action is Action.DELETE:
        return at.end(Result.DONE) if look.item is None else None
    if look.item is None:
        return at.end(Result.FAILED, say("item.vanished"))
    before, at.held = at.held, look.item
    for change in plan.changes:
        seen = at.held.get(change.path)
        as_planned = same(seen, change.before) or same(seen, change.after)
        if change.path != INVENTORY and not (as_planned or normal_form(change.path, change.after, seen)):
            return at.end(Result.SKIPPED, say("saved.changed", field=Name(change.path)))
    if any(call.status is Status.ACTIVE and call.op is Op.STATUS for call in plan.calls) and _ends_empty(plan, at):
        return at.end(Result.SKIPPED, say("saved.changed", field=Name(INVENTORY)))
    if any(call.op is Op.STOCK for call in plan.calls) and before.get(INVENTORY) != at.held.get(INVENTORY):
        at.note.append(say("stock.since_preview", now=at.held.get(INVENTORY)))
    return None


def _ends_empty(plan: RowPlan, at: Progress) -> bool:
    """Whether the row would put up an item without stock: it was sold out since."""
    if plan.sku_stock is not None:
        # Its stock comes from other rows.
        return False
    held = at.held
    for call in plan.calls:
        held = after(call, held) if call.op is Op.STOCK else held
    return held.get(INVENTORY) == 0


def _carry(call: Call, at: Progress) -> Generator[Step, Reply, Ending | None]:
    before = at.held
    at.wrote = True
    reply = yield Step(call, before=before)
    if reply.outcome is Outcome.UNKNOWN:
        at.doubtful.append((call, before))
        reply = yield from settle(call, before)
        if reply.outcome is Outcome.UNKNOWN and call.op is not Op.GENERATE:
            reply = yield from look_and_mend(call, before, Earliest.AT_END)
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


def _unknown(call: Call, before: Item, reply: Reply, at: Progress) -> Ending:
    if not call.is_move:
        return at.end(Result.UNKNOWN, say("call.unknown", op=call.op), reply.error, doubtful=call)
    lost = LostMove.of(call, before.get(INVENTORY), (reply.item or {}).get(INVENTORY))
    return at.end(Result.UNKNOWN, lost.story(), lost_move=lost)


def _keep_off(call: Call, at: Progress) -> Generator[Step, Reply, Ending | None]:
    """Go on with a plan of version 0.1, which looked whether a raised stock had turned an item on."""
    look = yield Step(replace(call, status=None), before=at.held)
    if look.outcome is Outcome.DONE and (look.item is None or look.item.get(STATUS) != Status.ACTIVE):
        return None
    return (yield from _carry(Call(Op.STATUS, at.item_id, status=Status.INACTIVE), at))


class _State(Enum):
    """Why a call is in doubt again."""

    REFUSED = "it was sent again, and refused"
    LOST = "the look, or the call that was sent again, got no answer"
    MAYBE_TWICE = "it worked now, and the one that was lost a round ago may still come on top"


class _Doubt(NamedTuple):
    """Calls that had worked, and of which a later look doesn't tell that they still stand."""

    calls: tuple[Call, ...]
    """The first is the one that the row tells of."""
    state: _State
    reply: Reply


def _look_again(at: Progress) -> Generator[Step, Reply, Ending | None]:
    """At the end of the run, look once more after each call that was lost for a while: it may have come late.

    A stock move that was found done stays done: what the count is now may be sales.
    """
    late = [(call, before) for call, before in at.doubtful if call.op is not Op.GENERATE and not call.is_move]
    doubt: _Doubt | None = None
    for _ in range(ROUNDS if late else 0):
        look = yield Step(Call(Op.LOOK, at.item_id), Earliest.AT_END, at.held)
        if look.outcome is Outcome.DONE:
            doubt = yield from _send_again(late, look.item, lost_before=bool(doubt and doubt.state is _State.LOST))
        else:
            # What came twice does no harm, but to a count: that one is looked at until it is seen right.
            doubt = next((_Doubt((call,), _State.LOST, look) for call, _ in late if call.is_count), None)
        if doubt is None:
            return None
        if doubt.state is _State.REFUSED:
            break
    return _in_doubt(doubt, at) if doubt else None


def _send_again(
    late: Sequence[tuple[Call, Item]], seen: Item | None, *, lost_before: bool
) -> Generator[Step, Reply, _Doubt | None]:
    """Send again what the look doesn't show, up to the first that doesn't work.

    What stands after a call that was lost, only the next look tells: nothing leaves before it.
    """
    missing = [(call, again) for call, before in late if isinstance(again := judge(call, before, seen), Call)]
    doubt: _Doubt | None = None
    for at, (call, again) in enumerate(missing):
        reply = yield Step(again, before=seen or {})
        if reply.outcome is not Outcome.DONE:
            state = _State.REFUSED if reply.outcome is Outcome.FAILED else _State.LOST
            rest = tuple(call for call, _ in missing[at:])
            return _Doubt((*rest, *(doubt.calls if doubt else ())), state, reply)
        if lost_before and call.is_count:
            doubt = _Doubt((call,), _State.MAYBE_TWICE, reply)
    return doubt


def _in_doubt(doubt: _Doubt, at: Progress) -> Ending:
    """End a row of which calls that had worked are in doubt again: the next run is left to carry them out."""
    for call in doubt.calls:
        at.drop(call)
    return _unknown(doubt.calls[0], {}, doubt.reply, at)
