"""One sheet under watch: the rules are asked again and again, and what they ask is carried out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync.apply.run import RunContext, RunReport
from sync.apply.scheduler import keep_ticking
from sync.apply.watch import Tick, Watch, WatchRequest
from sync.apply.watched_copies import WatchedCopies
from sync.errors import GatewayDown, GuardTripped, Locked, Overtaken, Refusal, StateDown, Unfinished
from sync.messages import Message, say
from sync.plan.document import applied_document, plan_document, problem_document
from sync.plan.guards import FREEZE
from sync.plan.plan import Action, RowPlan
from sync.plan.rules import Rules
from sync.plan.watch import HeldRow, next_flip
from sync.service.authorization import make_ready
from sync.service.context import Context
from sync.service.drift import daily_report
from sync.service.freezing import Frozen, frozen
from sync.service.rules import rules_for
from sync.service.running import run_context
from sync.service.sheet_identity import origin_of
from sync.service.sheet_port import SheetSource
from sync.service.shop_identity import adopt, refuse_another, shop_document
from sync.sheet.file_version import Version
from sync.sheet.read import Sheet
from sync.state.database_errors import trouble
from sync.synonyms import told

__all__ = ["Round", "RowPlan", "Watching"]


@dataclass(frozen=True)
class Round:
    """One tick, and what stood in its way."""

    at: datetime
    tick: Tick = field(default_factory=Tick)
    ignored: Sequence[Message] = ()
    """What is to be said of the sheet's columns that aren't read."""
    taken_up: RunReport | None = None
    """The run of an earlier watch that was finished first."""
    unread: Refusal | None = None
    """Why the sheet is taken as it was last read."""
    drifted: Sequence[str] = ()
    """Codes of items that somebody changed at the platform, where that was looked for."""
    rests: Frozen | None = None
    """The freeze for which no rule was asked."""
    refusal: Refusal | None = None
    """Why no rule was asked, or nothing of what they ask was done."""

    @property
    def cut_off(self) -> bool:
        """Whether a run that was taken up is still not at its end."""
        return self.taken_up is not None and not self.taken_up.finished

    @property
    def trouble(self) -> Refusal | None:
        """What keeps the rules from being carried out; None: nothing does."""
        if self.refusal:
            return self.refusal
        if self.tick.guards:
            return GuardTripped(self.tick.guards)
        for run in (self.taken_up, self.tick.done):
            if run and run.refused:
                return GatewayDown(run.refused)
        return None

    @property
    def may_pass(self) -> bool:
        """Whether the trouble may be over soon, with nobody doing anything about the sheet."""
        return isinstance(self.trouble, GatewayDown | Unfinished | Locked | Overtaken | StateDown)

    @property
    def acting(self) -> tuple[RowPlan, ...]:
        """The rows whose status is changed, or is to be."""
        return tuple(row for row in self.tick.plan.rows if row.changes) if self.tick.plan else ()

    @property
    def so_already(self) -> int:
        """How many rows had a ruling that changed, and an item that was so already."""
        return sum(row.action is Action.NONE for row in self.tick.plan.rows) if self.tick.plan else 0

    @property
    def held(self) -> tuple[HeldRow, ...]:
        """All rows that rules can't decide about for now."""
        stopped = (Action.INVALID, Action.BLOCKED)
        planned = self.tick.plan.rows if self.tick.plan else ()
        return (*self.tick.held, *(HeldRow(row.row, row.problems[0]) for row in planned if row.action in stopped))


class Watching:
    """One sheet under watch: as it was last read, and what its rules were then."""

    def __init__(
        self,
        context: Context,
        source: SheetSource,
        worksheet: str | None,
        names: Sequence[str],
        *,
        drift: bool = False,
    ) -> None:
        """Raises Refusal for what is wrong with the settings: it would be so at every tick.

        `drift`: once a day all items are read, and what somebody changed is told.
        """
        self._drift = drift
        self._context = context
        self._source = source
        self._worksheet = worksheet
        self._names = names
        self._sheet: Sheet | None = None
        self._version: Version | None = None
        self._unread: Refusal | None = None
        self._rules: Rules | None = None
        self._copies = WatchedCopies(self._unheard) if context.profile.messages else None
        context.profile.require_gateway()
        refuse_another(context)
        _ = context.channel

    def _unheard(self, why: Message) -> None:
        self._context.tell(say("watch.unheard", reason=why))

    def look(self) -> Round:
        """Make one tick. What stands in its way is told with what came of it, and never raised."""
        from sync.service.news import after_tick

        ended = self._tick()
        if self._drift and not ended.trouble and not ended.rests:
            # One that can't be read any more isn't compared: the report says so.
            as_read = None if ended.unread else self._sheet
            ended = replace(ended, drifted=daily_report(self._context, self._source, self._worksheet, as_read))
        after_tick(self._context, ended, self._source.place)
        return ended

    def _tick(self) -> Round:
        ended = Round(self._context.clock.now())
        try:
            if rests := self._rests():
                return replace(ended, rests=rests)
            sheet = self._latest()
            ended = replace(ended, unread=self._unread, ignored=told(sheet.ignored))
            watch = Watch(self._order(sheet), self._context.store, self._place, self._copies)
            ended = replace(ended, taken_up=watch.take_up())
            if ended.cut_off:
                return ended
            # Once for each reading, because it tells what is odd about them.
            self._rules = replace(self._rules or rules_for(self._context, sheet), now=ended.at)
            ended = replace(ended, tick=watch.tick(sheet.rows, self._rules))
            if ended.tick.reads:
                adopt(self._context)
            return ended
        except Refusal as refusal:
            return replace(ended, refusal=refusal)
        except Exception as error:
            if of_state := trouble(error):
                return replace(ended, refusal=StateDown(of_state))
            raise

    def document(self, ended: Round, due: datetime | None, error: Message | None) -> dict[str, object]:
        """Return a tick's JSON; `due`: when the next comes; `error`: its trouble in words."""
        tick, language = ended.tick, self._context.language
        return {
            "shop": shop_document(self._context),
            "at": ended.at.isoformat(),
            "next_at": due.isoformat() if due else None,
            "drifted": [*ended.drifted],
            "rests": ended.rests.name if ended.rests else None,
            "watched": tick.rows,
            "reads": tick.reads,
            "taken_up": ended.taken_up.run if ended.taken_up else None,
            "run": tick.done.run if tick.done else None,
            "plan": self._planned(tick),
            "held": [
                {"row": one.row.number, "outer_id": one.row.outer_id, **problem_document(one.problem, language)}
                for one in ended.held
            ],
            "by_hand": [{"row": row.row.number, "outer_id": row.row.outer_id} for row in tick.by_hand],
            "error": {"code": error.code, "message": error.words(language)} if error else None,
        }

    def _planned(self, tick: Tick) -> Mapping[str, object] | None:
        spell, language = self._context.channel.spell, self._context.language
        if tick.plan is None:
            return None
        if tick.done is None:
            return plan_document(tick.plan, spell, language)
        return applied_document(tick.plan, tick.done.run, tick.done.results, spell, language)

    def keep(self, tick: Callable[[], datetime]) -> None:
        """Make one tick after another, each when the one before says so, until a stop is asked for."""
        keep_ticking(tick, self._context.clock, self._context.stop)

    def _rests(self) -> Frozen | None:
        """Return the freeze for which no rule is asked; None: there is none, or a person consented to it."""
        return None if {FREEZE, "all"} & {*self._names} else frozen(self._context)

    def hang_up(self) -> None:
        """Let the next tick begin with a new connection, which asks for secrets anew."""
        self._context.hang_up()

    def due(self, pause: timedelta) -> datetime:
        """Return when the next tick is due: after a pause, or when the time of a rule comes before that."""
        now = self._context.clock.now()
        due = now + pause
        if rests := self._rests():
            # The rules' own times are behind it: they were last asked before the freeze.
            return min(due, rests.until.replace(tzinfo=self._context.profile.zone))
        flip = next_flip(self._sheet.rows, self._rules) if self._sheet and self._rules else None
        return min(due, flip or due)

    @property
    def left(self) -> bool:
        """Whether a watch that was stopped has left calls to be taken up."""
        left = self._context.store.unfinished()
        return left is not None and left.watch

    def _latest(self) -> Sheet:
        """Return the sheet, while it can't be read as it last was; raises Refusal if it never was."""
        found = self._source.version()
        if self._sheet and found == self._version:
            return self._sheet
        try:
            self._sheet = self._read()
        except Refusal as refusal:
            if self._sheet is None:
                raise
            self._unread = refusal
            return self._sheet
        self._version, self._unread, self._rules = found, None, None
        return self._sheet

    def _read(self) -> Sheet:
        """Read the worksheet that was read last; next week's may have another name, and then it is found anew."""
        if self._sheet is None:
            return self._source.read(self._context, self._worksheet)
        try:
            return self._source.read(self._context, self._sheet.layout.sheet)
        except Refusal as refusal:
            if self._worksheet or refusal.message.code != "sheet.no_such":
                raise
        return self._source.read(self._context, None)

    def _order(self, sheet: Sheet) -> WatchRequest:
        context = self._context
        origin = replace(origin_of(context, self._source, sheet)[0], watch=True)
        return WatchRequest(origin, context.profile.guards, self._names, context.abilities)

    @contextmanager
    def _place(self) -> Iterator[RunContext]:

        # Somebody may have logged in for another seller since.
        refuse_another(self._context)
        make_ready(self._context, len(self._sheet.rows) if self._sheet else 0, writes=True)
        with run_context(self._context, 0) as place:
            yield place
