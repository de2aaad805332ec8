"""Reads back what a row's calls wrote: what was written isn't believed to be kept as written
(docs/reference/three-way.md#reading-back).

A reading may be an old copy, so what isn't as wanted is looked at again, until the time is over for which readings
lag behind writes (`settle`). What a look says then, path by path:

| the platform holds | |
|---|---|
| what was sent | done |
| a form of its own of it | done, remembered, told once |
| the old value | 库存: the gap is closed once more; 库存增减: unknown, as if its answer had been lost; else failed |
| less stock than was left | done: presumably sold |
| another stock after a 库存增减 | done, with the number: the platform said yes, and buyers are at work |
| anything else | failed |

So no second stock change can come of it: a count says what should stand, and a move is never made again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sync.apply.progress import Ending, LostMove, Progress
from sync.apply.recovery import Earliest, Step
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import INVENTORY, PRICE, STATUS, Name
from sync.item import Item, Path, Status, Value, looks_same, number
from sync.messages import Message, say
from sync.plan.effect import touched
from sync.plan.normal import kept_whole, normal_form, own_forms
from sync.values import Shown

LOOKS = (Earliest.CALLS_MADE, Earliest.SOON, Earliest.SURE)
"""When the platform is looked at, as long as it doesn't hold what was sent."""

Carry = Callable[[Call, Progress], Generator[Step, Reply, Ending | None]]


class PathReading(Enum):
    """What a look says of one path."""

    AS_SENT = "as it was sent"
    OWN_FORM = "the platform's own form of it"
    OLD = "as it was before"
    SOLD = "less stock"
    OTHER = "anything else"


@dataclass(frozen=True)
class RowReading:
    """What a look says of a row's paths."""

    seen: Item | None
    """None: there is no such item."""
    paths: dict[Path, PathReading]

    @property
    def final(self) -> bool:
        """Whether nothing of it can come of an old copy."""
        return self.seen is not None and {*self.paths.values()} <= {PathReading.AS_SENT, PathReading.OWN_FORM}

    def of(self, *found: PathReading) -> list[Path]:
        """Return the paths of which this was found."""
        return [path for path, one in self.paths.items() if one in found]


def read_back(at: Progress, carry: Carry) -> Generator[Step, Reply, Ending]:
    """Look at what the row's calls wrote, and end the row; `carry` makes a call."""
    finding = yield from _look(at)
    count = _last_count(at)
    if finding and finding.seen and count and finding.paths.get(INVENTORY) is PathReading.OLD:
        # What the first one didn't do, an undo mustn't take back, however the second one ends.
        at.drop(count)
        trouble = yield from carry(replace(count, by=_gap(count, finding.seen)), at)
        if trouble is not None:
            return trouble
        finding = yield from _look(at)
    return _ended(finding, at)


def unread(at: Progress) -> Ending:
    """End a row that nobody reads back any more: what was seen otherwise than it was sent isn't known to be done."""
    count, ending = _last_count(at), _ended(_finding(at), at)
    if ending.result is not Result.FAILED:
        return ending
    return replace(ending, result=Result.UNKNOWN, doubtful=count if _last_count(at) is not count else None)


def compare(path: Path, sent: Value | None, earlier: Sequence[Value | None], seen: Item) -> PathReading:
    """Say what a look has found of a path to which `sent` was sent; `earlier`: what it held before."""
    held = seen.get(path)
    if looks_same(sent, held) or _sold_out(path, sent, seen):
        return PathReading.AS_SENT
    if any(looks_same(one, held) for one in earlier):
        return PathReading.OLD
    if path == INVENTORY:
        return (
            PathReading.SOLD if isinstance(sent, int) and isinstance(held, int) and held < sent else PathReading.OTHER
        )
    return PathReading.OWN_FORM if path != STATUS and normal_form(path, sent, held) else PathReading.OTHER


def _sold_out(path: Path, sent: Value | None, seen: Item) -> bool:
    """The platform turns off what has no stock left."""
    return path == STATUS and sent == Status.ACTIVE and seen.get(INVENTORY) == 0


def _look(at: Progress) -> Generator[Step, Reply, RowReading | None]:
    """Look until what is seen is what was sent, or can't be an old copy any more; None: nothing was seen."""
    at.looks.clear()
    for when in LOOKS:
        look = yield Step(Call(Op.LOOK, at.item_id), when, at.held)
        if look.outcome is Outcome.DONE:
            at.looks.append(look.item)
        finding = _finding(at)
        if finding and finding.final:
            break
    return _finding(at)


def _finding(at: Progress) -> RowReading | None:
    """Return what the last look that came through has shown; None: none did."""
    if not at.looks:
        return None
    seen = at.looks[-1]
    paths = sorted(path for path in frozenset().union(*map(touched, at.done)))
    return RowReading(
        seen, {path: compare(path, at.held.get(path), at.earlier.get(path, ()), seen or {}) for path in paths}
    )


def _gap(count: Call, seen: Item) -> int:
    return (count.count or 0) - (number(seen.get(INVENTORY)) or 0)


def _last_count(at: Progress) -> Call | None:
    return next((call for call in reversed(at.done) if call.is_count), None)


def _ended(finding: RowReading | None, at: Progress) -> Ending:
    if finding is None:
        return at.end(Result.DONE, say("readback.unread"))
    if finding.seen is None:
        return at.end(Result.FAILED, say("item.vanished"), astray=frozenset(finding.paths))
    seen = finding.seen
    move = next((call for call in at.done if call.is_move), None)
    wrong = [
        path
        for path in finding.of(PathReading.OLD, PathReading.OTHER)
        if not _excused(path, finding, at, moved=bool(move))
    ]
    lost = None
    if move and INVENTORY in wrong:
        lost = LostMove.of(move, at.earlier[INVENTORY][-1], seen.get(INVENTORY))
    at.note.extend(_notes(finding, at, wrong))
    astray = frozenset(path for path in wrong if not (lost and path == INVENTORY))
    count = _last_count(at)
    if count and finding.paths.get(INVENTORY) is PathReading.OLD:
        at.drop(count)
    told = [_not_kept(path, at, seen) for path in sorted(astray)]
    if lost and move:
        at.drop(move)
        return at.end(Result.UNKNOWN, *told, lost.story(), lost_move=lost, astray=astray)
    return at.end(Result.FAILED, *told, astray=astray) if told else at.end(Result.DONE)


def _excused(path: Path, finding: RowReading, at: Progress, *, moved: bool) -> bool:
    """Whether a value that is neither what was sent nor a form of it is all right.

    Where the old value is itself a whole form of what was sent, no change can be seen: the platform keeps it so.
    """
    held = (finding.seen or {}).get(path)
    if path == INVENTORY:
        return moved and finding.paths[path] is PathReading.OTHER and isinstance(held, int)
    if path == PRICE and finding.paths[path] is PathReading.OLD:
        # A price that was whole before shows no rounding of the new one.
        return False
    return path != STATUS and kept_whole(path, at.held.get(path), held)


def _notes(finding: RowReading, at: Progress, wrong: Sequence[Path]) -> Iterator[Message]:
    """Yield what a row that is done should say of what differs, and remember it."""
    seen, forms = finding.seen or {}, []
    for path in finding.paths:
        held = seen.get(path)
        if finding.paths[path] is PathReading.AS_SENT or path in wrong or held is None:
            continue
        at.kept[path] = held
        if path == INVENTORY:
            yield say("readback.stock", left=at.held.get(path), now=held)
        else:
            forms.append((path, at.held.get(path), held))
    if forms:
        yield own_forms(forms)


def _not_kept(path: Path, at: Progress, seen: Item) -> Message:
    sent, held = Shown(path, at.held.get(path)), Shown(path, seen.get(path))
    return say("readback.not_kept", field=Name(path), sent=sent, now=held)
