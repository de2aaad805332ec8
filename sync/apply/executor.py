"""Runs many rows side by side: journal first, calls of one item one after another, different items at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from sync import packed
from sync.apply.lanes import EndedEarlier, Lanes, flat, most_calls, weight
from sync.apply.parked import Parked
from sync.apply.recovery import Earliest
from sync.apply.row_queue import RowQueue
from sync.apply.row_run import RowRun
from sync.call import Call, Op, Outcome, Reply, Result, bilingual
from sync.fields import PRICE, Name
from sync.gateway.channel import Channel, Progress
from sync.gateway.threads import PULSE, workers
from sync.messages import Message, say
from sync.plan.effect import touched
from sync.plan.plan import RowPlan
from sync.state.journal import Ended, Entries, Intent, Journal, Settlement


@dataclass(frozen=True)
class Clock:
    """The time, passed in at the edge."""

    now: Callable[[], datetime]
    pause: Callable[[float], object]
    """Waits so many seconds."""
    monotonic: Callable[[], float]
    """Seconds since some moment, by a clock that nobody sets: waits count on it."""


@dataclass(frozen=True)
class Pace:
    """How a run goes about its calls."""

    connections: int = 4
    batch: int = 20
    """Calls that leave together, and share a commit before and a commit after."""
    settle_after: float = 30.0
    """Seconds after which a call that left has surely taken effect, or never will, and readings tell of it."""
    verify: bool = True
    """Whether what was written is read back."""
    looks: int = 1
    """Items that one look is at."""


SOON = 0.2
"""The share of `settle_after` by which most of the platform's copies are up to date."""


MOVES = 4
"""Requests with a single move that take the place of one with a whole batch: a person has to answer for each that is
lost, or under way when the process is killed, so that they stay few."""
MANY = 100
"""Looks and ends of rows that are written down together, where no change waits for it."""


Leaving = list[tuple[RowRun, Intent]]
"""What leaves together: rows, each with the call that it is about to make as the journal has it."""


class Executor:
    """Carries out rows until all have ended, or until no further call will pass."""

    def __init__(
        self,
        channel: Channel,
        journal: Journal,
        ended: Callable[[RowRun], Ended],
        clock: Clock,
        pace: Pace,
        *,
        progress: Progress,
        stop: threading.Event,
        too_late: Callable[[RowPlan], bool],
        earlier: EndedEarlier | None = None,
    ) -> None:
        """`ended` says what is to be remembered of a row that ended; `stop` asks for a clean stop.

        A clean stop lets the calls in flight finish and writes down what became of them. `earlier`: what rows of the
        same run that ended in another process leave for those of their listings. `too_late`: see `RunContext`.
        """
        self._channel = channel
        self._journal = journal
        self._ended = ended
        self._clock = clock
        self._pace = pace
        self._progress = progress
        self._stop = stop
        self._ready = RowQueue()
        self._parked = Parked()
        self._last: list[RowRun] = []
        self._to_read_back = RowQueue()
        self._flying: dict[Future[Sequence[Reply]], Leaving] = {}
        self._too_late = too_late
        self._earlier = earlier or EndedEarlier()
        self._lanes = Lanes((), self._earlier)
        self._unsent: list[RowRun] = []
        """Rows whose call never left, as no further one passed, or a stop was asked for."""
        self._waiting: list[RowRun] = []
        """Rows that wait for others of their listing."""
        self._settled: list[Settlement] = []
        self._finished: list[RowRun] = []
        """Rows that ended, of which nothing is to be written down yet."""
        self._ends: list[Ended] = []
        self._item_ids: set[str | None] = set()
        """Of which items the rows are, new ones among them."""
        self.open = 0
        """How many rows haven't ended."""
        self.refused: Message | None = None
        """Why no further call passed; None: all rows ended, or a stop was asked for."""

    def run(self, rows: RowQueue) -> None:
        """Carry out `rows`, in their order as far as connections allow; they are taken from the queue."""
        self.open = len(rows)
        left = flat(rows.taken())
        if self._earlier.wrong or rows.of_skus:
            # A lane looks at all of its rows, wherever they stand: so none is packed.
            self._lanes = Lanes(awake := [*left], self._earlier)
            self._ready, self._to_read_back = RowQueue(few=self.open), RowQueue(few=self.open)
            left = iter(awake)
        elif self.open > packed.FEW:
            # Of many, no few more are held while they wait to be read back.
            self._to_read_back = RowQueue(few=0)
        for row in left:
            self._item_ids.add(row.item_id)
            self._queue(row)
        with workers(self._pace.connections * MOVES) as pool:
            while True:
                batches = self._batches() if self._may_send() else []
                changes = [batch for batch in batches if any(intent.writes for _, intent in batch)]
                # What only looks waits for no commit.
                self._send(pool, [batch for batch in batches if batch not in changes])
                if changes or self._presses():
                    self._write(changes)
                self._send(pool, changes)
                # While the calls are under way.
                self._end_rows()
                if not self._wait():
                    break
        self._leave_unread()

    def _send(self, pool: ThreadPoolExecutor, batches: list[Leaving]) -> None:
        for batch in batches:
            calls = [row.step.call for row, _ in batch]
            self._flying[pool.submit(self._channel.send, calls)] = batch

    def _presses(self) -> bool:
        """Whether to write down now what is known: what became of a change, much else, or all, if nobody is asked."""
        much = len(self._settled) + len(self._ends) >= MANY
        return much or not self._flying or any(one.intent.writes for one in self._settled)

    def _end_rows(self) -> None:
        ended, self._finished = self._finished, []
        self.open -= len(ended)
        self._ends += [self._ended(row) for row in ended]

    def _leave_unread(self) -> None:
        """End rows that have made all their calls and were not read back yet: `resume` has nothing to do there.

        A row that was read back, and not as it was sent, is left for `resume`.
        """
        left = chain(self._unsent, flat(self._ready.taken()), flat(self._to_read_back.taken()), self._waiting)
        unread = (row for row in left if row.reads_back and row.step.when is Earliest.CALLS_MADE)
        for part in packed.in_parts(unread):
            for row in part:
                row.leave_unread()
            self._finished += part
            self._end_rows()
            self._write([])
        self._end_rows()
        self._write([])

    def _may_send(self) -> bool:
        return self.refused is None and not self._stop.is_set()

    def _queue(self, row: RowRun) -> None:
        """Put a row where its next step belongs."""
        if row.ending is not None:
            self._finished.append(row)
        elif row.step.when is Earliest.AT_END:
            self._last.append(row)
        elif row.step.when is Earliest.CALLS_MADE:
            self._to_read_back.append((row,))
        elif row.step.when is Earliest.SETTLED:
            self._park(row, row.left_at)
        elif row.step.when in (Earliest.SOON, Earliest.SURE):
            self._park(row, row.wrote_at, SOON if row.step.when is Earliest.SOON else 1.0)
        else:
            self._ready.append((row,))

    def _park(self, row: RowRun, since: float | None, share: float = 1.0) -> None:
        """Let a row wait for its `share` of the time that things take to settle."""
        from_then = self._clock.monotonic() if since is None else since
        self._parked.put(row, from_then + share * self._pace.settle_after)

    def _batches(self) -> list[Leaving]:
        """Take what is ready, for as many connections as are free; nothing waits for a batch to be full."""
        self._unpark()
        moves = MOVES if self._pace.connections > 1 else 1
        free = self._pace.connections * moves - sum(weight(rows, moves) for rows in self._under_way())
        if free and self._lanes.any:
            self._regroup()
        share = min(self._pace.batch, -(-len(self._ready) // max(1, free // moves)))
        if self._ready and self._ready.first[0].step.call.op is Op.LOOK:
            # What one look can be at isn't spread over several.
            share = max(share, self._pace.looks)
        batches = []
        while self._ready and (takes := weight(self._ready.first, moves)) <= free:
            free -= takes
            if batch := self._still_right(self._batch(share)):
                batches.append(batch)
        return [[(row, self._intent(row)) for row in batch] for batch in batches]

    def _under_way(self) -> Iterator[Sequence[RowRun]]:
        """Yield the rows of each request that hasn't been answered yet."""
        return ([row for row, _ in leaving] for leaving in self._flying.values())

    def _regroup(self) -> None:
        """Put together what leaves as one call, and aside what waits for other rows of its listing."""
        asked = [*self._waiting, *flat(self._ready.taken())]
        slots, self._waiting = self._lanes.slots(asked, flat(self._under_way()))
        self._ready.extend(slots)
        self._finished += [row for row in asked if row.ending is not None]

    def _batch(self, share: int) -> list[RowRun]:
        """Take rows for one connection. A move that can't be repeated leaves alone, or with other SKUs' of one call.

        If a batch is lost, or the process is killed, each of its calls is unknown, and such a move then needs a
        person's answer.
        """
        batch = [self._ready.popleft()]
        most = min(share, most_calls(batch[0]) or share)
        while self._ready and len(batch) < (most := min(most, most_calls(self._ready.first) or most)):
            batch.append(self._ready.popleft())
        return [*flat(batch)]

    def _still_right(self, batch: list[RowRun]) -> list[RowRun]:
        """Leave out the rows that waited until the campaign was over whose price they were to begin."""
        over = [row for row in batch if row.begins_price and self._too_late(row.plan)]
        for row in over:
            row.give_up(Result.SKIPPED, say("saved.changed", field=Name(PRICE)))
        self._finished += over
        return [row for row in batch if row.ending is None]

    def _unpark(self) -> None:
        if not (self._ready or self._flying):
            self._ready, self._to_read_back = self._to_read_back, self._ready
        if not (self._ready or self._parked or self._flying):
            for row in self._last:
                self._park(row, row.left_at)
            self._last = []
        self._ready.extend((row,) for row in self._parked.take(self._clock.monotonic()))

    def _write(self, batches: list[Leaving]) -> None:
        """Commit what ended and what is about to leave, together."""
        now = self._clock.now()
        intents = [intent for batch in batches for _, intent in batch if intent.writes]
        entries = Entries(tuple(self._settled), tuple(self._ends), tuple(intents))
        self._settled, self._ends = [], []
        if entries != Entries():
            self._journal.write(entries, now)

    def _wait(self) -> bool:
        """Wait until something can go on; False: nothing is left to do."""
        if self._flying:
            due = self._until_due()
            done, _ = wait(self._flying, PULSE if due is None else min(PULSE, due), FIRST_COMPLETED)
            for future in done:
                batch = self._flying.pop(future)
                for (row, intent), reply in zip(batch, future.result(), strict=True):
                    self._take(row, intent, reply, len(batch))
            return True
        if not self._may_send():
            return False
        if self._ready or self._settled or self._ends:
            return True
        if self._parked:
            self._clock.pause(self._until_due() or 0.0)
            return True
        return bool(self._last or self._to_read_back)

    def _until_due(self) -> float | None:
        if not (self._parked and self._may_send()):
            return None
        return self._parked.wait(self._clock.monotonic())

    def _take(self, row: RowRun, intent: Intent, given: Reply, batch_size: int) -> None:
        reply, call = self._own_id(row.step.call, given), row.step.call
        self._progress(1)
        if reply.fatal:
            self.refused = self.refused or reply.error
        if reply.outcome is Outcome.NOT_SENT:
            # The call never left, so the row stands where it stood: a later `resume` takes it up from here.
            self._unsent.append(row)
            self._settled.append(_settled(intent, call, reply, row))
            return
        # The exact moment isn't known: a call may wait for its turn, or for a ban to end. Now is a safe bound.
        row.leave(self._clock.monotonic())
        row.feed(reply, batch_size, at=self._clock.now())
        self._settled.append(_settled(intent, call, reply, row))
        self._queue(row)

    def _own_id(self, call: Call, reply: Reply) -> Reply:
        """Don't believe in an id that another row has: two rows would pass for one item, or for each other's."""
        told_anew = call.op in (Op.GENERATE, Op.PUBLISH) and reply.item_id not in (None, call.item_id)
        if told_anew and reply.item_id in self._item_ids:
            error = say("gateway.garbled", reason="another row's item id")
            return Reply(Outcome.UNKNOWN, error=error, request_id=reply.request_id)
        self._item_ids.add(reply.item_id)
        return reply

    def _intent(self, row: RowRun) -> Intent:
        method, params = self._channel.spell(row.step.call)
        number, code = row.plan.row.number, row.plan.row.key
        changed = touched(row.step.call)
        before = {path: value for path, value in row.step.before.items() if path in changed}
        return Intent(number, row.seq, method, params, before, row.step.call.writes, code, self._clock.now())


def _settled(intent: Intent, call: Call, reply: Reply, row: RowRun) -> Settlement:
    seen = reply.item and {path: value for path, value in reply.item.items() if path in row.paths}
    return Settlement(
        intent,
        reply.outcome,
        reply.item_id,
        reply.request_id,
        bilingual(reply.error_code, reply.error) if reply.error else None,
        looked=call.op is Op.LOOK and reply.outcome is Outcome.DONE,
        seen=seen,
        no_news=call.op is Op.LOOK and row.seen_as_sent,
    )
