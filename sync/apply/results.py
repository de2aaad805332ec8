"""What became of a row, in the words of its 同步说明 cell."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sync.apply.progress import Ending
from sync.call import WEIGHTIEST, Count, Op, Result, RowResult
from sync.codes import key_words, split_key
from sync.fields import Name
from sync.item import clock_text
from sync.legible import answering
from sync.messages import Level, Message, Problem, say
from sync.packed import Packed
from sync.plan.plan import Action, RowPlan
from sync.sku import listing_of
from sync.state.answers import AnswerRecord
from sync.values import Shown

_AT_ONCE = {
    Action.NONE: Result.NONE,
    Action.INVALID: Result.INVALID,
    Action.BLOCKED: Result.BLOCKED,
}

_DONE = {
    "conflict.both": "conflict.both.done",
    "conflict.new_cell": "conflict.new_cell.done",
    "stale.cell": "stale.cell.done",
}


def at_once(plan: RowPlan, *, allow_delete: bool) -> RowResult | None:
    """Return the result of a row that needs no call, or may not have one; None: its calls are to be made."""
    if plan.action is Action.DELETE and not allow_delete:
        return _result(plan, Result.BLOCKED, _said(say("delete.not_allowed")))
    if plan.skipped:
        return _result(plan, Result.SKIPPED, *plan.problems)
    if plan.action in _AT_ONCE:
        return _result(plan, _AT_ONCE[plan.action], *plan.problems)
    return None


def of_ending(plan: RowPlan, ending: Ending) -> RowResult:
    """Return the result of a row whose calls were made."""
    if ending.result is Result.DONE:
        told = (*(_said(message) for message in ending.note), *map(_afterwards, plan.problems))
        return replace(_ended(plan, ending, *told), achieved=tuple(m.kept() for m in _achieved(plan, ending)))
    half_way = (say("note.half_way"),) if _stopped_half_way(ending) else ()
    asked = (say("answer.command", command=answering(key_words(plan.row.key))),) if ending.lost_move else ()
    return _ended(plan, ending, *(_said(message, Level.ERROR) for message in (*ending.note, *half_way, *asked)))


def change_applied(plan: RowPlan, ending: Ending) -> int | None:
    """Return the units that the row's 库存增减 moved; None: it has none, or it wasn't carried out.

    An undo moves stock too, but no cell asked for that.
    """
    moves = (call.by for call in ending.done if call.is_move)
    return next(moves, None) if plan.row.stock_change is not None else None


def still_to_clear(results: Sequence[RowResult], held: Collection[str]) -> Sequence[RowResult]:
    """Return `results` so that only cells of the keys in `held` get cleared.

    Where a 库存增减 isn't held any more, its cell was seen empty; what stands there now was typed since, or is an old
    copy's: its row keeps the time that it bears, so that an old copy stays old.
    """
    kept = (one if one.key in held else _not_to_clear(one) for one in results)
    # Those of idle rows alone are small, and come unpacked.
    return Packed(kept) if isinstance(results, Packed) else tuple(kept)


def _not_to_clear(result: RowResult) -> RowResult:
    if result.change_applied is None and result.count is None:
        return result
    asked = None if result.change_applied is not None else result.asked_change
    return replace(result, change_applied=None, count=None, asked_change=asked)


_ASKS = frozenset({"move.unknown", "answer.command"})
"""What asks a person to look at the platform and to answer."""


def with_answer(result: RowResult, answered: AnswerRecord | None) -> RowResult:
    """Return `result` with what a person answered about it since, if anything."""
    if answered is None:
        return result
    told = say(f"answer.was.{answered.answer}", at=clock_text(answered.at), by=f"{answered.moved_by:+d}")
    settled = tuple(problem for problem in result.note if problem.code not in _ASKS)
    return replace(result, note=(*settled, Problem(None, told, Level.NOTE)))


def not_reached(row: int, key: str) -> RowResult:
    """Return the result of a row that a stopped run has not come to the end of; `key`: as `Row.key`."""
    code, sku = split_key(key)
    return RowResult(row, code, Result.SKIPPED, (_said(say("note.not_reached")),), sku=sku)


def folded_results(parts: Sequence[RowResult]) -> tuple[RowResult, ...]:
    """Return one result for each row of the sheet, where what it says of its listing was a part of its own
    (`plan.listings`)."""
    listings = {-part.row: part for part in parts if part.row < 0}
    if not listings:
        return tuple(parts)
    rows = {part.row for part in parts}
    alone = [replace(part, row=row) for row, part in listings.items() if row not in rows]
    joined = [_joined(listings.get(part.row), part) for part in parts if part.row > 0]
    return tuple(sorted((*alone, *joined), key=lambda result: result.row))


def _joined(listing: RowResult | None, sku: RowResult) -> RowResult:
    if listing is None:
        return sku
    times = [at for at in (listing.at, sku.at) if at]
    return replace(
        sku,
        result=min(listing.result, sku.result, key=WEIGHTIEST.index),
        note=(*listing.note, *sku.note),
        item_id=sku.item_id or listing.item_id,
        calls=(*listing.calls, *sku.calls),
        achieved=(*listing.achieved, *sku.achieved),
        at=max(times, default=None),
        keeps_stamp=sku.keeps_stamp or listing.keeps_stamp,
    )


def _result(plan: RowPlan, result: Result, *note: Problem) -> RowResult:
    kept = tuple(problem.kept() for problem in note)
    item_id = _shown_id(plan.item_id) if result is Result.NONE else None
    asked, old = plan.row.stock_change, _still_old(plan, result)
    return RowResult(
        plan.row.number,
        plan.row.outer_id,
        result,
        kept,
        item_id,
        asked_change=asked,
        keeps_stamp=old,
        sku=plan.row.sku,
    )


def _shown_id(item_id: str | None) -> str | None:
    """What stands in 商品ID: of an SKU its listing's."""
    return listing_of(item_id) if item_id else item_id


def _still_old(plan: RowPlan, result: Result, applied: int | None = None) -> bool:
    """Whether the row asks for old things still: with this run's time on it, it would look like one that knows.

    Where its 库存增减 was made, its time tells so.
    """
    if applied is not None:
        return False
    return plan.repeats is not None or plan.foreign or (plan.behind and result not in (Result.DONE, Result.NONE))


def _ended(plan: RowPlan, ending: Ending, *note: Problem) -> RowResult:
    applied = change_applied(plan, ending)
    before, now = plan.row.counted, ending.stock
    count = None if applied is None or before is None or now is None else Count(before, now)
    old = _still_old(plan, ending.result, applied)
    result = _result(plan, ending.result, *note)
    return replace(result, item_id=_shown_id(ending.item_id), change_applied=applied, keeps_stamp=old, count=count)


def _said(message: Message, level: Level = Level.WARNING) -> Problem:
    return Problem(None, message, level)


def _achieved(plan: RowPlan, ending: Ending) -> Iterator[Message]:
    if plan.undoes is not None:
        yield say("undo.of", run=plan.undoes)
    match plan.action:
        case Action.PUBLISH:
            yield say("note.published", id=ending.item_id)
        case Action.DELETE:
            yield say("note.deleted")
        case _:
            for change in plan.changes:
                before, after = Shown(change.path, change.before), Shown(change.path, change.after)
                yield say("note.changed", field=Name(change.path), before=before, after=after)


def _afterwards(problem: Problem) -> Problem:
    """What advises an option for the next plan, says only how it was once that plan was carried out."""
    code = _DONE.get(problem.code)
    return replace(problem, message=replace(problem.message, code=code)) if code else problem


def _stopped_half_way(ending: Ending) -> bool:
    """Whether the platform refused a call after others had worked."""
    wrote = any(call.op is not Op.GENERATE for call in ending.done)
    return ending.result is Result.FAILED and wrote and not ending.astray
