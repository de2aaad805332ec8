"""A channel over the sandbox's real shop without the wire: it watches what a run does, and fails when told to."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from pathlib import Path

from sync.apply.executor import Pace
from sync.apply.prepare import prepare
from sync.apply.run import RunContext, RunReport, apply, resume
from sync.apply.stock_moves import made_of
from sync.apply.undo import undo_plan
from sync.call import Call, Op, Outcome, Reply
from sync.fields import OUTER_ID
from sync.gateway.channel import Progress
from sync.gateway.protocol import read_json
from sync.item import Item, Row
from sync.limits import Limits
from sync.messages import say
from sync.plan.identity import Memory
from sync.plan.options import Options
from sync.plan.plan import Plan
from sync.sandbox.open_items import OPEN_ITEMS
from sync.sandbox.shop import OpenItemShop, Refused
from sync.state.journal import Origin
from sync.state.store import Store
from sync.values import flatten, nest
from tests.clocks import FakeClock
from tests.gateway.scripted_server import channel as open_items


class Fault(Enum):
    """What can become of a call on its way."""

    NEVER_ARRIVED = "lost before it was executed"
    NO_ANSWER = "executed, and the answer lost"
    LATE = "executed some seconds after its answer was lost"
    REFUSED = "the platform says no"
    CLOSED = "no call passes"
    CUT = "the process dies as it sends"


LATE_BY = 25.0
"""Seconds; less than the time after which a lost call is settled."""


class PowerCut(Exception):
    """The process dies here."""


FaultFor = Callable[[int, Call], Fault | None]
"""Told how many calls were sent before, and the call; says what goes wrong with it."""


@dataclass
class FakeChannel:
    """A channel, the shop behind it, and all that was seen."""

    clock: FakeClock
    fault_for: FaultFor = lambda _, __: None
    batch_fault_for: Callable[[Sequence[Call]], Fault | None] = lambda _: None
    """Told what leaves together; says what goes wrong with all of it."""
    watch: Callable[[Call], None] = lambda _: None
    """Called as a call is sent, before it does anything."""
    sent: list[Call] = field(default_factory=list)
    sent_at: list[datetime] = field(default_factory=list)
    batches: list[Sequence[Call]] = field(default_factory=list)
    """What left together."""
    executed: Counter[str] = field(default_factory=Counter)
    """Stock moves that took effect, by item id."""
    _late: list[tuple[datetime, Call]] = field(default_factory=list)
    _under_way: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.shop = OpenItemShop(clock=self.clock.now)
        self._speller = open_items("http://127.0.0.1:9/router/rest")

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        return self._speller.spell(call)

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        return {item_id: self.execute(Call(Op.LOOK, item_id)) for item_id in item_ids}

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        """Carry calls out, as far as the faults let them; where one can't pass, those behind it don't leave."""
        self.batches.append(calls)
        fault = self.batch_fault_for(calls)
        replies: list[Reply] = []
        for call in calls:
            closed = any(reply.fatal for reply in replies)
            replies.append(Reply(Outcome.NOT_SENT) if closed else self._send(call, fault))
        return replies

    def _send(self, call: Call, fault: Fault | None) -> Reply:
        """Fail if the same item has another call under way."""
        item = call.item_id or ""
        with self._lock:
            assert not item or item not in self._under_way, "two calls for one item at the same time"
            self._under_way.add(item)
            self._catch_up()
            number = len(self.sent)
            self.sent.append(call)
            self.sent_at.append(self.clock.at)
        try:
            self.watch(call)
            with self._lock:
                return self._answer(call, fault or self.fault_for(number, call))
        finally:
            self._under_way.discard(item)

    def execute(self, call: Call) -> Reply:
        """Let a call take effect, without anybody's having sent it."""
        method, params = self.spell(call)
        try:
            fields = OPEN_ITEMS[method].handle(self.shop, {name: str(value) for name, value in params.items()})
        except Refused as refused:
            if call.op is Op.LOOK:
                return Reply(Outcome.DONE)
            return Reply(Outcome.FAILED, error=say("gateway.refused", words=str(refused), code="success=false"))
        if call.op is Op.STOCK and call.count is None:
            self.executed[call.item_id or ""] += 1
        if call.op is Op.LOOK:
            return Reply(Outcome.DONE, item=flatten(read_json(str(fields["item"]))))
        return Reply(Outcome.DONE, item_id=str(fields["item_id"]) if "item_id" in fields else None)

    def codes(self) -> Counter[str]:
        """Count the shop's items by code."""
        return Counter(str(_item(document)[OUTER_ID]) for document in self.shop.documents())

    def held(self, code: str) -> Item | None:
        """Return what the shop holds under a code."""
        items = map(_item, self.shop.documents())
        return next((item for item in items if item[OUTER_ID] == code), None)

    def load(self, *items: Item) -> None:
        self.shop.load(nest(item) for item in items)

    def catch_up(self) -> None:
        """Let everything that is late take effect."""
        self.clock.pause(LATE_BY)
        self._catch_up()

    def _answer(self, call: Call, fault: Fault | None) -> Reply:
        match fault:
            case Fault.CUT:
                raise PowerCut
            case Fault.CLOSED:
                return Reply(
                    Outcome.NOT_SENT,
                    error=say("gateway.session", code="27", then=say("gateway.session.login")),
                    fatal=True,
                )
            case Fault.REFUSED:
                return Reply(Outcome.FAILED, error=say("gateway.refused", words="不行", code="41"), error_code="41")
            case Fault.NO_ANSWER:
                self.execute(call)
            case Fault.LATE:
                self._late.append((self.clock.at + timedelta(seconds=LATE_BY), call))
            case None:
                return self.execute(call)
        return Reply(Outcome.UNKNOWN, error=say("gateway.lost"))

    def _catch_up(self) -> None:
        due = [call for at, call in self._late if at <= self.clock.at]
        self._late = [(at, call) for at, call in self._late if at > self.clock.at]
        for call in due:
            self.execute(call)


@dataclass
class Runner:
    """A channel, and runs over it with one state file; each run opens the file anew, as a new process would."""

    channel: FakeChannel
    file: Path
    pace: Pace = field(default_factory=lambda: Pace(connections=1))
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Begin anew, as after a crash."""
        self.store = Store(str(self.file), "shop")
        self.stop.clear()

    @property
    def place(self) -> RunContext:
        return RunContext(self.store, self.channel, self.channel.clock.of_runs, self.pace, stop=self.stop)

    def plan(self, rows: Sequence[Row], options: Options | None = None) -> Plan:
        wish = options or Options("weekly.xlsx")
        quiet = nullcontext(lambda _: None)
        return prepare(rows, self._memory, self.channel, wish, lambda _: quiet, made=partial(made_of, self.store))

    @property
    def _memory(self) -> Memory:
        return Memory(self.store.baselines())

    def apply(self, rows: Sequence[Row], options: Options | None = None) -> RunReport:
        plan = self.plan(rows, options)
        return apply(plan, Origin("/home/staff/weekly.xlsx"), self.place, allow_delete=True)

    def resume(self) -> RunReport | None:
        """Take up what is unfinished; None: nothing is."""
        unfinished = self.store.unfinished()
        return resume(unfinished, self.place) if unfinished else None

    def undo_plan(self, *, allow_delete: bool = False, settle: float = 0) -> Plan:
        """Plan the undo of run 1."""
        run, clock = self.store.run(1), self.channel.clock.of_runs
        return undo_plan(
            run,
            self.store,
            self.channel,
            Limits(),
            lambda _: None,
            allow_delete=allow_delete,
            clock=clock,
            settle=settle,
        )

    def intents(self, call: Call | None = None) -> int:
        """Count the calls that the file itself says are under way: all, or those that are `call`."""
        wanted = "SELECT method, params FROM calls WHERE outcome IS NULL"
        connection = sqlite3.connect(self.file)
        try:
            open_calls = [(method, json.loads(params)) for method, params in connection.execute(wanted)]
        finally:
            connection.close()
        return len(open_calls) if call is None else open_calls.count(self.channel.spell(call))


def _item(document: Mapping[str, object]) -> Item:
    return flatten(read_json(json.dumps(document)))


def with_ids(rows: Sequence[Row], report: RunReport) -> list[Row]:
    """Return the rows as the write-back leaves them: ids filled in, 库存增减 cleared where it was applied."""
    by_row = {result.row: result for result in report.results}
    return [
        replace(
            row,
            item_id=by_row[row.number].item_id or row.item_id,
            stock_change=None if by_row[row.number].change_applied else row.stock_change,
        )
        for row in rows
    ]
