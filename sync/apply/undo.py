"""A run's journal → the plan that reverses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.abilities import OPEN, Abilities
from sync.apply.executor import Clock
from sync.apply.progress import Ending
from sync.apply.recent_changes import Recent, recent
from sync.apply.run import taken_up
from sync.call import Call, Op, Outcome, Reply, Result
from sync.codes import key_words, split_key
from sync.errors import GatewayDown, Refusal, Unfinished
from sync.gateway.channel import Channel, Progress
from sync.item import Status
from sync.limits import Limits
from sync.messages import Message, say
from sync.packed import Numbered, Packed, in_parts
from sync.plan import guards, out_of_reach
from sync.plan.by_row import TOGETHER
from sync.plan.identity import Memory
from sync.plan.listings import plan_of_parts
from sync.plan.plan import Plan, RowPlan
from sync.plan.undo import Done, undo_row
from sync.state.answers import Answer, answers_of
from sync.state.store import RunRecord, Store


def undo_plan(
    run: RunRecord,
    store: Store,
    channel: Channel,
    limits: Limits,
    progress: Progress,
    *,
    allow_delete: bool,
    able: Abilities = OPEN,
    only: Collection[str] = (),
    clock: Clock,
    settle: float,
) -> Plan:
    """Make the plan that reverses `run`: an ordinary plan, with guards, of what still can be reversed.

    `settle`: for so many seconds after any run, a reading may tell of an item as it was before; such an item is read
    again when they are over, by `clock`. `able`: what the channel can do. `only`: the codes whose rows
    are to be reversed; empty: all.

    Raises Unfinished, Refusal for a code that isn't in the run, and GatewayDown if the gateway can't be
    reached.
    """
    if run.finished_at is None:
        raise Unfinished(run.id, run.sheet)
    runs = store.runs(counted=False)
    done: Sequence[Done] = Packed(_carried_out(run, runs, store, channel))
    if only:
        done = _only(done, run, store, only)
    if not done and (undone_by := next(_reversing(run, runs), None)):
        raise Refusal(say("undo.already", run=run.id, by=undone_by.id))
    # Right after a run, a reading may be an old copy: of nothing to reverse, or of what was changed since.
    found = recent(store, clock, settle)
    reads, rows = 0, Packed[RowPlan]()
    for start in range(0, len(done), TOGETHER):
        part = done[start : start + TOGETHER]
        now = _read(part, found, channel, progress)
        undone = (undo_row(one, now[one.item_id].item, allow_delete=allow_delete) for one in part)
        rows.extend(out_of_reach.as_able(row, able) for row in undone)
        reads += len(now)
    return plan_of_parts(rows, guards.tripped(rows, limits), reads=reads)


def _only(done: Sequence[Done], run: RunRecord, store: Store, only: Collection[str]) -> Sequence[Done]:
    """Return what was done to the rows of some codes; raises Refusal for a code that isn't in the run."""
    keys = {row.outer_id for row in store.each_row(run.id)} | {one.code for one in done}
    codes = {name for key in keys for name in _names(key)}
    if missing := sorted({*only} - codes):
        raise Refusal(say("undo.only_unknown", run=run.id, codes=", ".join(missing)))
    return [one for one in done if {*_names(one.code), *_names(one.plan.row.key)} & {*only}]


def _read(done: Sequence[Done], found: Recent, channel: Channel, progress: Progress) -> Mapping[str, Reply]:
    """Read items as they are now; raises GatewayDown where one can't be."""
    replies = found.read(tuple(dict.fromkeys(one.item_id for one in done)), channel, progress)
    for reply in replies.values():
        if reply.outcome is not Outcome.DONE and reply.error:
            raise GatewayDown(reply.error)
    return replies


def _names(key: str) -> set[str]:
    """What a person may call the rows of a key: an SKU by its listing's code, too."""
    return {split_key(key)[0], key_words(key)}


@dataclass(frozen=True)
class _Did:
    """What one run did to one row's item, with what a person answered about it."""

    plan: RowPlan
    ending: Ending
    worked: bool
    """Whether the whole row was carried out."""
    answer: Answer | None
    """What a person said about a move that was lost."""

    @property
    def anything(self) -> bool:
        """Whether something was done, or may have been."""
        end = self.ending
        return bool(self.calls or self.given_up or end.doubtful or end.unreadable)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The calls that worked, by what the platform or a person said."""
        return (*self.ending.done, *([self._lost] if self._lost and self.answer == "happened" else []))

    @property
    def given_up(self) -> Call | None:
        """A move of which nobody could say whether it happened, not even a person."""
        return self._lost if self.answer not in ("happened", "not") else None

    @property
    def value_in_doubt(self) -> Call | None:
        """The call in doubt, if the item itself shows whether there is something of it to take back."""
        call = self.ending.doubtful
        return None if call is None or call.is_count or call.status is Status.DELETED else call

    @property
    def _lost(self) -> Call | None:
        move = self.ending.lost_move
        return Call(Op.STOCK, self.ending.item_id, by=move.by) if move else None

    def note(self, run: int) -> Message | None:
        """Say what of this row `run` nobody knows, and no undo takes back."""
        if self.given_up:
            return say("undo.given_up", run=run, by=f"{self.given_up.by:+d}")
        doubtful = self.ending.doubtful
        if doubtful and doubtful.is_count:
            return say("undo.count_in_doubt", run=run, count=doubtful.count)
        return None


@dataclass(frozen=True)
class _Undoing:
    """A run, with the runs that reversed it, each with those that reversed that one, and so on."""

    run: RunRecord
    rows: Mapping[int, _Did]
    undos: tuple[_Undoing, ...]

    def whole(self, row: int) -> bool:
        """Whether this run carried out `row`, and no later run touched that."""
        did = self.rows.get(row)
        return did is not None and did.worked and not any(row in undo.rows for undo in self.undos)

    def latest(self, row: int) -> tuple[int, _Did] | None:
        """Return what was done to a row last, and in which run."""
        own = (self.run.id, self.rows[row]) if row in self.rows else None
        known = filter(None, (own, *(undo.latest(row) for undo in self.undos)))
        return max(known, key=lambda one: one[0], default=None)

    def unreadable(self, row: int) -> bool:
        """Whether nobody knows what was done to a row."""
        own = row in self.rows and self.rows[row].ending.unreadable
        return own or any(undo.unreadable(row) for undo in self.undos)

    def story(self, row: int, *, back: bool = False) -> Iterator[tuple[int, tuple[Call, ...], Message | None]]:
        """Yield what was done to a row, by number of the run, and what is to be said of it.

        A move of which not even a person knew (`skip`) is neither made again nor taken back as if it had been made:
        where it led `back`, it counts. A value in doubt is the other way round: whether it is there to be taken back,
        the item shows, and what the item doesn't show was not led back.
        """
        if did := self.rows.get(row):
            counts = did.given_up if back else did.value_in_doubt
            yield self.run.id, (*did.calls, *((counts,) if counts else ())), did.note(self.run.id)
        for undo in self.undos:
            yield from undo.story(row, back=not back)


def _carried_out(run: RunRecord, runs: Sequence[RunRecord], store: Store, channel: Channel) -> Iterator[Done]:
    """Yield what the run did, row by row, with what earlier undos of it did; not what they reversed already."""
    undos = tuple(_undoing(undo, runs, store, channel) for undo in _reversing(run, runs))
    whole = _Undoing(run, _rows(run.id, store, channel), undos)
    memory = Memory(store.baselines())
    for number, did in whole.rows.items():
        item_id = did.ending.item_id
        if item_id is None or any(undo.whole(number) for undo in whole.undos):
            continue
        story = sorted(whole.story(number), key=lambda part: part[0])
        last = whole.latest(number)
        # The item may have got another code since (`--rekey`), and its code may have come to another item.
        code = memory.owner(item_id) or did.plan.row.key
        yield Done(
            run.id,
            did.plan,
            item_id,
            calls=tuple(call for _, made, _ in story for call in made),
            code=code,
            known=memory.baselines.get(code),
            notes=tuple(note for _, _, note in story if note),
            kept=last[1].ending.kept if last else {},
            unreadable=whole.unreadable(number),
        )


def _reversing(run: RunRecord, runs: Sequence[RunRecord]) -> Iterator[RunRecord]:
    """Yield the undos of `run`, and of what it brought back: a later one of these has taken that away again."""
    by_id = {one.id: one for one in runs}
    of: RunRecord | None = run
    while of is not None:
        yield from (undo for undo in runs if undo.undoes == of.id and undo.id > run.id)
        undone = by_id.get(of.undoes or 0)
        of = by_id.get(undone.undoes or 0) if undone else None


def _undoing(run: RunRecord, runs: Sequence[RunRecord], store: Store, channel: Channel) -> _Undoing:
    undos = tuple(_undoing(undo, runs, store, channel) for undo in runs if undo.undoes == run.id)
    return _Undoing(run, _rows(run.id, store, channel), undos)


def _rows(run: int, store: Store, channel: Channel) -> Mapping[int, _Did]:
    """Return the rows on which a run did something, or may have, by their numbers."""
    did = Packed(_each_row(run, store, channel))
    return Numbered((one.plan.row.number for one in did), did)


def _each_row(run: int, store: Store, channel: Channel) -> Iterator[_Did]:
    answers = answers_of(store, run)
    for part in in_parts(store.rows_with_calls(run)):
        lines = store.journal(run, (part[0].row, part[-1].row))
        for row in part:
            ran = taken_up(row.plan, lines.get(row.row, ()), channel.spell)
            if row.ended:
                # A row that was given up, or couldn't be read back, ended where its journal does.
                ran.abandon()
            answer = answers[row.row].answer if row.row in answers else None
            if ran.ending and (did := _Did(ran.plan, ran.ending, row.result is Result.DONE, answer)).anything:
                yield did
