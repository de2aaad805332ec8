"""One row under way: its script, where it stands, and how it is taken up again from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sync.apply.progress import Ending, Progress
from sync.apply.readback import LOOKS, unread
from sync.apply.recovery import Step, fitted
from sync.apply.row_script import carry_out, left, strayed
from sync.call import Call, Op, Outcome, Reply, Result
from sync.fields import PRICE, STATUS
from sync.item import Baseline, Item, Status
from sync.messages import Message, say
from sync.plan.compact import paths_to_see
from sync.plan.effect import touched
from sync.plan.effort import calls_of_row
from sync.plan.plan import RowPlan
from sync.state.store import JournalLine

Spell = Callable[[Call], tuple[str, Mapping[str, object]]]
"""How a channel spells a call, see `Channel.spell`."""
Known = Mapping[str, Baseline]
"""What is remembered, by code."""
_Told = tuple[Reply, int, datetime] | Item
"""A reply, with the size of the batch that it is of, and its time; or the stock to be stated."""
_Stands = tuple[float | None, float | None, Ending | None]
"""When a row's calls left, and how it ended: what doesn't follow from what it was told."""


class RowRun:
    """A planned row on its way through its calls."""

    def __init__(self, plan: RowPlan, known: Known | None = None, *, aged: bool = False) -> None:
        """Start `plan`; `known`: what is remembered of its item before the run; `aged`: see `carry_out`."""
        self.plan, self.known = plan, known or {}
        self.paths = paths_to_see(plan)
        """The paths that matter of what a look finds."""
        self.seq = 0
        """How many of its calls were answered."""
        self.ending: Ending | None = None
        self.left_at: float | None = None
        """A moment by which its last call had surely left: seconds of the monotonic clock."""
        self.wrote_at: float | None = None
        """As `left_at`, of its last call that could change something."""
        self.written_at: dict[Op, datetime] = {}
        """When the last call of a kind was answered that has changed something, or may have."""
        self._lost: Step | None = None
        """Its last call that could change something, if that got no answer."""
        self._lost_in: int | None = None
        """The size of the batch in which its last write was lost; None: none was yet."""
        self._aged = aged
        self._told: list[_Told] = []
        """All that it was told since it began."""
        self._at = Progress(plan.item_id, plan.remote)
        self._steps = carry_out(plan, self._at, aged=aged)
        self._step: Step | None = None
        try:
            self._step = next(self._steps)
        except StopIteration as stop:
            self.ending = stop.value

    def __reduce__(self) -> tuple[Callable[..., RowRun], tuple[object, ...]]:
        """A row can be packed: it is told the same again, and stands where it stood."""
        stands = (self.left_at, self.wrote_at, self.ending)
        return RowRun._again, (self.plan, self.known, self._aged, self._told, stands)

    @classmethod
    def _again(cls, plan: RowPlan, known: Known, aged: bool, told: Sequence[_Told], stands: _Stands) -> RowRun:
        row = cls(plan, known, aged=aged)
        for one in told:
            if isinstance(one, tuple):
                row.feed(one[0], one[1], at=one[2])
            else:
                row.restate(one)
        row.left_at, row.wrote_at, ending = stands
        if ending is not None:
            row._step, row.ending = None, ending
        return row

    def replay(self, lines: Iterable[JournalLine], spell: Spell | None) -> None:
        """Take up the row where the journal's `lines` leave it.

        A line that isn't of the call that the row would make now ends it: nobody knows what was done. `spell`: None
        where there is no channel to compare with.
        """
        for line in lines:
            if self.ending is not None or (spell and not _of_this(line, self.step.call, spell)):
                self._stray()
                return
            self.feed(Reply(line.outcome, line.item_id, line.seen), at=line.ended_at)

    @property
    def step(self) -> Step:
        """The next step; raises LookupError once the row has ended."""
        if self._step is None:
            raise LookupError(self.plan.row.number)
        return self._step

    @property
    def calls_left(self) -> int:
        """How many calls it still makes, if none gets lost."""
        if self.ending:
            return 0
        return max(1, calls_of_row(self.plan, aged=self._aged) - self.seq)

    @property
    def item_id(self) -> str | None:
        """The platform's id of its item; None: it has none yet."""
        return self.ending.item_id if self.ending else self.step.call.item_id

    @property
    def reads_back(self) -> bool:
        """Whether all its calls were made, and what they wrote is being read back."""
        return self._step is not None and self._step.when in LOOKS

    @property
    def has_written(self) -> bool:
        """Whether any of its calls has changed something, or may have."""
        return bool(self.written_at) or self.ending is not None

    @property
    def seen_as_sent(self) -> bool:
        """Whether all its calls worked, and the first look at them showed just what was sent."""
        end, looks = self.ending, len(self._at.looks)
        plain = end is not None and end.result is Result.DONE and not (end.note or end.kept)
        return plain and self._at.wrote and looks == 1 and self._lost_in is None

    @property
    def states_stock(self) -> bool:
        """Whether the next call says how many units there are, to put the item up with them."""
        if self._step is None:
            return False
        return self._step.call.op is Op.STATUS and self._step.call.count is not None

    def restate(self, seen: Item) -> None:
        """Let the next call state the stock that was `seen` just now."""
        self._told.append(seen)
        self._step = replace(self.step, call=fitted(self.step.call, seen))

    @property
    def irreversible(self) -> bool:
        """Whether the next call is one that could never be settled by sending it again."""
        return self.step.call.is_move

    @property
    def joins(self) -> bool:
        """Whether its next call may be one with other SKUs'; after one was lost, each goes alone."""
        return self._lost_in is None or not self.step.call.writes

    @property
    def begins_price(self) -> bool:
        """Whether the next call is the first that changes the price."""
        call = self.step.call
        return call.writes and call.op not in self.written_at and PRICE in touched(call)

    @property
    def goes_down(self) -> bool:
        """Whether it has yet to take its item off sale, before anything else is changed."""
        asked = any(change.path == STATUS and change.after == Status.INACTIVE for change in self.plan.changes)
        return asked and not any(call.status is Status.INACTIVE for call in self._at.done)

    @property
    def goes_up(self) -> bool:
        """Whether its last call puts its item on sale."""
        return bool(self.plan.calls) and self.plan.calls[-1].status is Status.ACTIVE

    @property
    def closes(self) -> bool:
        """Whether its next call is the last one, which says whether its item is on sale when all else is done."""
        planned = self.plan.calls
        if self._step is None or not planned or planned[-1].op is not Op.STATUS or self.goes_down:
            return False
        return self._step.call.op is Op.STATUS and len(self._at.done) >= len(planned) - 1

    @property
    def max_batch(self) -> int | None:
        """How many calls at most may leave in the same request, this row's among them; None: any number.

        A call that made the platform drop a whole batch would make it drop the next one too. So all that were in it
        go on in batches of half the size, and then alone, before their rounds are used up.
        """
        if self.irreversible:
            return 1
        if self._lost_in is None or not self.step.call.writes:
            return None
        return max(1, self._lost_in // 2)

    def feed(self, reply: Reply, batch_size: int = 1, *, at: datetime) -> None:
        """Take the reply of `at` to the current step, which left with `batch_size` calls in all, and go on."""
        self.seq += 1
        self._told.append((reply, batch_size, at))
        if self.step.call.writes:
            if reply.outcome in (Outcome.DONE, Outcome.UNKNOWN):
                self.written_at[self.step.call.op] = at
            lost = reply.outcome is Outcome.UNKNOWN
            self._lost = self.step if lost else None
            if lost:
                self._lost_in = batch_size if self._lost_in is None else 1
        try:
            self._step = self._steps.send(reply)
        except StopIteration as stop:
            self._step, self.ending = None, stop.value

    def leave(self, at: float) -> None:
        """Take note of when its call had surely left."""
        self.left_at = at
        if self.step.call.writes:
            self.wrote_at = at

    def leave_unread(self) -> None:
        """End it though it couldn't be read back: the platform said yes to all its calls."""
        self._step, self.ending = None, unread(self._at)

    def give_up(self, result: Result, why: Message) -> None:
        """End it where it stands, as what it waited for went wrong."""
        self._step, self.ending = None, self._at.end(result, why)

    def abandon(self) -> None:
        """End it where it stands, without another call."""
        if self.ending:
            return
        if self.reads_back:
            self.leave_unread()
            return
        # What was looked after since, and found to be so, is lost no more: another call is next.
        next_call = self.step.call
        open_still = self._lost and (not next_call.writes or next_call.op is self._lost.call.op)
        self._step, self.ending = None, left(self._lost if open_still else None, self._at)

    def _stray(self) -> None:
        ended = self.ending
        if ended:
            ended = replace(ended, result=Result.UNKNOWN, note=(say("replay.other_call"),), unreadable=True)
        self._step, self.ending = None, ended or strayed(self.plan, self._at)


def _of_this(line: JournalLine, call: Call, spell: Spell) -> bool:
    """Whether a line of the journal is of this call; of a move, by as many units."""
    method, params = spell(call)
    if line.method != method:
        return False
    return not call.is_move or dict(line.params) == dict(params)
