"""A row that was carried out → the row that reverses it (docs/reference/outcomes.md#undo)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sync.call import Call, Op
from sync.codes import split_key
from sync.fields import INVENTORY, OUTER_ID, STATUS, Name
from sync.item import Baseline, Item, Path, Row, Status, Value, number, same
from sync.messages import Level, Message, Problem, say
from sync.plan import order
from sync.plan.diff import wanted
from sync.plan.effect import after
from sync.plan.holds import unanswered
from sync.plan.normal import normal_form
from sync.plan.plan import Action, Change, RowPlan, Verdict
from sync.values import Shown


@dataclass(frozen=True)
class Done:
    """What a run did to one row's item."""

    run: int
    plan: RowPlan
    item_id: str
    calls: tuple[Call, ...]
    """The calls that surely worked, in their order, and those of earlier undos of it, and of undos of these."""
    code: str
    """The code that the item has today."""
    known: Baseline | None = None
    """What state knows of that code: also what its cells said when they were last carried out."""
    notes: tuple[Message, ...] = ()
    """What a person should know of what was done."""
    kept: Item = field(default_factory=dict)
    """What the platform holds of what it was sent, where that isn't the same."""
    unreadable: bool = False
    """The journal doesn't tell what the row did."""


def undo_row(done: Done, now: Item | None, *, allow_delete: bool) -> RowPlan:
    """Plan to reverse what was `done`, given what the platform holds `now` (None: no such item).

    Stock goes back by the run's own moves, so that what was sold since stays sold. Any other path goes back only if
    it still holds what the run put there: what somebody changed since is theirs. A published item is taken down, or
    deleted if that is allowed; a deleted one can't come back.
    """
    code, sku = split_key(done.code)
    row = Row(done.plan.row.number, code, done.item_id, sku=sku)
    known = done.known
    if known and known.item_id not in (None, done.item_id):
        return _left(row, done, say("undo.other_item", id=known.item_id))
    if known and known.hold and known.hold.unknown:
        return _left(row, done, unanswered(known.hold, done.code))
    if done.unreadable:
        return _left(row, done, say("undo.unreadable"))
    if any(call.status is Status.DELETED for call in done.calls):
        return _left(row, done, say("undo.deleted"))
    if now is None:
        return _left(row, done, say("undo.gone"))
    if any(call.op is Op.PUBLISH for call in done.calls):
        return _unpublish(row, done, now, allow_delete=allow_delete)
    reversal = _Reversal(done, now)
    changes = tuple(reversal.changes())
    calls = order.to_update(done.item_id, changes, now, moved=True)
    action = Action.UPDATE if calls else Action.NONE
    problems = tuple(Problem(None, note, Level.NOTE) for note in reversal.notes)
    kept = changes if calls else ()
    return RowPlan(row, action, done.item_id, kept, calls, problems, remote=now, undoes=done.run)


def _left(row: Row, done: Done, message: Message) -> RowPlan:
    return RowPlan(row, Action.BLOCKED, done.item_id, problems=(Problem(None, message, Level.WARNING),))


def _unpublish(row: Row, done: Done, now: Item, *, allow_delete: bool) -> RowPlan:
    ends = Status.DELETED if allow_delete else Status.INACTIVE
    if now.get(STATUS) == ends:
        return RowPlan(row, Action.NONE, done.item_id, remote=now)
    return RowPlan(
        row,
        Action.DELETE if allow_delete else Action.UPDATE,
        done.item_id,
        changes=(Change(STATUS, now.get(STATUS), ends, Verdict.EDIT),),
        calls=(Call(Op.STATUS, done.item_id, status=ends),),
        remote=now,
        undoes=done.run,
    )


class _Reversal:
    def __init__(self, done: Done, now: Item) -> None:
        self._before = done.plan.remote
        self._sent: dict[Path, list[Value | None]] = {}
        cells = done.known.cells if done.known else {}
        for path, last in (*((one.path, one.last) for one in done.plan.decisions), *cells.items()):
            self._sent.setdefault(path, []).append(wanted(last.value) if last else None)
        self._left_behind = _left_behind(done)
        self._calls = tuple(call for call in done.calls if call.op is Op.STOCK)
        self._now = now
        self.notes: list[Message] = [*done.notes]

    def changes(self) -> Iterator[Change]:
        """Yield the changes back, and note on the way what is left as it is."""
        touched = [path for path in {**self._before, **self._left_behind} if not self._kept(path)]
        readable = isinstance(self._now.get(INVENTORY), int | None)
        stock = self._stock() if INVENTORY in touched and readable else self._now.get(INVENTORY)
        for path in touched:
            if path == INVENTORY and not readable:
                self.notes.append(say("stock.unreadable", shown=Shown(path, self._now.get(path))))
            elif path == INVENTORY:
                yield from self._change(path, stock)
            elif path == OUTER_ID:
                self.notes.append(say("undo.code", code=Shown(path, self._before.get(path))))
            elif same(self._now.get(path), self._left_behind.get(path)):
                if not (path == STATUS and self._before.get(path) == Status.ACTIVE and stock == 0):
                    yield from self._change(path, self._as_sent(path))
            elif not same(self._now.get(path), self._before.get(path)):
                self.notes.append(say("undo.changed_since", field=Name(path), now=Shown(path, self._now.get(path))))

    def _as_sent(self, path: Path) -> Value | None:
        """Return what has to be sent to get back what stood there: `&amp;` would be escaped again."""
        before, sent = self._before.get(path), self._sent.get(path, ())
        if any(same(one, before) for one in sent):
            return before
        return next((one for one in sent if normal_form(path, one, before)), before)

    def _kept(self, path: Path) -> bool:
        return same(self._before.get(path), self._left_behind.get(path))

    def _stock(self) -> int:
        moved = sum(call.by for call in self._calls)
        back = _units(self._now) - moved
        if back < 0:
            self.notes.append(say("undo.below_zero", by=f"{-moved:+d}", now=_units(self._now)))
        elif _units(self._now) != _units(self._left_behind):
            self.notes.append(say("undo.stock_since", now=_units(self._now), by=f"{-moved:+d}"))
        return max(0, back)

    def _change(self, path: Path, value: Value | None) -> Iterator[Change]:
        if not same(self._now.get(path), value):
            yield Change(path, self._now.get(path), value, Verdict.EDIT)


def _left_behind(done: Done) -> Item:
    """What the run left behind: for a stock, what its calls made of it, whatever was sold until it was read back."""
    item = done.plan.remote
    for call in done.calls:
        item = after(call, item)
    return {**item, **{path: value for path, value in done.kept.items() if path != INVENTORY}}


def _units(item: Item) -> int:
    return number(item.get(INVENTORY)) or 0
