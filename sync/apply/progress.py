"""How far a row has come, and how it came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sync.apply.count_account import Counted
from sync.call import Call, Op, Reply, Result
from sync.fields import INVENTORY
from sync.item import Item, Path, Value, number
from sync.messages import Message, say
from sync.plan.effect import after, touched


@dataclass(frozen=True)
class LostMove:
    """A 库存增减 of which nobody knows whether it happened."""

    by: int
    before: int | None
    """Units before the call."""
    seen: int | None
    """Units at the last look; None: even looking failed."""

    @classmethod
    def of(cls, move: Call, before: Value | None, seen: Value | None) -> LostMove:
        """Return `move` as lost; `before`, `seen`: the stock, whatever the platform held there."""
        return cls(move.by, number(before), number(seen))

    def story(self) -> Message:
        """Say what is known of it, and what to do."""
        before, seen = ("?" if units is None else units for units in (self.before, self.seen))
        return say("move.unknown", by=f"{self.by:+d}", before=before, seen=seen)


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
    doubtful: Call | None = None
    """Another call of which nobody knows whether it happened."""
    kept: Mapping[Path, Value] = field(default_factory=dict)
    """What the platform holds otherwise than it was sent, and may: a form of its own, a stock of which was sold."""
    astray: frozenset[Path] = frozenset()
    """Paths that the platform said it had changed, and that don't hold what was sent."""
    stock: int | None = None
    """Units that stood at its end; None: not known."""
    unreadable: bool = False
    """The journal holds other calls than the row would make: what it did, only a person can say."""
    before: Mapping[Path, Value | None] = field(default_factory=dict)
    """What the paths held before the first call that changed them."""


@dataclass
class Progress:
    """Where a row stands."""

    item_id: str | None
    held: Item
    """What the platform holds, as far as that is known."""
    done: list[Call] = field(default_factory=list)
    doubtful: list[tuple[Call, Item]] = field(default_factory=list)
    """Calls that were lost for a while, each with what the item was before it."""
    note: list[Message] = field(default_factory=list)
    earlier: dict[Path, list[Value | None]] = field(default_factory=dict)
    """What a path held before each call that changed it: an old copy shows one of these."""
    kept: dict[Path, Value] = field(default_factory=dict)
    """See `Ending.kept`."""
    wrote: bool = False
    """Whether a call was made that could change something."""
    looks: list[Item | None] = field(default_factory=list)
    """What the platform held at each look while it is being read back; None: no such item."""
    counted: Counted = field(default_factory=Counted)
    """What its count really moved."""

    def take(self, call: Call, reply: Reply) -> None:
        """Record a call that worked."""
        if call.op is Op.PUBLISH and reply.item_id not in (None, self.item_id):
            self.note.append(say("publish.other_id", asked=self.item_id, given=reply.item_id))
        if call.op in (Op.GENERATE, Op.PUBLISH):
            self.item_id = reply.item_id or self.item_id
        for path in touched(call):
            self.earlier.setdefault(path, []).append(self.held.get(path))
        self.held = after(call, self.held)
        self.done.append(call)

    def drop(self, call: Call) -> None:
        """Take a call for one that didn't work after all."""
        self.done = [done for done in self.done if done is not call]
        if call.is_count:
            self.counted.forget()

    def _as_made(self, call: Call) -> Call:
        return replace(call, by=self.counted.moved) if call.is_count else call

    def sent_before(self, publish: Call) -> bool:
        """Whether an earlier publish of this id was lost, in this run or in the one that left the id."""
        own_id = any(call.op is Op.GENERATE for call in self.done)
        return not own_id or any(call is publish for call, _ in self.doubtful)

    def end(
        self,
        result: Result,
        *note: Message | None,
        lost_move: LostMove | None = None,
        doubtful: Call | None = None,
        astray: frozenset[Path] = frozenset(),
        unreadable: bool = False,
    ) -> Ending:
        """Return how the row came out; `note`: what is to be said beside what was noted on the way."""
        said = (*self.note, *(message for message in note if message))
        done, kept = tuple(map(self._as_made, self.done)), dict(self.kept)
        stock = number(kept.get(INVENTORY, self.held.get(INVENTORY)))
        before = {path: values[0] for path, values in self.earlier.items()}
        return Ending(result, self.item_id, done, said, lost_move, doubtful, kept, astray, stock, unreadable, before)
