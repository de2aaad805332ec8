"""A shop, its staff's sheet, and the real tool between them; the plug can be pulled at any moment.

Everything is the program's own but the wire, the clock and the workbook: a sheet is a list of lines here, and
taking results does to them what `sync.service.delivery` does to cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import pytest

from sync.apply.results import still_to_clear
from sync.apply.run import RunReport
from sync.errors import Refusal
from sync.fields import CATEGORY, OUTER_ID, PRICE, TITLE
from sync.item import Cell, Row
from sync.item import Path as FieldPath
from sync.plan import guards
from sync.plan.options import Choices
from sync.plan.plan import Action, Plan, Verdict
from sync.rows import Rows
from sync.sandbox.document import system
from sync.sandbox.faults import Faults
from sync.service.planned import Planned
from sync.service.request import Consent, PlanRequest
from sync.service.sheet_port import Delivery, SheetShop, SheetSource
from sync.service.shop import Shop
from sync.sheet.columns import Layout
from sync.sheet.read import Sheet
from sync.state.answers import Answer
from sync.state.store import RunRecord
from tests.soak.history_shop import HAND, LATE
from tests.soak.process import KillableProcess
from tests.soak.staff import WEEKLY, SheetLine, TypedChange
from tests.soak.truth import LEFT_ON_PURPOSE, Span, check_codes, check_run

CODES = ("A-1", "A-2", "A-3", "A-4")
LOADED = CODES[:2]
"""What the shop holds from the start; the rest is to be published."""
BUT_REPEAT = tuple(name for name in guards.NAMES if name != "repeat")
"""The guards that staff force; the rows that `repeat` names they hold back."""
FIRST_ID = 7_627_361_738_101


class StaffSheet(SheetSource):
    """A sheet of the staff: the lines of a world, or a part of each."""

    place = name = ""
    is_there = True
    _layout = Layout("Sheet1", 1, {OUTER_ID: "A", PRICE: "B"}, 26, "zh")

    def __init__(self, world: World, file: str) -> None:
        self._world = world
        self.place = self.name = file

    def read(self, shop: SheetShop, worksheet: str | None) -> Sheet:
        return Sheet(Rows(self._world.rows(self.place)), (), self._layout)

    def deliver(self, shop: SheetShop, done: RunReport, sheet: Sheet | None = None) -> Delivery:
        return self._world.take(done, self.place)


class World(KillableProcess):
    """All of it."""

    def __init__(self, batch_size: int = 1, place: str | None = None) -> None:
        """See `KillableProcess`."""
        super().__init__(batch_size, place)
        self.asked = False
        """Whether a person takes their time over the preview."""
        self.excel_open = False
        self.lines: dict[str, SheetLine] = {}
        self.moves: list[TypedChange] = []
        self.spans: dict[int, Span] = {}
        """By run."""
        self._under_way = Span("", 0, 0)
        self.copies: list[dict[str, SheetLine]] = []
        """The sheets as they were before each run."""
        self.skips_stale = False
        """Whether what an old cell says is left alone; else the sheet wins."""
        self._plans = 0
        self._stock_up()

    def _stock_up(self) -> None:
        documents = [
            {"_sys": {"itemId": FIRST_ID + n, "outerId": code, "title": code, "category": ["丽人", "美甲"],
                      "price": 19.9, "inventory": 3}}
            for n, code in enumerate(LOADED)
        ]  # fmt: skip
        self.shop.load(documents)
        for n, code in enumerate(CODES):
            cells: dict[FieldPath, Cell] = {TITLE: code, CATEGORY: ("丽人", "美甲"), PRICE: 1990}
            self.lines[code] = SheetLine(code, cells, str(FIRST_ID + n) if code in LOADED else None)

    # --- What a person types

    def rows(self, file: str = WEEKLY) -> tuple[Row, ...]:
        """The sheet as it is read."""
        lines = self.lines.values()
        rows = (line.row(number, file) for number, line in enumerate(lines, 2))
        known = self.store.baselines()
        return tuple(row for row in rows if file == WEEKLY or row.outer_id in known)

    def sheet(self, file: str) -> StaffSheet:
        return StaffSheet(self, file)

    def _request(self, file: str = WEEKLY, *, writes: bool = False) -> PlanRequest:
        return PlanRequest(self.sheet(file), choices=Choices(skip_conflicts=self.skips_stale), writes=writes)

    def plan(self) -> Plan:
        """`itemsync plan`; raises Refusal if the platform can't be reached."""
        return self.tool().plan(self._request()).plan

    def apply(self, file: str = WEEKLY) -> None:
        """`itemsync apply`."""
        self._carry_out(lambda tool: tool.plan(self._request(file, writes=True)))

    def save_plan(self) -> None:
        """`itemsync plan -o PLAN.json`."""
        with self.process() as tool, suppress(Refusal):
            tool.plan(self._request()).save(self._saved)

    def apply_saved(self) -> None:
        """`itemsync apply PLAN.json`."""
        if self._saved.exists():
            self._carry_out(lambda tool: tool.load(self._saved))

    def undo(self, run: RunRecord) -> None:
        """`itemsync undo RUN`."""
        self._carry_out(lambda tool: tool.undo(run.id))

    def _carry_out(self, planned: Callable[[Shop], Planned]) -> None:
        if self.store.unfinished():
            with pytest.raises(Refusal) as refused:
                planned(self.tool())
            assert refused.value.message.code in ("run.unfinished", "saved.applied")
            return
        with self._named(), self.process() as tool, nullcontext() if self.asked else tool.alone():
            try:
                plan = planned(tool).holding_back(BUT_REPEAT)
            except Refusal:
                return
            for row in plan.rows:
                line = self.lines[row.row.outer_id]
                if row.calls and row.row.stock_change is not None and line.change and not plan.origin.undoes:
                    line.change.runs.add(self.shop.who)
            tool.apply(plan, Consent(guards=BUT_REPEAT, delete=True))

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Whatever is called inside, a new run calls."""
        self._plans += 1
        self.copies.append({code: line.copy() for code, line in self.lines.items()})
        # What is lost is looked after twice, so what comes by the second time is seen.
        self._under_way = Span(f"plan {self._plans}", self.shop.tick, 0, strict=self.late_pauses < 2)
        with self.shop.by(self._under_way.who):
            yield
        for run in self.store.runs():
            self.spans.setdefault(run.id, replace(self._under_way, until=self.shop.tick, strict=False))

    def resume(self) -> None:
        """`itemsync resume`."""
        run = self.store.unfinished() or self.store.undelivered()
        with self.shop.by(self.spans[run.id].who if run else HAND), self.process() as tool:
            tool.resume()

    def abandon(self) -> None:
        """`itemsync abandon RUN`."""
        if run := self.store.unfinished():
            with self.shop.by(self.spans[run.id].who), self.process() as tool:
                tool.abandon(run.id)

    def take(self, report: RunReport, file: str) -> Delivery:
        """The run is over, or had to stop: its results go into the sheet."""
        if report.finished and not self.store.run(report.run).delivered:
            span = replace(self.spans.get(report.run, self._under_way), until=self.shop.tick)
            check_run(self.store, report.run, self.shop, span)
            for result in report.results:
                mine = [m for m in self.moves if m.code == result.outer_id and span.who in m.runs]
                if result.change_applied is not None:
                    (move,) = mine
                    assert move.by == result.change_applied
                    move.done = True
        self.point("write-back")
        if not self.excel_open:
            self._write_back(report, file)
        return Delivery(reached=not self.excel_open)

    def _write_back(self, report: RunReport, file: str) -> None:
        cleared = []
        for result in still_to_clear(report.results, self.store.held_by(report.run)):
            line = self.lines[result.outer_id]
            if file == WEEKLY and result.item_id:
                line.item_id = result.item_id
            if result.change_applied is not None and line.change and line.change.by == result.change_applied:
                if line.synced.get(file) is None or line.synced[file] != result.at:
                    self._give_up_what_looks_the_same(line.change)
                    line.change = None
                cleared.append(result.outer_id)
            if result.at and not (line.stays_old(result) if file == WEEKLY else result.keeps_stamp):
                line.synced[file] = result.at
        self.point("written")
        self.store.confirm_cleared(report.run, cleared)
        self.store.mark_delivered(report.run, self.now)

    def _give_up_what_looks_the_same(self, cleared: TypedChange) -> None:
        """Staff typed anew into an old copy what a run had just made: no cell says that another one is meant."""
        same = (move for move in self.moves if (move.code, move.by) == (cleared.code, cleared.by))
        cleared.given_up |= not cleared.done and any(move.done and move.given_up for move in same)

    def show_write(self, run: RunRecord) -> None:
        """`itemsync show RUN --write SHEET`."""
        is_open, self.excel_open = self.excel_open, False
        with self.process() as tool:
            tool.deliver(run.id, self.sheet(run.sheet))
        self.excel_open = is_open

    def answer(self, code: str, word: Answer | None = None) -> None:
        """`itemsync resume --answer`: the truth, unless the person gives up (`skip`)."""
        if code not in self.tool().questions():
            return
        change = self._in_question(code)
        told: Answer = word or ("happened" if change and self.times(change, pending=True) else "not")
        with self.process() as tool:
            tool.answer({code: told})
            if change and told == "skip":
                change.given_up = True
            if change and told == "happened":
                change.done = True

    def _in_question(self, code: str) -> TypedChange | None:
        hold = self.store.baselines()[code].hold
        who = self.spans[hold.run].who if hold else None
        return next((move for move in self.moves if move.code == code and who in move.runs), None)

    def put_back(self, back: int) -> None:
        """Staff put back the sheets as they were before the last run, or before one that was `back` runs earlier."""
        if back >= len(self.copies):
            return
        for code, old in self.copies[-1 - back].items():
            change = self.lines[code].change
            if change and change is not old.change:
                change.given_up = True
            self.lines[code] = old.copy()

    # --- What is so

    def turn(self, **assumptions: float) -> None:
        """Let the platform be otherwise from now on."""
        self.shop.turned = {**self.shop.turned, **assumptions}

    def times(self, move: TypedChange, *, pending: bool = False) -> int:
        """How often a 库存增减 has happened; `pending`: or will."""
        whose = {*move.runs, *(who + LATE for who in move.runs)}
        happened = [
            one
            for item_id, events in self.shop.everything.items()
            for one in events
            if one.who in whose and one.moved and self._code(item_id) == move.code
        ]
        held = [
            one
            for one in self.adapter.late.held
            if one.who in move.runs and "inventory" in one.method and self._code(int(one.item_id)) == move.code
        ]
        return len(happened) + (len(held) if pending else 0)

    def _code(self, item_id: int) -> object:
        last = next((e.after for e in reversed(self.shop.everything[item_id]) if e.after), None)
        return system(last).get("outerId") if last else None

    def item_of(self, code: str) -> int | None:
        """The id of the item that has this code now."""
        found = [system(d)["itemId"] for d in self.shop.documents() if system(d).get("outerId") == code]
        return int(str(found[0])) if found else None

    def check(self) -> None:
        """What holds at every moment."""
        check_codes(self.shop)
        for move in self.moves:
            times = self.times(move, pending=True)
            assert times <= 1, f"{move} happened {times} times"
            assert times == 1 or not move.done, f"{move} did not happen"

    def settle(self) -> None:
        """Let everything come to rest: no more trouble, all questions answered, applied until nothing is left."""
        self.adapter.platform.faults, self.adapter.cut, self.lives, self.excel_open = Faults(), False, None, False
        self.adapter.late.let_happen()
        self.skips_stale = False
        for _ in range(5):
            self.resume()
            assert self.store.unfinished() is None
            for code in self.tool().questions():
                self.answer(code)
            self._clear_as_told()
            plan = self._without_repeats(self.plan())
            if not plan.summary.calls:
                break
            self.apply()
            self.check()
        assert not plan.summary.calls, plan.rows
        self._equal(plan)

    def _clear_as_told(self) -> None:
        """Staff empty the cells of which the note says that they were applied."""
        for code, known in self.store.baselines().items():
            change = self.lines[code].change
            if known.hold and not known.hold.unknown and change:
                # Another one than was applied would have to be typed again, now that they know.
                change.given_up |= not change.done
                self.lines[code].change = None

    def _without_repeats(self, plan: Plan) -> Plan:
        """Staff empty the cells of which the guard says that they ask for a change that was made already."""
        again = [row.outer_id for guard in plan.guards if guard.name == "repeat" for row in guard.rows]
        for code in again:
            if change := self.lines[code].change:
                change.given_up, self.lines[code].change = True, None
        return self.plan() if again else plan

    def _equal(self, plan: Plan) -> None:
        """What is left is only what was left on purpose; and every 库存增减 has happened once."""
        for row in plan.rows:
            assert row.action in (Action.NONE, Action.INVALID, Action.BLOCKED)
            if row.action is Action.NONE:
                verdicts = {decision.verdict for decision in row.decisions}
                assert verdicts <= {Verdict.IN_SYNC, *LEFT_ON_PURPOSE}
                assert row.row.stock_change is None
        for move in self.moves:
            standing = self.lines[move.code].change is move
            if not standing and not move.given_up:
                assert self.times(move) == 1, f"{move} happened {self.times(move)} times"
