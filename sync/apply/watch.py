"""One tick of `itemsync watch`: look, and where a ruling changed, an ordinary run of those rows
(docs/reference/rules.md#watching).

Looking takes no lock, or a person's `apply` would wait behind thousands of readings. What is then carried out is read
and compared once more under the lock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from sync.abilities import Abilities
from sync.apply.endings import Endings
from sync.apply.executor import Clock
from sync.apply.prepare import found_in
from sync.apply.run import RunContext, RunReport, apply, resume
from sync.apply.watched_copies import WatchedCopies
from sync.errors import Unfinished
from sync.fields import OUTER_ID
from sync.item import Row
from sync.limits import Limits
from sync.messages import Level, Problem, say
from sync.plan.by_row import TOGETHER
from sync.plan.guards import refused
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Action, Guard, Plan, RowPlan
from sync.plan.rules import Rules
from sync.plan.watch import (
    HeldRow,
    ReadRow,
    WatchedRow,
    changed_by_clock,
    consented,
    look_at,
    needs_look,
    plan_of,
    under_rules,
)
from sync.sheet_id import file_name
from sync.state.item_history import changed_by_watch
from sync.state.journal import Origin
from sync.state.lock import only_one
from sync.state.observations import Seen, observe
from sync.state.store import Store

MOST_CHANGES = 24
"""Times a day that rules may change one item: more is two rules that undo each other (docs/reference/rules.md)."""


@dataclass(frozen=True)
class WatchRequest:
    """What is watched, and what a person allowed beforehand."""

    origin: Origin
    """The sheet."""
    limits: Limits
    forced: Sequence[str]
    abilities: Abilities
    """What the channel can do."""


@dataclass(frozen=True)
class Tick:
    """What a tick came to."""

    rows: int = 0
    """Rows under a rule."""
    reads: int = 0
    """Items that were read."""
    by_hand: tuple[RowPlan, ...] = ()
    """Rows whose item somebody set otherwise since the ruling was carried out: left as they are."""
    held: tuple[HeldRow, ...] = ()
    """Rows under a rule that can't be watched."""
    plan: Plan | None = None
    """The rows whose ruling changed; None: there are none."""
    done: RunReport | None = None
    """What became of them; None: nothing had to be called, or nothing was."""
    guards: tuple[Guard, ...] = ()
    """Those that keep the plan from being carried out."""


@dataclass
class _Looks:
    """What the looks of a tick came to."""

    context: RunContext | None = None
    """What they are made with; None: there were none."""
    changed: set[int] = field(default_factory=set)
    """The numbers of rows of which the rules say something new."""
    by_hand: tuple[RowPlan, ...] = ()

    def take(self, read: Sequence[ReadRow]) -> None:
        """Take note of rows whose items were read."""
        self.changed.update(one.plan.row.number for one in read if one.changed)
        self.by_hand = _by_hand(read, self.by_hand)


class Watch:
    """The rules of one sheet, asked again and again."""

    def __init__(
        self,
        request: WatchRequest,
        store: Store,
        context: Callable[[], AbstractContextManager[RunContext]],
        copies: WatchedCopies | None = None,
    ) -> None:
        """Watch for `request`; `context` makes ready for calls, and raises GatewayDown if none would pass.

        `copies`: what earlier ticks read, of which messages tell what changed since; None: each tick reads all.
        """
        self._request = request
        self._store = store
        self._context = context
        self._copies = copies
        self._reads = 0
        self._options = Options(file_name(request.origin.sheet), request.origin.id, abilities=request.abilities)

    def take_up(self) -> RunReport | None:
        """Finish the run that an earlier watch was killed in; None: there is none.

        What a person began is left to that person's `resume`. Raises Refusal as a tick does.
        """
        left = self._store.unfinished()
        if left is None or not left.watch:
            return None
        with self._context() as context, only_one(self._store):
            # Another process may have been quicker.
            left = self._store.unfinished()
            if self._copies:
                self._copies.forget()
            return resume(left, context) if left and left.watch else None

    def tick(self, rows: Sequence[Row], rules: Rules) -> Tick:
        """Ask the rules about `rows`, once.

        Raises GatewayDown where the platform can't be reached, and Locked or Unfinished where something is to be done
        while another holds the lock or has left a run unfinished.
        """
        seen, news = self._ask(rows, rules)
        ended = self._carry_out(seen, news, rows, rules) if news else seen
        self._confirm(ended)
        return ended

    def _ask(self, rows: Sequence[Row], rules: Rules) -> tuple[Tick, Collection[int]]:
        """Ask the rules; returns what they came to, and the numbers of the rows of which they say something new."""
        self._reads = 0
        count, held, news, looks = 0, list[HeldRow](), set[int](), _Looks()
        ours = under_rules(rows, self._memory(), rules, self._options)
        with ExitStack() as calling:
            # What messages told of counts for all that is watched together.
            while part := [*islice(ours, None if self._copies else TOGETHER)]:
                held += (one for one in part if isinstance(one, HeldRow))
                watched = [one for one in part if isinstance(one, WatchedRow)]
                count += len(watched)
                to_look = [one for one in watched if needs_look(one, rules)]
                news.update(
                    one.row.number for one in watched if not needs_look(one, rules) and changed_by_clock(one, rules)
                )
                if to_look:
                    looks.context = looks.context or calling.enter_context(self._context())
                    looks.take(self._read(to_look, rules, looks.context, self._copies))
        if looks.context and looks.context.stop.is_set():
            # What wasn't read any more may say otherwise.
            looks = _Looks()
        return Tick(count, self._reads, looks.by_hand, tuple(held)), news | looks.changed

    def _memory(self) -> Memory:
        return Memory(self._store.baselines())

    def _confirm(self, ended: Tick) -> None:
        """Confirm the messages of a tick that was carried out to its end: what they caused is in the journal."""
        cut_off = bool(ended.guards) or (ended.done is not None and not ended.done.finished)
        if self._copies and self._copies.unconfirmed and not cut_off:
            with self._context() as context:
                if not context.stop.is_set():
                    self._copies.confirm(context)

    def _read(
        self,
        watched: Sequence[WatchedRow],
        rules: Rules,
        context: RunContext,
        copies: WatchedCopies | None = None,
    ) -> list[ReadRow]:
        ids = [one.item_id for one in watched]
        if copies:
            replies, read = copies.read(ids, context)
        else:
            replies, read = context.channel.read(ids, context.progress), ids
            if self._copies:
                self._copies.note(replies)
        self._reads += len(read)
        answers: Mapping[str, FoundItem] = {item_id: found_in(reply) for item_id, reply in replies.items()}
        if context.stop.is_set():
            # What wasn't read any more isn't unreadable.
            return []
        now_read = frozenset(read)
        held = ((one.row.key, answers[one.item_id].item) for one in watched if one.item_id in now_read)
        seen = [Seen.of(code, item) for code, item in held if item is not None]
        observe(self._store, seen, context.clock.now(), "watch")
        return [look_at(one, answers[one.item_id], rules, self._options) for one in watched]

    def _carry_out(self, seen: Tick, news: Collection[int], rows: Sequence[Row], rules: Rules) -> Tick:
        """Compare the rows of `news` once more, now that nobody else can be at work, and make their calls."""
        with self._context() as context, only_one(self._store):
            if left := self._store.unfinished():
                raise Unfinished(left.id, left.sheet)
            memory = self._memory()
            ours = (one for one in under_rules(rows, memory, rules, self._options) if one.row.number in news)
            watched = [one for one in ours if isinstance(one, WatchedRow)]
            calm, braked = self._calm(watched, context.clock)
            read = [one for one in self._read(calm, rules, context) if one.changed]
            plan = plan_of([one.plan for one in read], rows, memory, self._request.limits)
            planned = replace(
                seen,
                reads=seen.reads + len(calm),
                plan=plan,
                held=(*seen.held, *braked),
                by_hand=_by_hand(read, seen.by_hand),
            )
            if context.stop.is_set():
                return seen
            if not plan.summary.calls:
                self._remember(plan, context.clock)
                return planned
            if guards := refused(plan, self._request.forced):
                planned = replace(planned, guards=guards)
                plan = plan_of(consented(plan, guards), rows, memory, self._request.limits)
                if not plan.summary.calls:
                    return planned
                planned = replace(planned, plan=plan)
            try:
                return replace(planned, done=apply(plan, self._request.origin, context, allow_delete=False))
            finally:
                if self._copies:
                    changed = [row.item_id for row in plan.rows if row.calls]
                    self._copies.changed(changed, context.clock.monotonic())

    def _calm(self, watched: Sequence[WatchedRow], clock: Clock) -> tuple[list[WatchedRow], list[HeldRow]]:
        """Return the rows whose items rules may go on changing, and those that they changed too often today."""
        often = changed_by_watch(self._store, clock.now() - timedelta(days=1))
        calm: list[WatchedRow] = []
        braked: list[HeldRow] = []
        for one in watched:
            if often.get(one.row.key, 0) < MOST_CHANGES:
                calm.append(one)
            else:
                message = say("watch.brake", most=MOST_CHANGES)
                braked.append(HeldRow(one.row, Problem(one.row.addresses.get(OUTER_ID), message, Level.WARNING)))
        return calm, braked

    def _remember(self, plan: Plan, clock: Clock) -> None:
        """Keep the rulings that needed no call; the next tick finds nothing new in them."""
        settled = [row for row in plan.carried_out if row.action is Action.NONE]
        origin, known = self._request.origin, self._store.baselines({row.row.key for row in settled})
        endings = Endings(origin.id, origin.sheet, clock)
        self._store.put({row.row.key: endings.found_so(row, known) for row in settled})


def _by_hand(read: Sequence[ReadRow], seen: Sequence[RowPlan] = ()) -> tuple[RowPlan, ...]:
    found = (*seen, *(one.by_hand for one in read if one.by_hand))
    return tuple({one.row.number: one for one in found}.values())
